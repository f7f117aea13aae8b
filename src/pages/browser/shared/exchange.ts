export interface Call {
  readonly method: string
  /** With its query. On this origin, always. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Null: none. */
  readonly body: string | null
}

export interface Exchange {
  readonly call: Call
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly text: string
  /** The text as JSON; undefined where it is none. */
  readonly json: unknown
  readonly milliseconds: number
}

/** The request got no answer at all. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** Sends the call to this origin and reads the whole answer, whatever its status. @throws {Unreachable}; {TypeError} for a header that cannot be sent */
export async function send(call: Call): Promise<Exchange> {
  const { method, path, headers, body } = call
  const startedAt = performance.now()
  // A path that would leave this origin is none: `//elsewhere` is another host.
  const url = new URL(location.origin + path)
  const sent = new Headers(headers.map(([name, value]): [string, string] => [name, value]))
  try {
    const answer = await fetch(url, {
      method,
      headers: sent,
      ...(body === null ? {} : { body }),
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
    })
    const text = await answer.text()
    return {
      call,
      status: answer.status,
      headers: [...answer.headers],
      text,
      json: parse(text),
      milliseconds: Math.round(performance.now() - startedAt),
    }
  } catch (cause) {
    throw new Unreachable('The request got no answer.', { cause })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The call as a command for a POSIX shell. */
export function formatCurl({ method, path, headers, body }: Call, origin: string): string {
  const options = [
    ...(method === (body === null ? 'GET' : 'POST') ? [] : [`-X ${method}`]),
    ...headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === null ? [] : [`--data-raw ${quote(body)}`]),
  ]
  return [`curl -s ${quote(origin + path)}`, ...options].join(' \\\n  ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
