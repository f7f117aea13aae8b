import { createSystemRandom } from '../../core/random.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Settings } from '../../src/config/settings.ts'
import { createLogger } from '../../src/logger.ts'
import { startServer } from '../../src/server.ts'
import { freePort } from '../support/redis-server.ts'

export interface FirstStart {
  readonly origin: string
  readonly settings: Settings
  stop(): Promise<void>
}

/** The whole server as somebody starts it who has set nothing, or only this. */
export async function startFirst(env: Readonly<Record<string, string>> = {}): Promise<FirstStart> {
  const port = await freePort()
  const settings = loadConfig({ PORT: String(port), HOST: 'localhost', ...env }, () => '', createSystemRandom())
  const server = await startServer(settings, createLogger('silent'))
  return { origin: `http://localhost:${port}`, settings, stop: () => server.stop() }
}
