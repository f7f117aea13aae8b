import { Agent, request } from 'node:http'
import { ANSWER_LIMIT_MS } from '../../../src/http/limit-time.ts'
import type { History } from './history.ts'

/** An answer's limit, milliseconds: what the server promises, and a second for a machine with other work. */
const BOUND_MS = ANSWER_LIMIT_MS + 1_000

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readonly<Record<string, unknown>>
}

/** `outage`: nothing is known of what became of the request. */
export type Outcome = Reply | 'outage'

export interface Call {
  readonly method?: string
  readonly path: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** How each dialect says that it cannot decide now: its status, and the fields of its error shape. */
const OUTAGES = [
  { prefix: '/auth/', status: 500, fields: ['error'], says: 'authentication could not be completed, try again' },
  { prefix: '/v1/', status: 503, fields: ['error_message', 'error_type', 'status_code'], says: 'service_unavailable' },
  { prefix: '/users/', status: 503, fields: ['code', 'error'], says: 'service_unavailable' },
  { prefix: '/wallets', status: 503, fields: ['code', 'error'], says: 'service_unavailable' },
] as const

/**
 * A client of several gateways that holds every answer against what is promised while something is broken: it comes in time, and what
 * could not be decided is said to be so, in the dialect's own shape and with a time to come back.
 */
export class Caller {
  readonly history: History
  /** Whom it asks, in turn. */
  ports: readonly number[]
  /** How a connection may break without an answer, where a process has gone. */
  mayBreak: readonly string[] = []
  /** Where a store was emptied: what was acknowledged may be unknown. */
  mayForget = false
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  #turn = 0

  constructor(ports: readonly number[], history: History) {
    this.ports = ports
    this.history = history
  }

  async call({ method = 'POST', path, json, headers = {} }: Call): Promise<Outcome> {
    this.#turn += 1
    const port = this.ports[this.#turn % this.ports.length]
    const body = json === undefined ? '' : JSON.stringify(json)
    const began = performance.now()
    const given = { ...headers, ...(body === '' ? {} : { 'content-type': 'application/json' }) }
    const reply = await this.#send({ method, path, port, headers: { ...given, 'content-length': body.length } }, body)
    const ms = Math.round(performance.now() - began)
    if (ms > BOUND_MS) this.history.violate(`${method} ${path} took ${ms} ms`)
    if (typeof reply === 'string') {
      this.history.count('broken')
      if (!this.mayBreak.includes(reply)) this.history.violate(`${method} ${path} was not answered: ${reply}`)
      return 'outage'
    }
    if (reply.status < 500) {
      if (reply.status === 429) this.history.violate(`${method} ${path} was answered 429`)
      return reply
    }
    this.history.count('outage')
    const expected = OUTAGES.find(({ prefix }) => path.startsWith(prefix))
    const isOurs =
      reply.status === expected?.status &&
      JSON.stringify(Object.keys(reply.body).sort()) === JSON.stringify(expected.fields) &&
      Object.values(reply.body).includes(expected.says) &&
      reply.headers['retry-after'] === '1'
    if (!isOurs) this.history.violate(`${method} ${path} was answered ${reply.status} ${JSON.stringify(reply.body)}`)
    // A client would wait for the second that it is told to.
    await new Promise((resolve) => setTimeout(resolve, 20))
    return 'outage'
  }

  close(): void {
    this.#agent.destroy()
  }

  #send(target: object, body: string): Promise<Reply | string> {
    return new Promise((resolve) => {
      const outgoing = request({ agent: this.#agent, host: '127.0.0.1', ...target }, (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        incoming.on('end', () => {
          try {
            const text = Buffer.concat(chunks).toString()
            const parsed = (text === '' && incoming.statusCode === 204 ? {} : JSON.parse(text)) as Reply['body']
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: parsed })
          } catch {
            resolve('an answer that is not JSON')
          }
        })
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      outgoing.end(body)
    })
  }
}
