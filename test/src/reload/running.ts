import { randomBytes } from 'node:crypto'
import { createSystemRandom } from '../../../core/random.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { type ReloadedConfig, reloadConfig } from '../../../src/config/reload-config.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { createLogger } from '../../../src/logger.ts'
import { type PreparedConfig, type RunningServer, startServer } from '../../../src/server.ts'
import { LoadClient } from '../../e2e/support/load-client.ts'
import type { LoadProject } from '../../e2e/support/load-project.ts'

export const PUBLIC_URL = 'https://auth.example.test'

/** A server in this process, and its file, which a test writes. */
export class Running {
  readonly server: RunningServer
  /** Every log line so far, parsed. */
  readonly logs: readonly Record<string, unknown>[]
  readonly #env: Readonly<Record<string, string>>
  #settings: Settings

  private constructor(
    server: RunningServer,
    settings: Settings,
    env: Readonly<Record<string, string>>,
    logs: Running['logs'],
  ) {
    this.server = server
    this.#settings = settings
    this.#env = env
    this.logs = logs
  }

  /** @param more of the environment; without a Redis the store is memory */
  static async start(file: object, more: Readonly<Record<string, string>> = {}): Promise<Running> {
    const env = {
      PORT: '0',
      METRICS_PORT: '0',
      PUBLIC_URL,
      RATE_LIMITS: 'off',
      WALLETGATE_SECRET: randomBytes(32).toString('hex'),
      WALLETGATE_CONFIG: 'projects.json',
      ...more,
    }
    const settings = loadConfig(env, () => JSON.stringify(file), createSystemRandom())
    const logs: Record<string, unknown>[] = []
    const logger = createLogger('info', { write: (line: string) => void logs.push(JSON.parse(line)) })
    return new Running(await startServer(settings, logger), settings, env, logs)
  }

  get port(): number {
    return this.server.port
  }

  read(file: object): ReloadedConfig {
    return reloadConfig(this.#env, () => JSON.stringify(file), createSystemRandom(), this.#settings)
  }

  /** Builds what this file asks for, and does not use it. */
  prepare(file: object): Promise<PreparedConfig> {
    return this.server.prepare(this.read(file))
  }

  /** As a SIGHUP does. */
  async reload(file: object): Promise<ReloadedConfig> {
    const reloaded = this.read(file)
    const prepared = await this.server.prepare(reloaded)
    prepared.use(true)
    this.#settings = reloaded.settings
    return reloaded
  }

  /** Signs somebody new in, through this door: a client that goes on answering for the token it got. */
  async signIn(project: LoadProject, dialect: LoadClient['target']['dialect']): Promise<LoadClient> {
    const client = new LoadClient({ port: this.port, publicUrl: PUBLIC_URL, project, dialect }, 1)
    await client.done
    return client
  }

  async scrape(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.server.metricsPort}/metrics`)).text()
  }
}

export const fileOf = (...projects: readonly LoadProject[]) => ({ projects: projects.map(({ json }) => json) })
