import { once } from 'node:events'
import { createServer, request } from 'node:http'

/** What a proxy does with `X-Forwarded-For`: as most, as the outermost should, as a careless one, or nothing. */
export type Forwarding = 'append' | 'replace' | 'pass' | 'drop'

export interface ForwardingProxy {
  readonly port: number
  stop(): Promise<void>
}

/** A reverse proxy on this address of the loopback. It connects from the same address. */
export async function startForwardingProxy(
  target: { readonly host: string; readonly port: number },
  { forwarding, address = '127.0.0.1' }: { readonly forwarding: Forwarding; readonly address?: string },
): Promise<ForwardingProxy> {
  const server = createServer((incoming, outgoing) => {
    const given = incoming.headersDistinct['x-forwarded-for']?.join(', ')
    const peer = incoming.socket.remoteAddress ?? ''
    const written = {
      append: given === undefined ? peer : `${given}, ${peer}`,
      replace: peer,
      pass: given,
      drop: undefined,
    }[forwarding]
    const headers = { ...incoming.headers }
    if (written === undefined) delete headers['x-forwarded-for']
    else headers['x-forwarded-for'] = written
    const { method = 'GET', url: path = '/' } = incoming
    const onward = request({ ...target, localAddress: address, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.writeHead(502).end())
    incoming.pipe(onward)
  })
  server.listen(0, address)
  await once(server, 'listening')
  const listening = server.address()
  if (listening === null || typeof listening === 'string') throw new Error('no port')
  return {
    port: listening.port,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
