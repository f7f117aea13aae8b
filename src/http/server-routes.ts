import { OpenAPIHono } from '@hono/zod-openapi'
import type { Dialect, HttpEnv } from '../../adapters/shared/http.ts'
import { refuseOtherMethods } from '../../adapters/shared/method-not-allowed.ts'
import { AuthError } from '../../core/errors.ts'
import type { AnswerProbe } from '../probe/answer-probe.ts'
import type { ChainHealth } from '../rpc/chain-health.ts'

/** Everything outside the vendors' paths: `{"error": "…"}`. */
export const serverDialect: Dialect = {
  name: 'server',
  title: 'Walletgate',
  description: 'Liveness, readiness and documents.',
  prefixes: [],
  renderFailure(c, failure) {
    switch (failure.kind) {
      case 'refused':
        return c.json({ error: failure.error.code }, 503, { 'Retry-After': '1' })
      case 'malformed':
        return c.json({ error: failure.detail }, 400)
      case 'too_large':
        return c.json({ error: 'request body too large' }, 413)
      case 'not_found':
        return c.json({ error: 'not found' }, 404)
      case 'method_not_allowed':
        return c.json({ error: 'method not allowed' }, 405, { Allow: failure.allow })
      case 'crashed':
        return c.json({ error: 'internal server error' }, 500)
    }
  },
}

export interface Readiness {
  /** Resolves when requests can be served. */
  prepare(): Promise<void>
  isStopping(): boolean
  readChains(): Readonly<Record<string, ChainHealth>>
  /** For those who have our secret: how their request arrived. */
  readonly answerProbe: AnswerProbe
}

/**
 * Liveness and readiness. Who is stopping serves on, and is to be sent no more. A chain that cannot be asked is named, and takes nobody out of service: only contract accounts of that chain
 * are turned away, everywhere alike.
 */
export function serverRoutes({ prepare, isStopping, readChains, answerProbe }: Readiness): OpenAPIHono<HttpEnv> {
  const app = new OpenAPIHono<HttpEnv>()
  app.get('/healthz', (c) => {
    const probe = answerProbe(c)
    return c.json({ status: 'ok', ...(probe === null ? {} : { probe }) })
  })
  app.get('/readyz', async (c) => {
    if (isStopping()) return c.json({ status: 'stopping' }, 503, { 'Retry-After': '1' })
    try {
      await prepare()
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      c.set('failure', { kind: 'refused', error })
      return c.json({ status: 'unavailable', store: 'unavailable' }, 503, { 'Retry-After': '1' })
    }
    const chains = readChains()
    return c.json({ status: 'ready', store: 'ok', ...(Object.keys(chains).length > 0 && { chains }) })
  })
  refuseOtherMethods(app, { '/healthz': 'GET, HEAD', '/readyz': 'GET, HEAD' })
  return app
}
