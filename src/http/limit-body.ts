import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { FailureError } from '../../adapters/shared/failure.ts'

/** Bytes of a request body. */
export const MAX_BODY_BYTES = 64 * 1024

/** Refuses larger bodies: by the announced length before a byte is read, else as soon as the limit is passed. */
export function limitBody(): MiddlewareHandler {
  const tooLarge = (): never => {
    throw new FailureError({ kind: 'too_large' })
  }
  const countWhileReading = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge })
  return (c, next) => {
    const announced = c.req.header('content-length')
    // The counting reader copies the body, so it serves only bodies that announce no length (RFC 9112 §6.3).
    if (announced === undefined || c.req.header('transfer-encoding') !== undefined) return countWhileReading(c, next)
    return Number(announced) > MAX_BODY_BYTES ? tooLarge() : next()
  }
}
