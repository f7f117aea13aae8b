import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ReceivedSpan, readSpans } from './read-spans.ts'

/** One export as it came. */
export interface Export {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Collector {
  readonly url: string
  readonly exports: readonly Export[]
  /** Every span so far. */
  spans(): readonly ReceivedSpan[]
  /** What it does with an export: 200 with nothing in it, unless a test says otherwise. */
  answer: (response: ServerResponse) => void
  stop(): Promise<void>
}

/** A server that takes traces over HTTP as protobuf, on this machine, on any free port or this one. */
export async function startCollector(port = 0): Promise<Collector> {
  const exports: Export[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      exports.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) })
      collector.answer(response)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exports,
    spans: () => exports.flatMap(({ body }) => readSpans(body)),
    answer: (response) => void response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return collector
}
