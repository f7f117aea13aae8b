import type { Context, MiddlewareHandler } from 'hono'
import type { HttpEnv } from './http.ts'
import { setHeader } from './set-header.ts'

/** Who may read a dialect's answers from a page (Fetch standard §3.3). No dialect uses cookies, so none allows credentials. */
export interface CorsPolicy {
  /** Any origin, or the ones for which this is true. */
  readonly origins: '*' | ((origin: string) => boolean)
  readonly methods: readonly string[]
  readonly headers: readonly string[]
}

const PREFLIGHT_MAX_AGE_SECONDS = '600'

/** Puts CORS headers on every answer, refusals included, and answers preflights itself. */
export function allowCrossOrigin({ origins, methods, headers }: CorsPolicy): MiddlewareHandler<HttpEnv> {
  const allowMethods = methods.join(', ')
  const allowHeaders = headers.join(', ')
  return (c, next) => {
    givePermission(c, origins)
    if (c.req.method !== 'OPTIONS') return next()
    setHeader(c, 'Access-Control-Allow-Methods', allowMethods)
    setHeader(c, 'Access-Control-Allow-Headers', allowHeaders)
    setHeader(c, 'Access-Control-Max-Age', PREFLIGHT_MAX_AGE_SECONDS)
    return Promise.resolve(c.body(null, 200))
  }
}

/** Lets the page that calls read the answer, if it is of these origins. */
export function givePermission(c: Context<HttpEnv>, origins: CorsPolicy['origins']): void {
  const origin = c.req.header('origin')
  if (origins === '*') setHeader(c, 'Access-Control-Allow-Origin', '*')
  else {
    setHeader(c, 'Vary', 'Origin')
    if (origin !== undefined && origins(origin)) setHeader(c, 'Access-Control-Allow-Origin', origin)
  }
}

/** Takes back what `allowCrossOrigin` has allowed, once it is known that the page is not the tenant's. */
export function withdrawPermission<E extends HttpEnv>(c: Context<E>): void {
  const outgoing = c.env?.outgoing
  if (outgoing === undefined) c.header('Access-Control-Allow-Origin', undefined)
  else outgoing.removeHeader('Access-Control-Allow-Origin')
}
