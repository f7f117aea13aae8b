import { Command, InvalidArgumentError } from 'commander'
import { createSystemRandom } from '../../core/random.ts'
import type { KeyPairDoor, KeySetOwner } from '../../core/stores/key-store.ts'
import { createKeySealer } from '../../core/tokens/seal-key.ts'
import type { Audit } from '../audit/open-audit.ts'
import { describeUnreadableKeys } from '../stores/stored-keys.ts'
import { openCommandAudit } from './command-audit.ts'
import { CommandError } from './command-error.ts'
import { EX_NOUSER, EX_TEMPFAIL } from './exit-codes.ts'
import { formatKeySet, formatRetirement, formatRotation } from './format-keys.ts'
import { DIALECTS, type KeyCommandPorts, listKeySets, retireKeyOf, rotateKeySets, selectOwners } from './key-sets.ts'
import { loadSharedSettings } from './open-project.ts'

const RETIRE_HELP = `
When the key that signs has leaked, with the project and dialect of “keys list”:
  walletgate keys rotate --force --project my-app --dialect moonkey
  walletgate keys retire <the kid that has leaked>
If the next key may have leaked with it, retire that one first: another takes its place. Servers of yours that verify tokens
themselves go on accepting a retired key as long as they keep the key set they fetched: 10 minutes with jose’s defaults.`

interface KeysOptions {
  readonly project?: string
  readonly dialect?: KeyPairDoor
  readonly json?: true
  readonly force?: true
}

/** `walletgate keys …`: the key pairs that sign tokens. */
export function keysCommand(): Command {
  const list = withSelection(new Command('list'))
    .description('show the keys of each project and dialect; fails when one cannot be opened')
    .action((options: KeysOptions) =>
      run(options, async (ports, owners) => {
        const sets = await listKeySets(ports, owners)
        print(options, sets, sets.map(formatKeySet))
      }),
    )
  const rotate = withSelection(new Command('rotate'))
    .description('let the next key sign and publish another; servers follow within seconds, no token is refused')
    .option('--force', 'even if the next key is too young for verifiers elsewhere to know it')
    .action((options: KeysOptions) =>
      run(options, async (ports, owners) => {
        const sets = await rotateKeySets(ports, owners, options.force === true)
        print(options, sets, sets.map(formatRotation))
        if (sets.some(({ outcome }) => outcome === 'too_soon')) process.exitCode = EX_TEMPFAIL
      }),
    )
  const retire = withSelection(new Command('retire'))
    .description('end a key that does not sign any more at once, as after a leak: its tokens are refused from then on')
    .argument('<kid>', 'the key’s id, as “keys list” shows it')
    .addHelpText('after', RETIRE_HELP)
    .action((kid: string, options: KeysOptions) =>
      run(options, async (ports, owners) => {
        const retired = await retireKeyOf(ports, owners, kid)
        if (retired === null) throw new CommandError('no such key: “keys list” shows them', EX_NOUSER)
        print(options, retired, [formatRetirement(retired)])
      }),
    )
  return new Command('keys')
    .description('the key pairs that sign tokens')
    .addCommand(list)
    .addCommand(rotate)
    .addCommand(retire)
}

function withSelection(command: Command): Command {
  return command
    .option('--project <id>', 'this project only')
    .option('--dialect <name>', `this dialect only: ${DIALECTS.join(' or ')}`, parseDialect)
    .option('--json', 'print JSON')
}

function parseDialect(value: string): KeyPairDoor {
  const found = DIALECTS.find((dialect) => dialect === value)
  if (found === undefined) throw new InvalidArgumentError(`dialect must be one of: ${DIALECTS.join(', ')}`)
  return found
}

async function run(
  options: KeysOptions,
  act: (ports: KeyCommandPorts, owners: readonly KeySetOwner[]) => Promise<void>,
): Promise<void> {
  const settings = loadSharedSettings()
  const owners = selectOwners(settings.projects, options)
  const [clock, random] = [{ now: () => new Date() }, createSystemRandom()]
  const { openStores } = await import('../stores/open-stores.ts')
  const stores = openStores(settings.store)
  let audit: Audit | null = null
  try {
    audit = await openCommandAudit(settings, { stores, clock, random })
    const sealer = createKeySealer(settings.secrets, random)
    await stores.ping()
    await act({ keyStore: stores.keys, sealer, clock, random, audit }, owners)
  } catch (error) {
    throw describeUnreadableKeys(error) ?? error
  } finally {
    await audit?.close()
    await stores.close()
  }
}

function print({ json }: KeysOptions, told: unknown, lines: readonly string[]): void {
  process.stdout.write(json === true ? `${JSON.stringify(told, null, 2)}\n` : `${lines.join('\n')}\n`)
}
