import { randomBytes, randomUUID } from 'node:crypto'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { createSystemRandom } from '../../../core/random.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createLogger } from '../../../src/logger.ts'
import { startServer } from '../../../src/server.ts'
import { ORIGIN } from '../../support/origin.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface Call {
  readonly method?: string
  /** Whom the trusted proxy, which the test is, saw. */
  readonly from?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
}

export const PROJECT = { 'x-walletkit-project-id': 'limits' }
export const SECRET_KEY = `sk_test_${'s'.repeat(48)}`
export const PUBLIC_KEY = `pk_test_${'p'.repeat(48)}`

const READY_LIMIT_MS = 10_000

/** A whole server on a socket, as it runs in production, and a client that keeps its connections. */
export class LimitedServer {
  readonly port: number
  /** Every log line so far, parsed. */
  readonly logs: Record<string, unknown>[]
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 })
  readonly #stop: () => Promise<void>

  private constructor(port: number, logs: Record<string, unknown>[], stop: () => Promise<void>) {
    this.port = port
    this.logs = logs
    this.#stop = stop
  }

  /** @param factor what the limits are multiplied by; less than 1 for tests that spend them */
  static async start(env: Readonly<Record<string, string>>, factor: number | null = null): Promise<LimitedServer> {
    const logs: Record<string, unknown>[] = []
    const logger = createLogger('info', { write: (line: string) => void logs.push(JSON.parse(line)) })
    const loaded = loadConfig({ PORT: '0', TRUSTED_PROXIES: '127.0.0.1', ...env }, () => '', createSystemRandom())
    const rateLimits = factor ?? loaded.server.rateLimits
    const { port, stop } = await startServer({ ...loaded, server: { ...loaded.server, rateLimits } }, logger)
    const server = new LimitedServer(port, logs, stop)
    await server.#untilReady()
    return server
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + READY_LIMIT_MS
    while ((await this.call('/readyz', { method: 'GET' })).status !== 200) {
      if (performance.now() > deadline) throw new Error('the server did not become ready')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  call(path: string, { method = 'POST', from, headers = {}, json }: Call = {}): Promise<Answer> {
    const body = json === undefined ? '' : JSON.stringify(json)
    const all = {
      ...(from === undefined ? {} : { 'x-forwarded-for': from }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) }),
      ...headers,
    }
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, host: '127.0.0.1', port: this.port, path, method, headers: all }
      const outgoing = request(options, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('end', () => {
          const parsed = text === '' ? undefined : (JSON.parse(text) as unknown)
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: parsed })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  /** A nonce for a wallet nobody has asked for before: a request that creates something. */
  nonce(from: string, address: string = newAddress()): Promise<Answer> {
    return this.call('/auth/nonce', { from, json: { address } })
  }

  /** A guess at the code that was mailed to this user. */
  guess(from: string, userId: string): Promise<Answer> {
    return this.call('/users/verify-login', {
      from,
      headers: PROJECT,
      json: { user_id: userId, verification_code: '000000' },
    })
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    await this.#stop()
  }
}

/** The settings of replicas that share a Redis, and of a project no other test uses. */
export function sharedEnv(redisUrl: string): Record<string, string> {
  return {
    REDIS_URL: redisUrl,
    WALLETGATE_SECRET: randomBytes(32).toString('hex'),
    AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
    ...MEMORY_ENV,
    PROJECT_ID: `limits-${randomUUID()}`,
  }
}

export const MEMORY_ENV = {
  PROJECT_ID: 'limits',
  PROJECT_SECRET_KEY: SECRET_KEY,
  PROJECT_PUBLIC_KEY: PUBLIC_KEY,
  ALLOWED_ORIGINS: ORIGIN,
}

export const newAddress = (): string => `0x${randomBytes(20).toString('hex')}`

/** So many calls, some at a time, and how often each status came back. */
export async function countStatuses(
  count: number,
  call: (index: number) => Promise<Answer>,
): Promise<Readonly<Record<number, number>>> {
  const statuses: Record<number, number> = {}
  let started = 0
  const work = async () => {
    for (let index = started; index < count; index = started) {
      started += 1
      const { status } = await call(index)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 32 }, work))
  return statuses
}
