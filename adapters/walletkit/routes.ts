import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { Core } from '../../core/index.ts'
import { allowCrossOrigin, givePermission } from '../shared/cors.ts'
import { createRoutes } from '../shared/guard.ts'
import type { Dialect, HttpEnv } from '../shared/http.ts'
import { originsOf } from '../shared/origins.ts'
import type { WalletKitEnv } from './authenticate.ts'
import { challengeRoutes } from './challenge-routes.ts'
import { renderFailure } from './errors.ts'
import { keyRoutes } from './key-routes.ts'
import { loginRoutes } from './login-routes.ts'
import { magicLinkRoutes } from './magic-link-routes.ts'
import { passkeyRoutes } from './passkey-routes.ts'
import { providerRoutes } from './provider-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { createTenantFinder, type WalletKitTenant } from './tenants.ts'
import { verifyRoutes } from './verify-routes.ts'
import { walletRoutes } from './wallet-routes.ts'

/** What the vendor's clients send; without the last three every call of its JavaScript client fails (WalletKit digest §3.5). */
const CORS = {
  methods: ['GET', 'POST'],
  headers: [
    'Authorization',
    'Content-Type',
    'X-WalletKit-Project-ID',
    'X-WalletKit-Token-Source',
    'X-Fern-Language',
    'X-Fern-SDK-Name',
    'X-Fern-SDK-Version',
  ],
} as const

/** The dialect of these projects. */
export function walletKitDialect(tenants: readonly WalletKitTenant[]): Dialect {
  const origins = originsOf(tenants)
  return {
    name: 'walletkit',
    title: 'WalletKit authentication, served by Walletgate',
    description:
      'Sign in with an Ethereum or Solana wallet, a code or link by email, a passkey, or anonymously; refresh and end sessions. ' +
      'Promises: `specs/walletkit.promises.md`.',
    prefixes: ['/users', '/wallets'],
    renderFailure(c, failure) {
      // An oversized body is refused before the routes and their CORS are reached.
      if (failure.kind === 'too_large') givePermission(c, origins)
      return renderFailure(c, failure)
    },
  }
}

/** The endpoints of the WalletKit dialect, at the origin root. @param admit what every request passes first; null: nothing */
export function walletKitRoutes(
  core: Pick<
    Core,
    | 'parseAccount'
    | 'parseContact'
    | 'formatAddress'
    | 'beginWalletRegistration'
    | 'signInWithMessage'
    | 'sendEmailCode'
    | 'signInWithEmailCode'
    | 'sendMagicLink'
    | 'findMagicLink'
    | 'signInWithMagicToken'
    | 'openSessionChallenge'
    | 'readSessionChallenge'
    | 'redeemSessionChallenge'
    | 'beginPasskeyRegistration'
    | 'finishPasskeyRegistration'
    | 'beginPasskeyLogin'
    | 'signInWithPasskey'
    | 'signInAnonymously'
    | 'authenticate'
    | 'requireOpener'
    | 'refreshSession'
    | 'revokeSession'
    | 'issueAccessToken'
    | 'publicKeys'
    | 'users'
  >,
  tenants: readonly WalletKitTenant[],
  admit: MiddlewareHandler<HttpEnv> | null,
): OpenAPIHono<WalletKitEnv> {
  const finder = createTenantFinder(tenants)
  const app = createRoutes<WalletKitEnv>()
  // Before the project's CORS: a page of ours that takes part in none, and keys that anybody may read.
  app.route('/', magicLinkRoutes(core, finder, admit))
  app.route('/', keyRoutes(core, finder, admit))
  const cors = allowCrossOrigin({ ...CORS, origins: originsOf(tenants) })
  for (const path of ['/users/*', '/wallets', '/wallets/*']) app.use(path, ...(admit === null ? [cors] : [cors, admit]))
  app.route('/', loginRoutes(core, finder))
  app.route('/', verifyRoutes(core, tenants, finder))
  app.route('/', challengeRoutes(core, finder))
  app.route('/', passkeyRoutes(core, finder))
  app.route('/', sessionRoutes(core, finder))
  app.route('/', walletRoutes(core, finder))
  app.route('/', providerRoutes())
  describeCredentials(app)
  return app
}

/** How the document says what a route needs; `authenticate.ts` sees to it. */
function describeCredentials({ openAPIRegistry: registry }: OpenAPIHono<WalletKitEnv>): void {
  registry.registerComponent('securitySchemes', 'WalletKitProject', {
    type: 'apiKey',
    in: 'header',
    name: 'X-WalletKit-Project-ID',
    description: 'Which project. No secret.',
  })
  registry.registerComponent('securitySchemes', 'WalletKitAccessToken', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The access token of a session. Where it is not asked for it is not looked at.',
  })
}
