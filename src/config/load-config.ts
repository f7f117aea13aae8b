import type { RandomSource } from '../../core/ports.ts'
import { checkCombinations } from './check-combinations.ts'
import { collectWarnings } from './collect-warnings.ts'
import { ConfigError, type Fault } from './config-error.ts'
import { deepFreeze } from './deep-freeze.ts'
import { findUnknownNames } from './find-unknown-names.ts'
import { type Environment, readEnvironment } from './read-environment.ts'
import { readProjectsFile } from './read-projects-file.ts'
import { resolveOneProject, resolveProject, resolveWebhooks } from './resolve-projects.ts'
import { resolveAudit, resolveMail, resolveServer, resolveStore } from './resolve-server.ts'
import type { GeneratedValue, ProjectSettings, Settings } from './settings.ts'
import { joinSources, type Sources } from './sources.ts'
import { MIN_SECRET_BYTES } from './values/secrets.ts'

/**
 * The settings of this start, frozen. The same environment, file and random bytes give the same settings; random bytes are
 * asked for with the memory store only.
 *
 * @throws {ConfigError} with every fault there is, before anything is made up
 */
export function loadConfig(env: Environment, readFile: (path: string) => string, random: RandomSource): Settings {
  const faults: Fault[] = []
  const environment = readEnvironment(env, faults)
  const path = environment.configPath
  const file = path === undefined ? null : readProjectsFile(path, readFile, faults)
  const sources = joinSources(environment, file)
  faults.push(...findUnknownNames(env), ...checkCombinations(sources))
  if (faults.length > 0) throw new ConfigError(faults)

  const server = resolveServer(sources.server, environment.isProduction)
  const store = resolveStore(sources.server)
  const surroundings = { publicUrl: server.publicUrl, isMemory: store.kind === 'memory' }
  const settings = {
    server,
    store,
    secrets: resolveSecrets(sources, surroundings.isMemory, random),
    mail: resolveMail(sources.server, server.publicUrl),
    audit: resolveAudit(sources.server),
    webhooks: (file?.input?.projects ?? []).flatMap((project) => resolveWebhooks(project, surroundings)),
    ...resolveProjects(sources, surroundings, random),
  }
  return deepFreeze({ ...settings, warnings: collectWarnings(settings, sources) })
}

function resolveSecrets({ environment }: Sources, isMemory: boolean, random: RandomSource): readonly Uint8Array[] {
  if (environment.secrets !== undefined) return environment.secrets
  if (!isMemory) throw new TypeError('WALLETGATE_SECRET may only be made up with the memory store')
  return [random.bytes(MIN_SECRET_BYTES)]
}

function resolveProjects(
  { environment, file }: Sources,
  surroundings: { readonly publicUrl: string; readonly isMemory: boolean },
  random: RandomSource,
): { readonly projects: Settings['projects']; readonly generated: readonly GeneratedValue[] } {
  if (file === null) {
    const { project, generated } = resolveOneProject(environment.project, surroundings, random)
    return { projects: [project], generated }
  }
  const [first, ...others] = (file.input?.projects ?? []).map(
    (project): ProjectSettings => resolveProject(project, surroundings),
  )
  if (first === undefined) throw new TypeError('a projects file without a project has passed')
  return { projects: [first, ...others], generated: [] }
}
