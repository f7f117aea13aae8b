import { type Agent, request } from 'node:http'
import type { Poster } from '../../../bench/flows.ts'

/** What a server answered, read as JSON. */
export interface Reply {
  readonly status: number
  /** Begins with 12 characters that the application which answered chose for itself; each worker has its own, and each reload. */
  readonly requestId: string
  // biome-ignore lint/suspicious/noExplicitAny: the shapes of several dialects, used at once
  readonly body: any
}

/** One request through Node's own client, which opens a new connection where the server ended the last, as honest clients do. */
export function sendThrough(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: object,
): Promise<Reply> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const json =
    payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent, host: '127.0.0.1', port, method, path, headers: { ...headers, ...json } },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const requestId = String(incoming.headers['x-request-id'])
          try {
            resolve({ status: incoming.statusCode ?? 0, requestId, body: JSON.parse(text) })
          } catch {
            reject(new Error(`${method} ${path} answered ${incoming.statusCode}, and not with JSON: ${text}`))
          }
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

/** For the flows of the benchmarks: throws at the first answer that is not 200. */
export function posterThrough(agent: Agent, port: number): Poster {
  return {
    async post(path, body, headers = {}) {
      const reply = await sendThrough(agent, port, 'POST', path, headers, body)
      if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`)
      return reply.body
    },
  }
}
