import { Command, InvalidArgumentError } from 'commander'
import type { ApiKey, ApiKeyKind } from '../../core/api-keys/api-key.ts'
import { createApiKey } from '../../core/api-keys/create-api-key.ts'
import { revokeApiKey } from '../../core/api-keys/revoke-api-key.ts'
import type { Audited } from '../../core/audit/audit-trail.ts'
import type { Clock, RandomSource } from '../../core/ports.ts'
import { createSystemRandom } from '../../core/random.ts'
import type { ApiKeyStore } from '../../core/stores/api-key-store.ts'
import type { Audit } from '../audit/open-audit.ts'
import type { Settings } from '../config/settings.ts'
import { displayName } from '../config/values/project.ts'
import { apiKeysHashCommand } from './api-keys-hash.ts'
import { openCommandAudit } from './command-audit.ts'
import { CommandError } from './command-error.ts'
import { EX_DATAERR, EX_NOUSER } from './exit-codes.ts'
import { factsOfApiKey, formatApiKeys, formatNewApiKey } from './format-api-keys.ts'
import { chooseProject, loadSharedSettings } from './open-project.ts'

const KINDS = ['secret', 'public'] as const satisfies readonly ApiKeyKind[]

const HELP = `
A key is shown once, when it is made; the store keeps its hash. Servers accept it at once, and refuse a revoked one after two
seconds at most. To replace a key: create another, give it to whoever used the old one, revoke the old one.
Keys of the configuration (PROJECT_SECRET_KEY, moonkey.secretKeys) work besides, are not listed here, and end with a restart.

Examples:
  walletgate api-keys create --name "billing server"
  walletgate api-keys create --kind public --project shop --json
  walletgate api-keys revoke key_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R`

interface Options {
  readonly project?: string
  readonly json?: true
}

interface CreateOptions extends Options {
  readonly kind: ApiKeyKind
  readonly name?: string
}

interface Ports extends Audited {
  readonly apiKeys: ApiKeyStore
  readonly clock: Clock
  readonly random: RandomSource
}

/** `walletgate api-keys …`: the keys that MoonKey callers show. */
export function apiKeysCommand(): Command {
  const create = new Command('create')
    .description('make a key and show it, this once')
    .option('--project <id>', 'the project, where there are several')
    .option('--kind <kind>', 'secret, for servers (sk_…), or public, for pages (pk_…)', parseKind, 'secret')
    .option('--name <text>', 'what you call it', parseName)
    .option('--json', 'print JSON')
    .action(runCreate)
  const list = new Command('list')
    .description('show the keys that were made by command, revoked ones too, oldest first')
    .option('--project <id>', 'this project only')
    .option('--json', 'print JSON')
    .action(runList)
  const revoke = new Command('revoke')
    .description('end a key for good, within two seconds at every server')
    .argument('<id>', 'the key’s id, as “api-keys list” shows it')
    .option('--json', 'print JSON')
    .action(runRevoke)
  return new Command('api-keys')
    .description('the keys that MoonKey callers show')
    .addHelpText('after', HELP)
    .addCommand(create)
    .addCommand(list)
    .addCommand(revoke)
    .addCommand(apiKeysHashCommand())
}

async function runCreate(options: CreateOptions): Promise<void> {
  const settings = loadSharedSettings()
  const { id: projectId, moonkey } = chooseProject(settings.projects, options.project)
  if (moonkey === null)
    throw new InvalidArgumentError('that project does not speak MoonKey: nobody would ask for a key')
  await withApiKeys(settings, async (ports) => {
    const { key, text } = await createApiKey(ports, { projectId, kind: options.kind, name: options.name ?? null })
    print(options, { ...factsOfApiKey(key), key: text }, formatNewApiKey(key, text))
  })
}

async function runList(options: Options): Promise<void> {
  const settings = loadSharedSettings()
  const projectId = options.project === undefined ? null : chooseProject(settings.projects, options.project).id
  await withApiKeys(settings, async ({ apiKeys }) => {
    const keys = (await readAll(apiKeys)).filter((key) => projectId === null || key.projectId === projectId)
    print(options, keys.map(factsOfApiKey), formatApiKeys(keys))
  })
}

async function runRevoke(id: string, options: Pick<Options, 'json'>): Promise<void> {
  if (/^[sp]k_/.test(id)) {
    throw new CommandError('that is a key: name it by its id. “api-keys list” shows which key ends how', EX_DATAERR)
  }
  await withApiKeys(loadSharedSettings(), async (ports) => {
    const revoked = await revokeApiKey(ports, id)
    const key = revoked ?? (await readAll(ports.apiKeys)).find((each) => each.id === id)
    if (key === undefined) throw new CommandError('no such key: “api-keys list” shows them', EX_NOUSER)
    const words =
      revoked === null
        ? `was revoked before, at ${key.revokedAt?.toISOString()}`
        : 'revoked; every server refuses it after two seconds at most'
    print(options, factsOfApiKey(key), `${id}: ${words}\n`)
  })
}

/** Oldest first: ids begin with their second, and times tell the rest. */
async function readAll(apiKeys: ApiKeyStore): Promise<readonly ApiKey[]> {
  const { keys } = (await apiKeys.read(null)) ?? { keys: [] }
  return keys.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
}

async function withApiKeys(settings: Settings, act: (ports: Ports) => Promise<void>): Promise<void> {
  const [clock, random] = [{ now: () => new Date() }, createSystemRandom()]
  const { openStores } = await import('../stores/open-stores.ts')
  const stores = openStores(settings.store)
  let audit: Audit | null = null
  try {
    audit = await openCommandAudit(settings, { stores, clock, random })
    await stores.ping()
    await act({ apiKeys: stores.apiKeys, clock, random, audit })
  } finally {
    await audit?.close()
    await stores.close()
  }
}

function parseKind(value: string): ApiKeyKind {
  const found = KINDS.find((kind) => kind === value)
  if (found === undefined) throw new InvalidArgumentError(`kind must be one of: ${KINDS.join(', ')}`)
  return found
}

function parseName(value: string): string {
  const reading = displayName(value)
  if (!reading.ok) throw new InvalidArgumentError(`name ${reading.problem}`)
  return reading.value
}

function print({ json }: Pick<Options, 'json'>, told: unknown, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(told, null, 2)}\n` : text)
}
