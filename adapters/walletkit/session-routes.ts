import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core } from '../../core/index.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { requireProject, requireSession, type WalletKitEnv } from './authenticate.ts'
import { DOOR } from './purposes.ts'
import { readClaims, sessionReply } from './replies.ts'
import { ACCESS_TOKEN, answersNothing, answersToToken, PROJECT } from './responses.ts'
import { RefreshTokenRequest, SessionReply } from './schemas.ts'
import { prepareKeys, ROTATION } from './session-wish.ts'
import type { TenantFinder } from './tenants.ts'

const refresh = createRoute({
  method: 'post',
  path: '/users/refresh-token',
  operationId: 'walletkitRefreshToken',
  summary: 'Swap a refresh token for a whole session',
  tags: ['Sessions'],
  security: PROJECT,
  request: { body: jsonBody(RefreshTokenRequest) },
  responses: answersToToken(SessionReply, 'The session, with new tokens.'),
})

const logout = createRoute({
  method: 'post',
  path: '/users/logout',
  operationId: 'walletkitLogout',
  summary: 'End the session',
  tags: ['Sessions'],
  security: ACCESS_TOKEN,
  responses: answersNothing('The session has ended.'),
})

/** Renewing and ending sessions. */
export function sessionRoutes(
  core: Pick<
    Core,
    'authenticate' | 'refreshSession' | 'revokeSession' | 'users' | 'publicKeys' | 'issueAccessToken' | 'formatAddress'
  >,
  finder: TenantFinder,
): OpenAPIHono<WalletKitEnv> {
  const app = createRoutes<WalletKitEnv>()
  guard(app, [refresh], requireProject(finder))
  guard(app, [logout], requireProject(finder), requireSession(core))

  app.openapi(refresh, async (c) => {
    const tenant = c.get('tenant')
    const { session_id: sessionId, refresh_token: refreshToken } = c.req.valid('json')
    await prepareKeys(core, tenant)
    const refreshed = await core.refreshSession({
      projectId: tenant.projectId,
      door: DOOR,
      refreshToken,
      sessionId,
      ttlSeconds: tenant.refreshTtlSeconds,
      policy: ROTATION,
    })
    // Never copied: after a passkey was made, Link looks for it in the next token (WalletKit digest §2.6).
    return c.json(await sessionReply(core, tenant, refreshed, await readClaims(core, refreshed.session)), 200)
  })

  app.openapi(logout, async (c) => {
    const { projectId, id: sessionId } = c.get('session')
    await core.revokeSession({ projectId, door: DOOR, sessionId })
    return c.body(null, 204)
  })

  refuseOtherMethods(app, { '/users/refresh-token': 'POST, OPTIONS', '/users/logout': 'POST, OPTIONS' })
  return app
}
