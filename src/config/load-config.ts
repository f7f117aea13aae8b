import type { RandomSource } from '../../core/ports.ts'
import { checkCombinations } from './check-combinations.ts'
import { collectWarnings } from './collect-warnings.ts'
import { ConfigError, type Fault } from './config-error.ts'
import { deepFreeze } from './deep-freeze.ts'
import { findUnknownNames } from './find-unknown-names.ts'
import { type Environment, readEnvironment } from './read-environment.ts'
import { type ProjectsFileReading, readProjectsFile } from './read-projects-file.ts'
import { resolveOneProject, resolveProject, resolveWebhooks, type Surroundings } from './resolve-projects.ts'
import { resolveAudit, resolveMail, resolveServer, resolveStore, resolveTracing } from './resolve-server.ts'
import type { ProjectSettings, Settings } from './settings.ts'
import { joinSources, type Sources } from './sources.ts'
import { MIN_SECRET_BYTES } from './values/secrets.ts'

/**
 * The settings of this start, frozen. The same environment, file and random bytes give the same settings; random bytes are
 * asked for with the memory store only. The time is for warnings.
 *
 * @throws {ConfigError} with every fault there is, before anything is made up
 */
export function loadConfig(
  env: Environment,
  readFile: (path: string) => string,
  random: RandomSource,
  now = new Date(),
): Settings {
  return resolveSettings(readSources(env, readFile), random, now)
}

/**
 * What the environment and the file say, without a fault.
 *
 * @param isLasting data will outlive the process whatever these sources say of the store
 * @throws {ConfigError} with every fault there is
 */
export function readSources(env: Environment, readFile: (path: string) => string, isLasting = false): Sources {
  const faults: Fault[] = []
  const environment = readEnvironment(env, faults)
  const path = environment.configPath
  const file = path === undefined ? null : readProjectsFile(path, readFile, faults)
  const sources = joinSources(environment, file)
  faults.push(...findUnknownNames(env), ...checkCombinations(sources, isLasting))
  if (faults.length > 0) throw new ConfigError(faults)
  return sources
}

/** The settings of a start with these sources, frozen. */
export function resolveSettings(sources: Sources, random: RandomSource, now = new Date()): Settings {
  const { environment } = sources
  const server = resolveServer(sources.server, environment.isProduction)
  const store = resolveStore(sources.server)
  const surroundings = { publicUrl: server.publicUrl, isMemory: store.kind === 'memory' }
  const settings = {
    server,
    store,
    secrets: resolveSecrets(sources, surroundings.isMemory, random),
    mail: resolveMail(sources.server, server.publicUrl),
    audit: resolveAudit(sources.server),
    tracing: resolveTracing(environment.tracing),
    ...resolveProjects(sources, surroundings, random),
  }
  return deepFreeze({ ...settings, warnings: collectWarnings(settings, sources, now) })
}

function resolveSecrets({ environment }: Sources, isMemory: boolean, random: RandomSource): readonly Uint8Array[] {
  if (environment.secrets !== undefined) return environment.secrets
  if (!isMemory) throw new TypeError('WALLETGATE_SECRET may only be made up with the memory store')
  return [random.bytes(MIN_SECRET_BYTES)]
}

function resolveProjects(
  { environment, file }: Sources,
  surroundings: Surroundings,
  random: RandomSource,
): Pick<Settings, 'projects' | 'webhooks' | 'generated'> {
  if (file === null) {
    const { project, generated } = resolveOneProject(environment.project, surroundings, random)
    return { projects: [project], webhooks: [], generated }
  }
  return { ...resolveFile(file, surroundings), generated: [] }
}

/** The projects of a file that has no fault, with every default in place. */
export function resolveFile(
  { input }: ProjectsFileReading,
  surroundings: Surroundings,
): Pick<Settings, 'projects' | 'webhooks'> {
  const [first, ...others] = (input?.projects ?? []).map(
    (project): ProjectSettings => resolveProject(project, surroundings),
  )
  if (first === undefined) throw new TypeError('a projects file without a project has passed')
  const webhooks = (input?.projects ?? []).flatMap((project) => resolveWebhooks(project, surroundings))
  return { projects: [first, ...others], webhooks }
}
