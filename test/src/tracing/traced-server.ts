import { randomUUID } from 'node:crypto'
import { createSystemRandom } from '../../../core/random.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createLogger } from '../../../src/logger.ts'
import { type RunningServer, startServer } from '../../../src/server.ts'
import { ORIGIN } from '../../support/origin.ts'

export const SECRET_KEY = `sk_test_${'k'.repeat(48)}`

export interface TracedServer extends RunningServer {
  readonly projectId: string
  /** Every log line so far, parsed. */
  readonly logs: readonly Record<string, unknown>[]
}

/** A server with this environment, on any free port, for one project of its own. */
export async function startTraced(env: Readonly<Record<string, string>>, file?: object): Promise<TracedServer> {
  const projectId = `traced-${randomUUID()}`
  const project = {
    PROJECT_ID: projectId,
    PROJECT_SECRET_KEY: SECRET_KEY,
    AUTH_JWT_SECRET: 'j'.repeat(32),
    ALLOWED_ORIGINS: ORIGIN,
  }
  const all = {
    PORT: '0',
    PUBLIC_URL: 'https://auth.example.test',
    WALLETGATE_SECRET: 's'.repeat(16) + randomUUID(),
    ...(file === undefined ? project : { WALLETGATE_CONFIG: 'projects.json' }),
    ...env,
  }
  const logs: Record<string, unknown>[] = []
  const logger = createLogger('debug', { write: (line: string) => void logs.push(JSON.parse(line)) })
  const settings = loadConfig(all, () => JSON.stringify(file), createSystemRandom())
  return { ...(await startServer(settings, logger)), projectId, logs }
}
