import type { MiddlewareHandler } from 'hono'
import type { HttpEnv } from '../../adapters/shared/http.ts'

/**
 * Takes the parameters from a JSON content type. The pattern of `@hono/zod-openapi` knows neither the blanks that RFC 9110 §5.6.6
 * allows around a `;` nor every value; JSON has no parameter that changes it (RFC 8259 §11).
 */
export const plainJsonType: MiddlewareHandler<HttpEnv> = (c, next) => {
  const type = c.req.header('content-type')
  const end = type?.indexOf(';') ?? -1
  if (type?.slice(0, Math.max(end, 0)).trim().toLowerCase() === 'application/json') {
    c.req.raw.headers.set('content-type', 'application/json')
  }
  return next()
}
