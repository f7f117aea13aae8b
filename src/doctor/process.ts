import { readFile } from 'node:fs/promises'
import type { Settings } from '../config/settings.ts'
import { isNearbyHost } from '../http/nearby.ts'
import { type Finding, fail, ok, unknown, warn } from './finding.ts'

/** As in package.json. */
export const OLDEST_NODE = [20, 19] as const
const FEW_FILES = { warn: 4_096, fail: 256 }

/** What a check knows of this process. */
export interface ProcessFacts {
  /** `process.version` */
  readonly nodeVersion: string
  readonly nodeEnv: string | undefined
}

/** The runtime and its limits, which need no settings. */
export async function examineProcess({ nodeVersion }: ProcessFacts): Promise<readonly Finding[]> {
  return [judgeVersion(nodeVersion), judgeFiles(await readFileLimit())]
}

/** Whether NODE_ENV fits what the settings serve. */
export function examineNodeEnv({ server, store }: Settings, { nodeEnv }: ProcessFacts): Finding {
  if (nodeEnv === 'production') return ok('node.env', 'production')
  return store.kind === 'redis' || !isNearbyHost(new URL(server.publicUrl).hostname)
    ? warn('node.env', nodeEnv === undefined ? 'NODE_ENV is not set' : 'NODE_ENV is not production')
    : ok('node.env', 'not production, and nothing public is served')
}

function judgeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])
  return isOld ? fail('node.version', `${version} is too old`) : ok('node.version', version)
}

/** The soft limit, which Node.js has raised to the hard one; null where the system does not show it. */
async function readFileLimit(): Promise<number | null> {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(await readFile('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? null : soft === 'unlimited' ? Infinity : Number(soft)
  } catch {
    return null
  }
}

function judgeFiles(limit: number | null): Finding {
  if (limit === null) return unknown('process.files', 'The system does not show the limit: see ulimit -n')
  const message = `${limit === Infinity ? 'unlimited' : limit} open files`
  if (limit < FEW_FILES.fail) return fail('process.files', message)
  return limit < FEW_FILES.warn ? warn('process.files', message) : ok('process.files', message)
}
