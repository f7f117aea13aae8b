import { type RawAnswer, RawConnection } from '../../support/raw-http.ts'

/** A request as its bytes go out: nothing is normalised, added or refused on the way. */
export interface WireRequest {
  readonly method: string
  /** As it stands in the request line. */
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Text goes out as UTF-8. */
  readonly body: string | Uint8Array | null
}

/** The bytes of a request. A body gets its length announced, unless a header says how it is framed. */
export function encodeRequest({ method, target, headers, body }: WireRequest): Buffer {
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(body as string)
  const isFramed = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name))
  const length: WireRequest['headers'] = body === null || isFramed ? [] : [['Content-Length', String(bytes.length)]]
  const fields = [...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${fields}\r\n`, 'utf8'), bytes])
}

/** Sends requests over kept-alive connections, as many at a time as callers want. */
export class Wire {
  readonly #port: number
  readonly #idle: RawConnection[] = []

  constructor(port: number) {
    this.#port = port
  }

  /** Null: the server ended the connection without an answer. Rejects when nothing happens for seconds. */
  async send(request: WireRequest): Promise<RawAnswer | null> {
    const bytes = encodeRequest(request)
    const bodyless = request.method === 'HEAD'
    for (;;) {
      const kept = this.#idle.pop()
      const connection = kept ?? (await RawConnection.open(this.#port))
      connection.write(bytes)
      const answer = await connection.next({ bodyless })
      // A connection that the server had already given up says nothing about this request.
      if (answer === null && kept !== undefined) continue
      if (answer === null || answer.headers.get('connection') === 'close' || answer.status === 413) connection.destroy()
      else this.#idle.push(connection)
      return answer
    }
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }
}

/** The answer as `fetch` would give it. */
export function asResponse({ status, headers, body }: RawAnswer, method: string): Response {
  const isBodyless = method === 'HEAD' || status === 204
  return new Response(isBodyless ? null : Buffer.from(body, 'latin1'), { status, headers: [...headers] })
}
