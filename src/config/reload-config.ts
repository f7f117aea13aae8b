import { isDeepStrictEqual } from 'node:util'
import type { RandomSource } from '../../core/ports.ts'
import { collectWarnings } from './collect-warnings.ts'
import { deepFreeze } from './deep-freeze.ts'
import type { EnvName } from './env-names.ts'
import { readSources, resolveFile, resolveSettings } from './load-config.ts'
import type { Environment } from './read-environment.ts'
import type { Settings } from './settings.ts'

/** What a running process makes of its configuration when it reads it again. */
export interface ReloadedConfig {
  /** What it goes on with: the projects as they are read, and of the rest only what can change while it runs. */
  readonly settings: Settings
  readonly projects: ProjectChanges
  /** Settings of the server that change with it, by where they are said. */
  readonly applied: readonly string[]
  /** Settings of the server that are read otherwise than they are in force: they wait for a restart. */
  readonly waiting: readonly string[]
  /** Whether anything changes at all, the order of the projects included: requests that name no project go to the first. */
  readonly isChanged: boolean
}

/** By id, in the order of the file; what was removed in the order of the file before. */
export interface ProjectChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

type Part = readonly [name: EnvName, of: (settings: Settings) => unknown]

const APPLIED: readonly Part[] = [
  ['TRUSTED_PROXIES', ({ server }) => server.trustedProxies],
  ['RATE_LIMITS', ({ server }) => server.rateLimits],
  ['LOG_LEVEL', ({ server }) => server.logLevel],
]

/** Sockets, stores and sinks are opened once. The secret is missing here: it comes from the environment, which cannot change. */
const WAITING: readonly Part[] = [
  ['HOST', ({ server }) => server.host],
  ['PORT', ({ server }) => server.port],
  ['PUBLIC_URL', ({ server }) => server.publicUrl],
  ['WORKERS', ({ server }) => server.workers],
  ['METRICS_PORT', ({ server }) => server.metricsPort],
  ['PLAYGROUND', ({ server }) => server.playground],
  ['STORE', ({ store }) => store.kind],
  [
    'REDIS_URL',
    ({ store }) => (store.kind === 'redis' && store.connection.mode === 'single' ? store.connection : null),
  ],
  [
    'REDIS_CLUSTER_NODES',
    ({ store }) => (store.kind === 'redis' && store.connection.mode === 'cluster' ? store.connection : null),
  ],
  [
    'REDIS_SENTINELS',
    ({ store }) => (store.kind === 'redis' && store.connection.mode === 'sentinel' ? store.connection : null),
  ],
  ['SMTP_URL', ({ mail }) => mail?.smtpUrl],
  ['MAIL_FROM', ({ mail }) => mail?.from],
  ['AUDIT_LOG', ({ audit }) => audit.log],
  ['AUDIT_STREAM', ({ audit }) => audit.stream?.key],
  ['AUDIT_STREAM_MAXLEN', ({ audit }) => audit.stream?.maxLength],
]

/**
 * Reads the configuration of a process that runs with these settings again, as its next start would. What of it can only change with a
 * restart is named and left as it is, and the projects are resolved and checked for the server as it runs, so that nothing of a setting
 * that waits gets into them. The same environment, file and running settings give the same result in every process.
 *
 * @param running the settings of a start with `WALLETGATE_CONFIG`, or of an earlier reload
 * @throws {ConfigError} with every fault there is
 */
export function reloadConfig(
  env: Environment,
  readFile: (path: string) => string,
  random: RandomSource,
  running: Settings,
): ReloadedConfig {
  const isMemory = running.store.kind === 'memory'
  const sources = readSources(env, readFile, !isMemory)
  if (sources.file === null) throw new TypeError('without a projects file there is nothing to read again')
  const read = resolveSettings(sources, random)
  const { trustedProxies, rateLimits, logLevel } = read.server
  const next = {
    ...running,
    server: { ...running.server, trustedProxies, rateLimits, logLevel },
    ...resolveFile(sources.file, { publicUrl: running.server.publicUrl, isMemory }),
  }
  const settings = deepFreeze({ ...next, warnings: collectWarnings(next, sources, new Date()) })
  const differing = (parts: readonly Part[], other: Settings) =>
    parts.flatMap(([name, of]) => (isDeepStrictEqual(of(running), of(other)) ? [] : [sources.placeOf(name)]))
  const applied = differing(APPLIED, settings)
  return {
    settings,
    projects: compareProjects(running, settings),
    applied,
    waiting: differing(WAITING, read),
    isChanged:
      applied.length > 0 ||
      !isDeepStrictEqual(running.projects, settings.projects) ||
      !isDeepStrictEqual(running.webhooks, settings.webhooks),
  }
}

function compareProjects(before: Settings, after: Settings): ProjectChanges {
  const parts = ({ projects, webhooks }: Settings) =>
    new Map(
      projects.map((project) => [project.id, [project, webhooks.filter(({ projectId }) => projectId === project.id)]]),
    )
  const [old, now] = [parts(before), parts(after)]
  const ids = [...now.keys()]
  return {
    added: ids.filter((id) => !old.has(id)),
    changed: ids.filter((id) => old.has(id) && !isDeepStrictEqual(old.get(id), now.get(id))),
    removed: [...old.keys()].filter((id) => !now.has(id)),
  }
}
