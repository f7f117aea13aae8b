import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

const LIMIT_MS = 8_000

/** A bare TCP connection that speaks whatever bytes a test gives it, and reads HTTP/1.1 answers. */
export class RawConnection {
  readonly #socket: Socket
  #received = ''
  #isClosed = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      this.#received += chunk
      this.#wake()
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
    // A reset is one way for a server to close; `close` follows.
    socket.on('error', () => {})
  }

  /** Rejects when nobody listens. */
  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: false })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new RawConnection(socket))
      })
    })
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Reads nothing more: whoever sends has to wait. */
  pause(): void {
    this.#socket.pause()
  }

  /** Says that nothing more will come, and goes on reading. */
  end(): void {
    this.#socket.end()
  }

  /** The next whole answer; null when the server closes without one. `bodyless`: the answer to a HEAD. */
  async next(options: { bodyless?: boolean; limitMs?: number } = {}): Promise<RawAnswer | null> {
    let answer: RawAnswer | null = null
    const take = () => {
      const taken = takeAnswer(this.#received, this.#isClosed, options.bodyless === true)
      if (taken === null) return this.#isClosed
      answer = taken.answer
      this.#received = taken.rest
      return true
    }
    await this.#until(take, 'an answer', options.limitMs)
    return answer
  }

  /** Resolves when the server has closed the connection. */
  closed(limitMs?: number): Promise<void> {
    return this.#until(() => this.#isClosed, 'the end of the connection', limitMs)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async #until(isDone: () => boolean, what: string, limitMs = LIMIT_MS): Promise<void> {
    const deadline = AbortSignal.timeout(limitMs)
    while (!isDone()) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        deadline.onabort = () =>
          reject(new Error(`waited in vain for ${what}; received ${JSON.stringify(this.#received)}`))
      })
    }
  }
}

/** One request on a connection of its own. */
export async function rawExchange(port: number, bytes: string | Uint8Array): Promise<RawAnswer | null> {
  const connection = await RawConnection.open(port)
  try {
    connection.write(bytes)
    return await connection.next()
  } finally {
    connection.destroy()
  }
}

function takeAnswer(text: string, isClosed: boolean, isBodyless: boolean): { answer: RawAnswer; rest: string } | null {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const [statusLine = '', ...fields] = text.slice(0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1])
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
    }),
  )
  const rest = text.slice(headEnd + 4)
  if (isBodyless || status < 200 || status === 204) return { answer: { status, headers, body: '' }, rest }
  const length = headers.get('content-length')
  if (length !== undefined) {
    if (rest.length < Number(length)) return null
    return { answer: { status, headers, body: rest.slice(0, Number(length)) }, rest: rest.slice(Number(length)) }
  }
  if (headers.get('transfer-encoding') === 'chunked') {
    const chunked = takeChunks(rest)
    return chunked === null ? null : { answer: { status, headers, body: chunked.body }, rest: chunked.rest }
  }
  return isClosed ? { answer: { status, headers, body: rest }, rest: '' } : null
}

function takeChunks(text: string): { body: string; rest: string } | null {
  let body = ''
  let rest = text
  for (;;) {
    const lineEnd = rest.indexOf('\r\n')
    if (lineEnd === -1) return null
    const size = Number.parseInt(rest.slice(0, lineEnd), 16)
    const chunkEnd = lineEnd + 2 + size
    if (rest.length < chunkEnd + 2) return null
    body += rest.slice(lineEnd + 2, chunkEnd)
    rest = rest.slice(chunkEnd + 2)
    if (size === 0) return { body, rest }
  }
}
