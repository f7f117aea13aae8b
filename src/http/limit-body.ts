import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { FailureError } from '../../adapters/shared/failure.ts'
import type { HttpEnv } from '../../adapters/shared/http.ts'

/** Bytes of a request body. */
export const MAX_BODY_BYTES = 64 * 1024

/** Refuses larger bodies: by the announced length before a byte is read, else as soon as the limit is passed. */
export function limitBody(): MiddlewareHandler<HttpEnv> {
  const tooLarge = (): never => {
    throw new FailureError({ kind: 'too_large' })
  }
  const countWhileReading = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge })
  return (c, next) => {
    const announced = c.req.header('content-length')
    const isChunked = c.req.header('transfer-encoding') !== undefined
    if (announced !== undefined && !isChunked) return Number(announced) > MAX_BODY_BYTES ? tooLarge() : next()
    // RFC 9112 §6.3: a request on a socket that announces neither has no body. Counting copies, so it is the last resort.
    return isChunked || c.env?.incoming === undefined ? countWhileReading(c, next) : next()
  }
}
