import { once } from 'node:events'
import { createServer, connect as openSocket, type Server, type Socket } from 'node:net'

/** What the way to the server does to whatever travels on it from now on. */
export type Weather =
  | { readonly kind: 'clear' }
  /** Every answer comes so much later, in order. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Answers trickle: so many bytes each ten milliseconds. */
  | { readonly kind: 'narrow'; readonly bytes: number }
  /** Requests arrive; the connection closes after so many bytes of the next answer. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Nothing passes in either direction and nothing closes: the other end is gone, and nobody said so. */
  | { readonly kind: 'silent' }
  /** Connections are closed as soon as they are made, and those there are at once. */
  | { readonly kind: 'closed' }

export interface TcpProxy {
  readonly port: number
  turn(weather: Weather): void
  stop(): Promise<void>
}

const CLEAR: Weather = { kind: 'clear' }

/** A way to a server on this machine that can be made bad. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  let weather: Weather = CLEAR
  const sockets = new Set<Socket>()
  const isGone = () => weather.kind === 'closed'
  const server: Server = createServer((client) => {
    if (isGone()) return void client.destroy()
    const upstream = openSocket(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (data) => {
      if (weather.kind !== 'silent') upstream.write(data)
    })
    const back = bringBack(client, () => weather)
    upstream.on('data', back)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    turn(next) {
      weather = next
      if (isGone()) for (const socket of sockets) socket.destroy()
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Writes answers to the client as the weather lets them, always in order. */
function bringBack(client: Socket, weatherNow: () => Weather): (data: Buffer) => void {
  let last: Promise<void> = Promise.resolve()
  const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const write = (data: Buffer) => void (client.writable && client.write(data))
  return (data) => {
    const weather = weatherNow()
    switch (weather.kind) {
      case 'silent':
        return
      case 'cut':
        return void client.end(data.subarray(0, weather.afterBytes))
      case 'slow': {
        const due = after(weather.delayMs)
        last = last.then(() => due).then(() => write(data))
        return
      }
      case 'narrow':
        last = last.then(async () => {
          for (let at = 0; at < data.length; at += weather.bytes) {
            write(data.subarray(at, at + weather.bytes))
            await after(10)
          }
        })
        return
      default:
        last = last.then(() => write(data))
    }
  }
}
