import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of this host that nobody listens on now. Rejects when the host is none of this machine's. */
export async function findFreePort(host: string): Promise<number> {
  const server = createServer().listen({ host, port: 0 })
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address')
  return address.port
}
