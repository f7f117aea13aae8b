import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

interface Answer {
  readonly status: number
  readonly body: string
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/**
 * One HTTP/1.1 connection that is kept, one request at a time. Node's own client costs the load several times more than the
 * request is worth here, and would make it the bottleneck.
 */
export class Connection {
  /** How long answers were waited for, milliseconds, of all requests. */
  waitedMs = 0
  /** Told of every answer, and how long it took, milliseconds. */
  onAnswer: ((milliseconds: number) => void) | null = null
  readonly #socket: Socket
  #waiting: Waiting | null = null
  #received: Buffer = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Connection(socket)
  }

  get bytesSent(): number {
    return this.#socket.bytesWritten
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead
  }

  /** The answer to a POST of JSON. Throws unless its status is 200. */
  // biome-ignore lint/suspicious/noExplicitAny: the shapes of several servers, used at once
  async post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<any> {
    return JSON.parse(await this.send('POST', path, headers, body))
  }

  /** The body of a 2xx answer. Throws otherwise, with what came. */
  async send(method: string, path: string, headers: Readonly<Record<string, string>>, body?: object): Promise<string> {
    const payload = body === undefined ? '' : JSON.stringify(body)
    let head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n`
    for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`
    if (body !== undefined)
      head += `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n`
    const startedAt = performance.now()
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (this.#waiting !== null || this.#socket.destroyed) return reject(new Error('the connection is not free'))
      this.#waiting = { resolve, reject }
      this.#socket.write(`${head}\r\n${payload}`)
    })
    const took = performance.now() - startedAt
    this.waitedMs += took
    this.onAnswer?.(took)
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`)
    return answer.body
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = this.#received.toString('latin1', 0, headEnd)
    const body = this.#received.subarray(headEnd + 4)
    const status = Number(head.slice(9, 12))
    const text = status === 204 ? '' : readBody(head, body)
    if (text === null) return
    const waiting = this.#waiting
    this.#waiting = null
    this.#received = Buffer.alloc(0)
    waiting?.resolve({ status, body: text })
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = null
  }
}

/** Null: not all of it is here yet. */
function readBody(head: string, body: Buffer): string | null {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return body.length < Number(length) ? null : body.toString('utf8', 0, Number(length))
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error(`an answer without a length: ${head}`)
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16)
    const end = lineEnd + 2 + size
    if (body.length < end + 2) return null
    if (size === 0) return Buffer.concat(parts).toString('utf8')
    parts.push(body.subarray(lineEnd + 2, end))
    at = end + 2
  }
}
