import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { AuthError, type Core } from '../../core/index.ts'
import { allowCrossOrigin } from '../shared/cors.ts'
import type { Dialect, HttpEnv } from '../shared/http.ts'
import { json, jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { rejectInvalid } from '../shared/reject-invalid.ts'
import { renderFailure } from './errors.ts'
import { expectationOf } from './expectation.ts'
import { messageProof, PURPOSE } from './message-proof.ts'
import { nonceReply, parseLooseAddress, tokenReply } from './replies.ts'
import {
  ErrorReply,
  LogoutReply,
  NonceReply,
  NonceRequest,
  RefreshTokenRequest,
  TokenReply,
  VerifyRequest,
} from './schemas.ts'
import { createTenantFinder, type FourMicaTenant } from './tenants.ts'

const DOOR = 'fourmica'

/** Exactly one winner, no grace: the vendor's rule (4mica digest §3.3). Its clients recover from a 401 by themselves. */
const ROTATION = { graceSeconds: 0, maxLiveTokens: 1 } as const

/** Any page may call: the vendor's server is as open, and a nonce or a token is no secret of the browser's. */
const CORS = { origins: '*', methods: ['POST'], headers: ['*', 'Authorization', 'Content-Type'] } as const

const malformed = json(ErrorReply, 'The request is malformed.')
const refused = json(ErrorReply, 'The nonce, message, signature or token is invalid or expired.')
const unavailable = json(ErrorReply, 'Authentication could not be completed; try again.')
const tooLarge = json(ErrorReply, 'The body is larger than 64 KiB.')
const tooMany = json(ErrorReply, 'The caller has asked too often; `Retry-After` says when to ask again.')

const nonce = createRoute({
  method: 'post',
  path: '/auth/nonce',
  operationId: 'fourmicaNonce',
  summary: 'Get a nonce and the template of the message to sign',
  tags: ['4mica'],
  request: { body: jsonBody(NonceRequest) },
  responses: {
    200: json(NonceReply, 'A nonce for this wallet.'),
    400: malformed,
    413: tooLarge,
    429: tooMany,
    500: unavailable,
  },
})

const verify = createRoute({
  method: 'post',
  path: '/auth/verify',
  operationId: 'fourmicaVerify',
  summary: 'Sign in with a signed message',
  tags: ['4mica'],
  request: { body: jsonBody(VerifyRequest) },
  responses: {
    200: json(TokenReply, 'Signature verified and tokens issued.'),
    400: malformed,
    401: refused,
    413: tooLarge,
    429: tooMany,
    500: unavailable,
  },
})

const refresh = createRoute({
  method: 'post',
  path: '/auth/refresh',
  operationId: 'fourmicaRefresh',
  summary: 'Swap a refresh token for new tokens',
  tags: ['4mica'],
  request: { body: jsonBody(RefreshTokenRequest) },
  responses: {
    200: json(TokenReply, 'New tokens; the old refresh token is spent.'),
    400: malformed,
    401: refused,
    413: tooLarge,
    429: tooMany,
    500: unavailable,
  },
})

const logout = createRoute({
  method: 'post',
  path: '/auth/logout',
  operationId: 'fourmicaLogout',
  summary: 'Revoke a refresh token',
  tags: ['4mica'],
  request: { body: jsonBody(RefreshTokenRequest) },
  responses: {
    200: json(LogoutReply, 'Whether this call revoked it.'),
    400: malformed,
    413: tooLarge,
    429: tooMany,
    500: unavailable,
  },
})

export const fourMicaDialect: Dialect = {
  name: '4mica',
  title: '4mica authentication, served by Walletgate',
  description:
    'Sign in with an Ethereum wallet: ask for a nonce, sign the message built from its template, post both back. ' +
    'Promises: `specs/4mica.promises.md`.',
  prefixes: ['/auth'],
  renderFailure,
}

/** The four endpoints of the 4mica dialect, at the origin root. @param admit what every request passes first; null: nothing */
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
  const findTenant = createTenantFinder(tenants)
  const expectations = new Map(tenants.map((tenant) => [tenant, expectationOf(tenant)]))
  const app = new OpenAPIHono<HttpEnv>({ defaultHook: rejectInvalid })
  app.use('/auth/*', allowCrossOrigin(CORS))
  if (admit !== null) app.use('/auth/*', admit)

  app.openapi(nonce, async (c) => {
    const tenant = findTenant(c.req.header('host'))
    const challenge = await core.issueChallenge({
      projectId: tenant.projectId,
      purpose: PURPOSE,
      subject: core.formatAccountId(parseLooseAddress(core, c.req.valid('json').address)),
      ttlSeconds: tenant.nonceTtlSeconds,
    })
    return c.json(nonceReply(tenant, challenge), 200)
  })

  app.openapi(verify, async (c) => {
    const tenant = findTenant(c.req.header('host'))
    const { address, message, signature } = c.req.valid('json')
    const shown = { account: parseLooseAddress(core, address), text: message, signature, charge: c.get('charge') }
    const proof = messageProof(tenant, shown, expectations.get(tenant))
    const wish = { kind: 'refreshable', ttlSeconds: tenant.refreshTtlSeconds, device: null } as const
    const signedIn = await core.signInWithMessage(DOOR, proof, wish)
    return c.json(await tokenReply(core, tenant, signedIn), 200)
  })

  app.openapi(refresh, async (c) => {
    const tenant = findTenant(c.req.header('host'))
    const { credential, refreshToken } = await core.refreshSession({
      projectId: tenant.projectId,
      door: DOOR,
      refreshToken: c.req.valid('json').refresh_token,
      sessionId: null,
      ttlSeconds: tenant.refreshTtlSeconds,
      policy: ROTATION,
    })
    // Behind this door every session begins with a wallet.
    if (credential?.kind !== 'wallet') throw new AuthError('refresh_token_unusable', 'no_wallet')
    return c.json(await tokenReply(core, tenant, { wallet: credential, refreshToken }), 200)
  })

  app.openapi(logout, async (c) => {
    const { projectId } = findTenant(c.req.header('host'))
    const refreshToken = c.req.valid('json').refresh_token
    return c.json({ revoked: await core.endSession({ projectId, door: DOOR, refreshToken }) }, 200)
  })

  refuseOtherMethods(app, {
    '/auth/nonce': 'POST, OPTIONS',
    '/auth/verify': 'POST, OPTIONS',
    '/auth/refresh': 'POST, OPTIONS',
    '/auth/logout': 'POST, OPTIONS',
  })
  return app
}
