import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core } from '../../core/index.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { requireProject, type WalletKitEnv } from './authenticate.ts'
import { SESSION_CHALLENGE } from './purposes.ts'
import { sessionChallengeReply } from './replies.ts'
import { answers, PROJECT } from './responses.ts'
import { SessionChallengeQuery, SessionChallengeReply } from './schemas.ts'
import type { TenantFinder } from './tenants.ts'

/** Link makes one when it opens and never renews it (WalletKit digest §2.4). */
const CHALLENGE_TTL_MINUTES = 30

const shared = { tags: ['Session challenges'], security: PROJECT }

const create = createRoute({
  ...shared,
  method: 'post',
  path: '/users/create-session-challenge',
  operationId: 'walletkitCreateSessionChallenge',
  summary: 'Open a session challenge',
  responses: answers(SessionChallengeReply, 'The challenge. Nothing completes it by itself.'),
})

const read = createRoute({
  ...shared,
  method: 'get',
  path: '/users/session-challenge',
  operationId: 'walletkitGetSessionChallenge',
  summary: 'See whether a session challenge is completed',
  request: { query: SessionChallengeQuery },
  responses: answers(SessionChallengeReply, 'How it stands.'),
})

/** What a client polls while its user opens a link elsewhere. */
export function challengeRoutes(
  core: Pick<Core, 'openSessionChallenge' | 'readSessionChallenge'>,
  finder: TenantFinder,
): OpenAPIHono<WalletKitEnv> {
  const app = createRoutes<WalletKitEnv>()
  guard(app, [create, read], requireProject(finder))

  app.openapi(create, async (c) => {
    const request = { purpose: SESSION_CHALLENGE, idPrefix: 'sc_', ttlMinutes: CHALLENGE_TTL_MINUTES } as const
    const challenge = await core.openSessionChallenge({ projectId: c.get('tenant').projectId, ...request })
    return c.json(sessionChallengeReply(challenge), 200)
  })

  app.openapi(read, async (c) => {
    const proof = { purpose: SESSION_CHALLENGE, token: c.req.valid('query').code } as const
    const challenge = await core.readSessionChallenge({ projectId: c.get('tenant').projectId, ...proof })
    return c.json(sessionChallengeReply(challenge), 200)
  })

  refuseOtherMethods(app, {
    '/users/create-session-challenge': 'POST, OPTIONS',
    '/users/session-challenge': 'GET, HEAD, OPTIONS',
  })
  return app
}
