import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { Core } from '../../core/index.ts'
import { allowCrossOrigin } from '../shared/cors.ts'
import { createRoutes } from '../shared/guard.ts'
import type { Dialect, HttpEnv } from '../shared/http.ts'
import { renderFailure } from './errors.ts'
import { sessionRoutes } from './session-routes.ts'
import { createTenantFinder, type FourMicaTenant } from './tenants.ts'
import { walletRoutes } from './wallet-routes.ts'

/** Any page may call: the vendor's server is as open, and a nonce or a token is no secret of the browser's. */
const CORS = { origins: '*', methods: ['POST'], headers: ['*', 'Authorization', 'Content-Type'] } as const

export const fourMicaDialect: Dialect = {
  name: '4mica',
  title: '4mica authentication, served by Walletgate',
  description:
    'Sign in with an Ethereum wallet: ask for a nonce, sign the message built from its template, post both back. ' +
    'Promises: `specs/4mica.promises.md`.',
  prefixes: ['/auth'],
  renderFailure,
}

/** The endpoints of the 4mica dialect, at the origin root. @param admit what every request passes first; null: nothing */
export function fourMicaRoutes(
  core: Pick<
    Core,
    | 'parseAccount'
    | 'formatAccountId'
    | 'issueChallenge'
    | 'signInWithMessage'
    | 'refreshSession'
    | 'endSession'
    | 'issueAccessToken'
  >,
  tenants: readonly FourMicaTenant[],
  admit: MiddlewareHandler<HttpEnv> | null,
): OpenAPIHono<HttpEnv> {
  const finder = createTenantFinder(tenants)
  const app = createRoutes<HttpEnv>()
  app.use('/auth/*', allowCrossOrigin(CORS))
  if (admit !== null) app.use('/auth/*', admit)
  app.route('/', walletRoutes(core, tenants, finder))
  app.route('/', sessionRoutes(core, finder))
  return app
}
