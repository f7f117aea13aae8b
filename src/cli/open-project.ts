import { InvalidArgumentError } from 'commander'
import type { AuditTrail } from '../../core/audit/audit-trail.ts'
import { type Chains, createChains } from '../../core/chains/chains.ts'
import { createUsers, type Users } from '../../core/identities/users.ts'
import type { Clock, RandomSource } from '../../core/ports.ts'
import { createSystemRandom } from '../../core/random.ts'
import type { Stores } from '../../core/stores/stores.ts'
import type { Audit } from '../audit/open-audit.ts'
import { ConfigError } from '../config/config-error.ts'
import type { ProjectSettings, Settings } from '../config/settings.ts'
import { openCommandAudit } from './command-audit.ts'
import { loadProcessSettings } from './settings.ts'

/** The project a command is about, and what there is to work on it. */
export interface OpenProject {
  readonly projectId: string
  readonly stores: Stores
  readonly users: Users
  readonly chains: Chains
  readonly clock: Clock
  readonly random: RandomSource
  /** Null: no facts are kept. */
  readonly audit: AuditTrail | null
}

/** The settings of this process, if a command can reach the store they name. @throws {ConfigError} */
export function loadSharedSettings(): Settings {
  const settings = loadProcessSettings()
  if (settings.store.kind === 'memory') {
    throw new ConfigError([
      {
        name: 'REDIS_URL',
        problem: 'is not set: a memory store lives inside the server',
        remedy: 'Set it to the server’s Redis',
      },
    ])
  }
  return settings
}

/** Acts on the project that the option names, or the only one, once its store has answered; closes the store afterwards. */
export async function withProject<T>(
  { project }: { readonly project?: string },
  act: (open: OpenProject) => Promise<T>,
): Promise<T> {
  const settings = loadSharedSettings()
  const { id: projectId } = chooseProject(settings.projects, project)
  const { openStores } = await import('../stores/open-stores.ts')
  const [clock, random] = [{ now: () => new Date() }, createSystemRandom()]
  const stores = openStores(settings.store)
  let audit: Audit | null = null
  try {
    audit = await openCommandAudit(settings, { stores, clock, random })
    const [chains] = await Promise.all([createChains(), stores.ping()])
    const users = createUsers({ ...stores, clock, random, audit })
    return await act({ projectId, stores, users, chains, clock, random, audit })
  } finally {
    await audit?.close()
    await stores.close()
  }
}

/** The project of this id, or the only one. @throws {InvalidArgumentError} */
export function chooseProject(projects: readonly ProjectSettings[], id: string | undefined): ProjectSettings {
  const found = id === undefined && projects.length === 1 ? projects[0] : projects.find((project) => project.id === id)
  if (found === undefined) {
    throw new InvalidArgumentError(`--project must be one of: ${projects.map((project) => project.id).join(', ')}`)
  }
  return found
}
