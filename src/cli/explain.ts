import { Command, InvalidArgumentError } from 'commander'
import { parseTimestamp } from '../../core/messages/timestamp.ts'
import type { ProjectSettings } from '../config/settings.ts'
import { DIALECTS, type Dialect } from './explain/dialects.ts'
import { formatJson } from './explain/escape.ts'
import { readMessage, readSignature } from './explain/read-input.ts'
import { chooseProject } from './open-project.ts'
import { loadProcessSettings } from './settings.ts'

interface ExplainOptions {
  readonly message: string
  readonly signature: string
  readonly project?: string
  readonly dialect?: Dialect
  readonly address?: string
  readonly userId?: string
  readonly nonceKnown?: 'yes' | 'no'
  readonly now?: Date
  readonly finalNewline: boolean
  readonly offline?: true
  readonly json?: true
}

const EXIT_CODES = { accepted: 0, refused: 1, unchecked: 2 } as const

/** `walletgate explain`: what would come of a signed message, and why. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('say whether a signed message would sign in here, and why not; changes nothing')
    .requiredOption('--message <file>', 'the text as it was sent, to the byte; - reads standard input')
    .requiredOption('--signature <text|file>', 'as it was sent: hex, base58 or base64')
    .option('--project <id>', 'the project, where there are several')
    .option('--dialect <name>', `the API that was called: ${DIALECTS.join(', ')}`, oneOf('--dialect', DIALECTS))
    .option('--address <address>', 'the wallet as the request named it')
    .option('--user-id <id>', 'the user_id beside a WalletKit message')
    .option('--nonce-known <yes|no>', 'whether the nonce is live, instead of looking', oneOf('--nonce-known', ANSWERS))
    .option('--now <time>', 'judge times as of then, RFC 3339', parseNow)
    .option('--no-final-newline', 'leave out the line feed at the end of the file, which an editor or a shell added')
    .option('--offline', 'ask no chain about contract accounts')
    .option('--json', 'print JSON; code and reason are those of the log line beside a request id')
    .addHelpText(
      'after',
      '\nExit codes: 0 accepted, 1 refused, 2 could not be checked, 64 wrong usage, 78 wrong settings.',
    )
    .action(run)
}

const ANSWERS = ['yes', 'no'] as const

async function run(options: ExplainOptions): Promise<void> {
  const settings = loadProcessSettings()
  const project = chooseProject(settings.projects, options.project)
  const dialect = options.dialect ?? onlyDialect(project)
  const read = await readMessage(options.message)
  const text = options.finalNewline ? read : read.replace(/\r?\n$/, '')
  const [{ explainSignIn }, { formatExplanation }, signature] = await Promise.all([
    import('./explain/explain-sign-in.ts'),
    import('./explain/format-explanation.ts'),
    readSignature(options.signature),
  ])
  const explanation = await explainSignIn(settings, project, {
    dialect,
    text,
    signature,
    address: options.address ?? null,
    userId: options.userId ?? null,
    nonceKnown: options.nonceKnown ?? null,
    now: options.now ?? new Date(),
    offline: options.offline === true,
  })
  const shown = options.json === true ? `${formatJson(explanation)}\n` : formatExplanation(explanation, text)
  process.stdout.write(shown)
  process.exitCode = EXIT_CODES[explanation.outcome]
}

function onlyDialect({ fourmica, moonkey, walletkit }: ProjectSettings): Dialect {
  const isOn = { '4mica': fourmica !== null, moonkey: moonkey !== null, walletkit: walletkit !== null }
  const [only, ...others] = DIALECTS.filter((dialect) => isOn[dialect])
  if (only !== undefined && others.length === 0) return only
  throw new InvalidArgumentError(`--dialect must be one of: ${DIALECTS.filter((dialect) => isOn[dialect]).join(', ')}`)
}

function oneOf<T extends string>(option: string, accepted: readonly T[]) {
  return (value: string): T => {
    const found = accepted.find((each) => each === value)
    if (found === undefined) throw new InvalidArgumentError(`${option} must be one of: ${accepted.join(', ')}`)
    return found
  }
}

function parseNow(value: string): Date {
  const now = parseTimestamp(value)
  if (now === null) throw new InvalidArgumentError('--now must be a time as in RFC 3339, such as 2026-01-31T12:00:00Z')
  return now
}
