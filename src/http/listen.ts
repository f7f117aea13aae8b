import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import type { NoteUnserved } from './log-unserved.ts'

export interface Listening {
  /** The port in use, also when any free one was asked for. */
  readonly port: number
  /** From now on each answer ends its connection, so that callers come back elsewhere; nothing else changes. */
  retire(): void
  /** Stops accepting, lets requests in flight finish, then resolves; cuts what is left after the limit. */
  drain(limitMs: number): Promise<void>
}

/** Every part of a slow request is bounded, milliseconds. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
}

/**
 * How long a drain leaves idle connections open, milliseconds. The next request may be on its way: it is still served, and
 * its answer ends the connection; closing at once would reset it, and its sender could not know whether it was carried out.
 */
const GRACE_MS = 250

/**
 * Requests that one connection may have under way. A client that pipelines and does not read would have us hold an answer for each:
 * 200 KB of requests for a document took 800 MB.
 */
const MAX_PIPELINED = 16

/**
 * Connections of one process; those beyond are closed at once. So many that do their worst, a burst of pipelined requests or 16 KB of a
 * header each, take 220 MB: within the 384 MiB of `deploy/kubernetes`.
 */
const MAX_CONNECTIONS = 4_096
/** How often it is told that connections are refused, milliseconds. */
const REFUSALS_TOLD_EVERY_MS = 10_000

/**
 * Serves `fetch` on this address. Rejects when the port cannot be had.
 *
 * @param note told of what is answered without `fetch`; it gives the answer its id
 */
export async function listen(
  fetch: (request: Request, env: Partial<HttpBindings>) => Response | Promise<Response>,
  { host, port, maxConnections = MAX_CONNECTIONS }: { host: string; port: number; maxConnections?: number },
  note: NoteUnserved = () => randomUUID(),
): Promise<Listening> {
  let retiring = false
  const answer = getRequestListener((request, env) => fetch(request, env as HttpBindings), {
    errorHandler: (error) => answerUnservable(error, note),
  })
  /** Open connections, and how many requests each has under way. */
  const sockets = new Map<Socket, number>()
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { socket } = incoming
    const before = sockets.get(socket)
    if (before === undefined) return // The connection has gone, and its requests with it.
    const underWay = before + 1
    sockets.set(socket, underWay)
    // One more than is refused: its parser would not be stopped.
    if (underWay > MAX_PIPELINED + 1) return void socket.destroy()
    if (underWay > MAX_PIPELINED) {
      stopParsing(socket)
      sockets.set(socket, Number.POSITIVE_INFINITY)
      refusePipelined(outgoing, note)
      return
    }
    outgoing.once('close', () => {
      const left = sockets.get(socket)
      if (left !== undefined) sockets.set(socket, left - 1)
    })
    if (retiring) outgoing.setHeader('Connection', 'close')
    void answer(incoming, outgoing)
  }
  // A missing Host and an unknown Expect would be answered by Node itself, without a body; here they reach `serve`.
  const server = createServer({ ...TIMEOUTS, requireHostHeader: false }, serve)
  server.on('checkExpectation', serve)
  server.on('clientError', (error, socket: Socket) => answerUnparsable(error, socket, note))
  let toldAt = Number.NEGATIVE_INFINITY
  const refuseConnection = (socket: Socket): void => {
    socket.destroy()
    if (performance.now() - toldAt < REFUSALS_TOLD_EVERY_MS) return
    toldAt = performance.now()
    note({ status: 503, reason: 'too_many_connections' })
  }
  server.on('connection', (socket: Socket) => {
    // Not `server.maxConnections`: full workers would hand a connection round among themselves without end.
    if (sockets.size >= maxConnections) return refuseConnection(socket)
    sockets.set(socket, 0)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    retire() {
      retiring = true
    },
    drain(limitMs) {
      retiring = true
      return close(server, sockets, limitMs)
    },
  }
}

function close(server: Server, sockets: ReadonlyMap<Socket, number>, limitMs: number): Promise<void> {
  const closeIdle = (): void => {
    server.closeIdleConnections()
    // Node counts a connection as busy until its first request; one that was only opened would hold us up to the limit.
    for (const socket of sockets.keys()) if (socket.bytesRead === 0) socket.destroy()
  }
  return new Promise((resolve) => {
    const graceEndsAt = performance.now() + GRACE_MS
    const sweep = setInterval(() => performance.now() >= graceEndsAt && closeIdle(), 20)
    const limit = setTimeout(() => server.closeAllConnections(), limitMs)
    // Not `server.close`: HTTP's own closes idle connections there and then.
    NetServer.prototype.close.call(server, () => {
      clearInterval(sweep)
      clearTimeout(limit)
      resolve()
    })
  })
}

/** A request line or `Host` that makes no URL is the sender's fault (RFC 9112 §3.2); whatever else gets here is ours. */
function answerUnservable(error: unknown, note: NoteUnserved): Response {
  const [status, text] = error instanceof RequestError ? [400, MALFORMED] : [500, 'internal server error']
  const requestId = note({ status, reason: text, ...(status === 500 && { error }) })
  return Response.json({ error: text }, { status, headers: { 'Cache-Control': 'no-store', 'X-Request-Id': requestId } })
}

/**
 * Node reads 64 KiB at once and makes two objects, about 1.2 KB, of each of the 3,600 requests that fit, whatever becomes of the connection
 * meanwhile. Its parser stops for the rest of what was read when it is told, as of an upgrade, that no HTTP follows.
 */
function stopParsing(
  socket: Socket & { parser?: { onIncoming: (incoming: { upgrade: boolean }) => number } | null },
): void {
  if (!socket.parser) return
  socket.parser.onIncoming = (incoming) => {
    incoming.upgrade = false
    return 2
  }
}

/** Behind the answers of those before it, and the last on its connection. */
function refusePipelined(outgoing: ServerResponse, note: NoteUnserved): void {
  const body = JSON.stringify({ error: 'too many requests under way on this connection' })
  outgoing.writeHead(429, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Request-Id': note({ status: 429, reason: 'pipelined' }),
    'Retry-After': '1',
    Connection: 'close',
  })
  outgoing.end(body)
}

/** What is no HTTP request gets JSON too: there is no path yet, hence no dialect. */
function answerUnparsable(
  error: NodeJS.ErrnoException,
  socket: Socket & { _httpMessage?: ServerResponse },
  note: NoteUnserved,
): void {
  // Once an answer has begun, more bytes would corrupt it.
  if (!socket.writable || error.code === 'ECONNRESET' || socket._httpMessage?.headersSent === true)
    return void socket.destroy()
  const [status, phrase, text] = UNPARSABLE[error.code ?? ''] ?? [400, 'Bad Request', MALFORMED]
  const body = JSON.stringify({ error: text })
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${note({ status, reason: error.code ?? text })}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const MALFORMED = 'malformed HTTP request'

const UNPARSABLE: Readonly<Record<string, readonly [status: number, phrase: string, error: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'request headers too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large', 'request body too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'request took too long'],
}
