import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { AuthError, type Core } from '../../core/index.ts'
import { createRoutes } from '../shared/guard.ts'
import { type HttpEnv, jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { DOOR } from './purposes.ts'
import { tokenReply } from './replies.ts'
import { answers, answersToProof } from './responses.ts'
import { LogoutReply, RefreshTokenRequest, TokenReply } from './schemas.ts'
import { ROTATION } from './session-wish.ts'
import type { TenantFinder } from './tenants.ts'

const shared = { tags: ['4mica'] }

const refresh = createRoute({
  ...shared,
  method: 'post',
  path: '/auth/refresh',
  operationId: 'fourmicaRefresh',
  summary: 'Swap a refresh token for new tokens',
  request: { body: jsonBody(RefreshTokenRequest) },
  responses: answersToProof(TokenReply, 'New tokens; the old refresh token is spent.'),
})

const logout = createRoute({
  ...shared,
  method: 'post',
  path: '/auth/logout',
  operationId: 'fourmicaLogout',
  summary: 'Revoke a refresh token',
  request: { body: jsonBody(RefreshTokenRequest) },
  responses: answers(LogoutReply, 'Whether this call revoked it.'),
})

/** Renewing and ending sessions. */
export function sessionRoutes(
  core: Pick<Core, 'refreshSession' | 'endSession' | 'issueAccessToken'>,
  finder: TenantFinder,
): OpenAPIHono<HttpEnv> {
  const app = createRoutes<HttpEnv>()

  app.openapi(refresh, async (c) => {
    const tenant = finder.byHost(c.req.header('host'))
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
    const { projectId } = finder.byHost(c.req.header('host'))
    const refreshToken = c.req.valid('json').refresh_token
    return c.json({ revoked: await core.endSession({ projectId, door: DOOR, refreshToken }) }, 200)
  })

  refuseOtherMethods(app, { '/auth/refresh': 'POST, OPTIONS', '/auth/logout': 'POST, OPTIONS' })
  return app
}
