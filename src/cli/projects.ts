import { Command } from 'commander'
import { ANY_LOCALHOST } from '../config/defaults.ts'
import type { ProjectSettings, Settings } from '../config/settings.ts'
import { formatTable } from './format-table.ts'
import { loadSharedSettings } from './open-project.ts'
import { loadProcessSettings } from './settings.ts'

/** A project as it is shown: what its clients know of it, and how much there is of the rest. No key, no secret, no URL that may hold one. */
interface ShownProject {
  readonly id: string
  readonly name: string
  readonly dialects: readonly string[]
  readonly origins: readonly string[]
  readonly walletkit: { readonly projectId: string; readonly rpId: string | null } | null
  readonly moonkey: { readonly appId: string; readonly secretKeys: number; readonly publicKeys: number } | null
  readonly fourmica: {
    readonly hosts: readonly string[]
    /** It serves every host that is nobody's. */
    readonly isDefault: boolean
    readonly chainId: number
  } | null
  /** Chains whose contract accounts can sign in. */
  readonly contractChains: readonly string[]
  readonly webhooks: number
  /** Of whom the store knows; absent where it was not asked. */
  readonly users?: number
}

interface ProjectsOptions {
  readonly json?: true
  readonly users?: true
}

/** `walletgate projects`: what this server serves, as its configuration says. */
export function projectsCommand(): Command {
  return new Command('projects')
    .description('list the projects of the configuration: dialects, origins, hosts; no secrets')
    .option('--users', 'count the users of each, which asks the store')
    .option('--json', 'print JSON')
    .action(listProjects)
}

async function listProjects({ json, users }: ProjectsOptions): Promise<void> {
  const settings = users === true ? loadSharedSettings() : loadProcessSettings()
  const shown = showProjects(settings, users === true ? await countUsers(settings) : null)
  if (settings.generated.some(({ name }) => name === 'PROJECT_ID')) {
    process.stderr.write('PROJECT_ID is not set: with the memory store each start makes up another.\n')
  }
  process.stdout.write(json === true ? `${JSON.stringify(shown, null, 2)}\n` : shown.map(formatProject).join('\n'))
}

async function countUsers({ store, projects }: Settings): Promise<ReadonlyMap<string, number>> {
  const { openStores } = await import('../stores/open-stores.ts')
  const stores = openStores(store)
  try {
    await stores.ping()
    const counts = projects.map(async ({ id }) => [id, await stores.identities.countUsers(id)] as const)
    return new Map(await Promise.all(counts))
  } finally {
    await stores.close()
  }
}

function showProjects(
  { projects, webhooks }: Pick<Settings, 'projects' | 'webhooks'>,
  users: ReadonlyMap<string, number> | null,
): readonly ShownProject[] {
  const standard = projects.find(({ fourmica }) => fourmica !== null)
  return projects.map((project) => {
    const { id, name, walletkit, moonkey, fourmica, evmRpcUrls } = project
    const count = users?.get(id)
    return {
      id,
      name,
      dialects: [
        ...(walletkit === null ? [] : ['walletkit']),
        ...(moonkey === null ? [] : ['moonkey']),
        ...(fourmica === null ? [] : ['4mica']),
      ],
      origins: originsOf(project),
      walletkit: walletkit === null ? null : { projectId: walletkit.projectId, rpId: walletkit.rpId },
      moonkey:
        moonkey === null
          ? null
          : {
              appId: moonkey.appId,
              secretKeys: moonkey.secretKeys.length,
              publicKeys: moonkey.publicKeys.length,
            },
      fourmica:
        fourmica === null
          ? null
          : { hosts: fourmica.hosts, isDefault: project === standard, chainId: fourmica.chainId },
      contractChains: Object.keys(evmRpcUrls),
      webhooks: webhooks.filter(({ projectId }) => projectId === id).length,
      ...(count !== undefined && { users: count }),
    }
  })
}

function originsOf({ allowedOrigins, wildcardOrigins, allowLocalhost }: ProjectSettings): readonly string[] {
  return [...allowedOrigins, ...wildcardOrigins, ...(allowLocalhost ? [ANY_LOCALHOST] : [])]
}

function formatProject({ id, name, origins, users, ...project }: ShownProject): string {
  const { walletkit, moonkey, fourmica, contractChains, webhooks } = project
  const rows: (readonly [string, string])[] = [['  origins', origins.join(', ')]]
  if (walletkit !== null) {
    const rpId = walletkit.rpId === null ? '' : `, passkeys of ${walletkit.rpId}`
    rows.push(['  WalletKit', `project ${walletkit.projectId}${rpId}`])
  }
  if (moonkey !== null) {
    rows.push(['  MoonKey', `App ${moonkey.appId}, keys: ${moonkey.secretKeys} secret, ${moonkey.publicKeys} public`])
  }
  if (fourmica !== null) {
    const hosts = [...fourmica.hosts, ...(fourmica.isDefault ? ['every host that is no other’s'] : [])]
    rows.push(['  4mica', `chain ${fourmica.chainId}, ${hosts.join(', ')}`])
  }
  if (contractChains.length > 0) rows.push(['  contracts', contractChains.join(', ')])
  if (webhooks > 0) rows.push(['  webhooks', String(webhooks)])
  if (users !== undefined) rows.push(['  users', String(users)])
  return `${id} (${name})\n${formatTable(rows)}`
}
