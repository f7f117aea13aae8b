import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`

/** What came to a receiver. */
export interface Received {
  readonly headers: IncomingMessage['headers']
  readonly method: string
  readonly path: string
  readonly body: string
}

export interface Receiver {
  readonly port: number
  readonly received: Received[]
  /** What it does; 204 unless a test says otherwise. */
  answer: (response: ServerResponse, received: Received) => void
  /** Resolves when there are so many. */
  until(count: number): Promise<readonly Received[]>
  stop(): Promise<void>
}

const LIMIT_MS = 25_000

/** A server that takes webhooks, on this machine, on any free port or this one. */
export async function startReceiver({
  port = 0,
  tls,
}: {
  readonly port?: number
  readonly tls?: { readonly key: string; readonly cert: string }
} = {}): Promise<Receiver> {
  const watchers = new Set<() => void>()
  const receiver: Receiver = {
    port: 0,
    received: [],
    answer: (response) => response.writeHead(204).end(),
    until(count) {
      return new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error(`${receiver.received.length} of ${count} came`)), LIMIT_MS)
        const look = () => {
          if (receiver.received.length < count) return
          clearTimeout(limit)
          watchers.delete(look)
          resolve(receiver.received)
        }
        watchers.add(look)
        look()
      })
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const take: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers, method = '', url: path = '' } = request
      const received = { headers, method, path, body: Buffer.concat(chunks).toString('utf8') }
      receiver.received.push(received)
      receiver.answer(response, received)
      for (const look of watchers) look()
    })
  }
  const server = tls === undefined ? createServer(take) : createTlsServer(tls, take)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(receiver, { port: (server.address() as AddressInfo).port })
}
