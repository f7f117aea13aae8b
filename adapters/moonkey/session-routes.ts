import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { type MoonKeyEnv, requireSecretKey } from './authenticate.ts'
import { locateOrAdoptSession } from './locate-session.ts'
import { DOOR } from './purposes.ts'
import { sessionFacts, sessionReply } from './replies.ts'
import { answersOrNotFound, SECRET_KEY } from './responses.ts'
import {
  DeleteSessionRequest,
  ListSessionsQuery,
  MessageReply,
  SessionListReply,
  SessionReply,
  VerifySessionRequest,
} from './schemas.ts'
import { bearerOf } from './session-wish.ts'
import type { TenantFinder } from './tenants.ts'

const shared = { tags: ['Sessions'], security: SECRET_KEY }

const verify = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/sessions/verify',
  operationId: 'moonkeyVerifySession',
  summary: 'Verify a session, and extend it if asked',
  request: { body: jsonBody(VerifySessionRequest) },
  responses: answersOrNotFound(SessionReply, 'The session is live.'),
})

const remove = createRoute({
  ...shared,
  method: 'delete',
  path: '/v1/auth/sessions/delete',
  operationId: 'moonkeyDeleteSession',
  summary: 'End a session',
  request: { body: jsonBody(DeleteSessionRequest) },
  responses: answersOrNotFound(MessageReply, 'The session has ended.'),
})

const list = createRoute({
  ...shared,
  method: 'get',
  path: '/v1/auth/sessions/list',
  operationId: 'moonkeyListSessions',
  summary: 'List a user’s live sessions',
  request: { query: ListSessionsQuery },
  responses: answersOrNotFound(SessionListReply, 'The sessions, oldest first.'),
})

/** Verifying, ending and listing sessions. */
export function sessionRoutes(
  core: Pick<
    Core,
    | 'locateSession'
    | 'adoptSession'
    | 'verifySession'
    | 'revokeSession'
    | 'listSessions'
    | 'sessionToken'
    | 'issueAccessToken'
    | 'users'
  >,
  finder: TenantFinder,
): OpenAPIHono<MoonKeyEnv> {
  const app = createRoutes<MoonKeyEnv>()
  guard(app, [verify, remove, list], requireSecretKey(finder))

  app.openapi(verify, async (c) => {
    const tenant = c.get('tenant')
    const owner = { projectId: tenant.projectId, door: DOOR } as const
    const body = c.req.valid('json')
    const sessionId = await locateOrAdoptSession(core, c, bearerOf(body))
    if (sessionId === null) throw malformed('session_token: required if no session_jwt is given')
    const ttlSeconds = typeof body.session_expires_in === 'number' ? body.session_expires_in * 60 : null
    const session = await core.verifySession({ ...owner, sessionId }, ttlSeconds)
    return c.json(await sessionReply(core, tenant, session), 200)
  })

  app.openapi(remove, async (c) => {
    const owner = { projectId: c.get('tenant').projectId, door: DOOR } as const
    const body = c.req.valid('json')
    const bearer = bearerOf(body)
    const given = [body.session_id || null, bearer.token, bearer.jwt].filter((each) => each !== null)
    if (given.length !== 1) throw malformed('body: expected exactly one of session_token, session_jwt, session_id')
    const sessionId = body.session_id || (await locateOrAdoptSession(core, c, bearer))
    await core.revokeSession({ ...owner, sessionId: sessionId ?? '' })
    return c.json({ message: 'Successfully deleted session' }, 200)
  })

  app.openapi(list, async (c) => {
    const { projectId } = c.get('tenant')
    const { user_id: userId } = c.req.valid('query')
    const [sessions] = await Promise.all([
      core.listSessions({ projectId, door: DOOR, userId }),
      core.users.require(projectId, userId),
    ])
    return c.json({ sessions: sessions.map(sessionFacts) }, 200)
  })

  refuseOtherMethods(app, {
    '/v1/auth/sessions/verify': 'POST, OPTIONS',
    '/v1/auth/sessions/delete': 'DELETE, OPTIONS',
    '/v1/auth/sessions/list': 'GET, HEAD, OPTIONS',
  })
  return app
}

function malformed(detail: string): FailureError {
  return new FailureError({ kind: 'malformed', detail })
}
