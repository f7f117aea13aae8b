import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface LateProxy {
  readonly port: number
  stop(): Promise<void>
}

/** Stands between a client and a server on this machine: late by so many milliseconds each way, and changing what the server says. */
export async function startLateProxy(
  target: number,
  { delayMs = 0, rewrite = (text) => text }: { readonly delayMs?: number; readonly rewrite?: (text: string) => string },
): Promise<LateProxy> {
  const sockets = new Set<Socket>()
  const pass = (from: Socket, to: Socket, change: (text: string) => string) =>
    from.setEncoding('latin1').on('data', (text: string) => {
      setTimeout(() => to.writable && to.write(Buffer.from(change(text), 'latin1')), delayMs)
    })
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    pass(client, upstream, (text) => text)
    pass(upstream, client, rewrite)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
