import { ENV_NAMES, type EnvName, type EnvNameFacts } from './env-names.ts'
import type { EnvironmentInput, ServerInput } from './read-environment.ts'
import type { ProjectsFileReading } from './read-projects-file.ts'

/** The environment and the projects file together, as far as they could be read. */
export interface Sources {
  readonly environment: EnvironmentInput
  /** Null: there is no projects file. */
  readonly file: ProjectsFileReading | null
  /** Both sources' server settings. The environment wins: an image sets HOST, and a deployment overrides its file. */
  readonly server: ServerInput
  /** Is it said at all, well or badly? */
  isGiven(name: EnvName): boolean
  /** Where it is said: the variable, or the place in the file. */
  placeOf(name: EnvName): string
}

/** Lays the environment over the file's `server` object. */
export function joinSources(environment: EnvironmentInput, file: ProjectsFileReading | null): Sources {
  const inFile = (name: EnvName) => {
    const { fileKey }: EnvNameFacts = ENV_NAMES[name]
    return fileKey !== undefined && propertyOf(propertyOf(file?.json, 'server'), fileKey) !== undefined
  }
  const said = Object.fromEntries(Object.entries(environment.server).filter(([, value]) => value !== undefined))
  return {
    environment,
    file,
    server: { ...file?.input?.server, ...said },
    isGiven: (name) => environment.given.has(name) || inFile(name),
    placeOf: (name) => {
      const { fileKey }: EnvNameFacts = ENV_NAMES[name]
      return fileKey !== undefined && !environment.given.has(name) && inFile(name) ? `server.${fileKey}` : name
    },
  }
}

/** A property of parsed JSON that has not been checked; undefined where there is none. */
export function propertyOf(json: unknown, key: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, key) ? Reflect.get(json, key) : undefined
}

/** Does anything ask for Redis? Then data outlive the process, and nothing may be made up that has to outlive it too. */
export function wantsRedis({ server, isGiven }: Sources): boolean {
  return (
    server.store === 'redis' || isGiven('REDIS_URL') || isGiven('REDIS_CLUSTER_NODES') || isGiven('REDIS_SENTINELS')
  )
}
