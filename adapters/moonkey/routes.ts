import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { Core } from '../../core/index.ts'
import { allowCrossOrigin, givePermission } from '../shared/cors.ts'
import { createRoutes } from '../shared/guard.ts'
import type { Dialect, HttpEnv } from '../shared/http.ts'
import { originsOf } from '../shared/origins.ts'
import type { MoonKeyEnv } from './authenticate.ts'
import { renderFailure } from './errors.ts'
import { keyRoutes } from './key-routes.ts'
import { magicLinkRoutes } from './magic-link-routes.ts'
import { otpRoutes } from './otp-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { createTenantFinder, type MoonKeyTenant } from './tenants.ts'
import { userRoutes } from './user-routes.ts'
import { walletRoutes } from './wallet-routes.ts'

const CORS = {
  methods: ['GET', 'POST', 'PUT', 'DELETE'],
  headers: ['Authorization', 'Content-Type', 'X-Streambird-Session-Token'],
} as const

/** The dialect of these Apps. */
export function moonKeyDialect(tenants: readonly MoonKeyTenant[]): Dialect {
  const origins = originsOf(tenants)
  return {
    name: 'moonkey',
    title: 'MoonKey authentication, served by Walletgate',
    description:
      'Sign in with an Ethereum or Solana wallet by a signed challenge or sign-in message, or with a code or link by email; ' +
      'sessions, their JWTs and keys, and users. Promises: `specs/moonkey.promises.md`.',
    prefixes: ['/v1', '/v1auth'],
    renderFailure(c, failure) {
      // An oversized body is refused before the routes and their CORS are reached.
      if (failure.kind === 'too_large') givePermission(c, origins)
      return renderFailure(c, failure)
    },
  }
}

/** The endpoints of the MoonKey dialect, at the origin root. @param admit what every request passes first; null: nothing */
export function moonKeyRoutes(
  core: Pick<
    Core,
    | 'parseAccount'
    | 'parseContact'
    | 'beginWalletRegistration'
    | 'signInWithChallenge'
    | 'signInWithMessage'
    | 'locateSession'
    | 'adoptSession'
    | 'verifySession'
    | 'revokeSession'
    | 'listSessions'
    | 'sessionToken'
    | 'issueAccessToken'
    | 'publicKeys'
    | 'projectOfApiKey'
    | 'users'
    | 'findOrCreateByEmail'
    | 'sendEmailCode'
    | 'signInWithEmailCode'
    | 'sendMagicLink'
    | 'issueMagicToken'
    | 'signInWithMagicToken'
    | 'collectHandOver'
  >,
  tenants: readonly MoonKeyTenant[],
  admit: MiddlewareHandler<HttpEnv> | null,
): OpenAPIHono<MoonKeyEnv> {
  const finder = createTenantFinder(core, tenants)
  const app = createRoutes<MoonKeyEnv>()
  app.use('/v1/*', allowCrossOrigin({ ...CORS, origins: originsOf(tenants) }))
  if (admit !== null) app.use('/v1/*', admit)
  app.route('/', walletRoutes(core, tenants, finder))
  app.route('/', sessionRoutes(core, finder))
  app.route('/', keyRoutes(core, finder))
  app.route('/', userRoutes(core, finder))
  app.route('/', magicLinkRoutes(core, finder))
  app.route('/', otpRoutes(core, finder))
  describeCredentials(app)
  return app
}

/** How the document says what a route needs; `authenticate.ts` sees to it. */
function describeCredentials({ openAPIRegistry: registry }: OpenAPIHono<MoonKeyEnv>): void {
  registry.registerComponent('securitySchemes', 'MoonKeySecretKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'A secret key of the App, `sk_…`.',
  })
  registry.registerComponent('securitySchemes', 'MoonKeySecretKeyInQuery', {
    type: 'apiKey',
    in: 'query',
    name: 'api_key',
    description: 'A secret key of the App, where no header can be sent.',
  })
  registry.registerComponent('securitySchemes', 'MoonKeyPublicKey', {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: '`PublicToken pk_…`: a public key of the App.',
  })
}
