import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** An RPC server that reads whole requests and then answers as it was told to: well, badly, late or never. */
export interface FaultyRpc {
  readonly url: string
  /** The JSON bodies that came, in order. */
  readonly bodies: readonly RpcBody[]
  /** The heads that came, as text. */
  readonly heads: readonly string[]
  /** Connections that were opened. */
  readonly connections: () => number
  stop(): Promise<void>
}

export interface RpcBody {
  readonly jsonrpc: string
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

export interface Exchange {
  readonly socket: Socket
  readonly body: RpcBody
  /** How many requests this connection has carried, this one included. */
  readonly turn: number
  /** What the real node answers, as text. */
  readonly honestAnswer: () => Promise<string>
}

export type Fault = (exchange: Exchange) => void | Promise<void>

/** `target`: the node whose answers are passed on, or spoiled. */
export async function startFaultyRpc(target: string, fault: Fault): Promise<FaultyRpc> {
  const bodies: RpcBody[] = []
  const heads: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {}) // The client may leave at any time; that is what is tested.
    let received = ''
    let turn = 0
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk
      const headEnd = received.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? Number.NaN)
      if (headEnd < 0 || received.length < headEnd + 4 + length) return
      const text = received.slice(headEnd + 4)
      heads.push(received.slice(0, headEnd))
      received = ''
      turn += 1
      const body = JSON.parse(text) as RpcBody
      bodies.push(body)
      void fault({ socket, body, turn, honestAnswer: () => forward(target, text) })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    bodies,
    heads,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function forward(target: string, body: string): Promise<string> {
  const response = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return response.text()
}

/** A complete HTTP/1.1 answer as text. */
export function httpAnswer(body: string, { status = '200 OK', headers = '' } = {}): string {
  const length = Buffer.byteLength(body)
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${headers}\r\n${body}`
}

/** Passes the node's answer on unharmed. */
export const honest: Fault = async ({ socket, honestAnswer }) => void socket.write(httpAnswer(await honestAnswer()))

/** Passes it on after a change to its text. */
export function spoiled(change: (answer: string) => string, http: Parameters<typeof httpAnswer>[1] = {}): Fault {
  return async ({ socket, honestAnswer }) => void socket.write(httpAnswer(change(await honestAnswer()), http))
}

/** Writes a text piece by piece, so many milliseconds apart, until the other side leaves. */
export function drip(socket: Socket, text: string, everyMs: number): void {
  let sent = 0
  const timer = setInterval(() => {
    socket.write(text.charAt(sent++ % text.length))
  }, everyMs)
  socket.on('close', () => clearInterval(timer))
}
