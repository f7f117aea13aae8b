import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core } from '../../core/index.ts'
import { deviceOf } from '../shared/device.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { requireProject, type WalletKitEnv } from './authenticate.ts'
import { linkAround } from './magic-link.ts'
import { parseWallet } from './parse-wallet.ts'
import { DOOR, EMAIL_CODE, MAGIC_LINK, SESSION_CHALLENGE, SIGN_IN_MESSAGE } from './purposes.ts'
import { claimsOf, sessionChallengeReply, sessionReply } from './replies.ts'
import { answers, answersWithMail, PROJECT } from './responses.ts'
import {
  LoginWithEmailReply,
  LoginWithEmailRequest,
  LoginWithWalletReply,
  LoginWithWalletRequest,
  SessionChallengeReply,
  SessionReply,
} from './schemas.ts'
import { wishOf } from './session-wish.ts'
import type { TenantFinder } from './tenants.ts'

/** The vendor names no lifetimes (WalletKit digest §2.1, §2.2). */
const NONCE_TTL_SECONDS = 600
const CODE_TTL_MINUTES = 10
const LINK_TTL_MINUTES = 15

const shared = { tags: ['Login'], security: PROJECT }

const withWallet = createRoute({
  ...shared,
  method: 'post',
  path: '/users/login-with-wallet',
  operationId: 'walletkitLoginWithWallet',
  summary: 'Get a nonce for a sign-in message',
  request: { body: jsonBody(LoginWithWalletRequest) },
  responses: answers(LoginWithWalletReply, 'The nonce, and the user the wallet will sign in.'),
})

const withEmail = createRoute({
  ...shared,
  method: 'post',
  path: '/users/login-with-email',
  operationId: 'walletkitLoginWithEmail',
  summary: 'Mail a code; an unknown address becomes a new user’s',
  request: { body: jsonBody(LoginWithEmailRequest) },
  responses: answersWithMail(LoginWithEmailReply, 'Whom the code signs in.'),
})

const withMagicLink = createRoute({
  ...shared,
  method: 'post',
  path: '/users/login-with-magic-link',
  operationId: 'walletkitLoginWithMagicLink',
  summary: 'Mail a link that completes a session challenge',
  request: { body: jsonBody(LoginWithEmailRequest) },
  responses: answersWithMail(SessionChallengeReply, 'The challenge to poll.'),
})

const anonymously = createRoute({
  ...shared,
  method: 'post',
  path: '/users/login-anonymously',
  operationId: 'walletkitLoginAnonymously',
  summary: 'Sign in as a new user whom nobody knows',
  responses: answers(SessionReply, 'The session.'),
})

/** Where signing in begins; *login-anonymously* is also where it ends. */
export function loginRoutes(
  core: Pick<
    Core,
    | 'parseAccount'
    | 'beginWalletRegistration'
    | 'sendEmailCode'
    | 'sendMagicLink'
    | 'signInAnonymously'
    | 'publicKeys'
    | 'issueAccessToken'
    | 'formatAddress'
  >,
  finder: TenantFinder,
): OpenAPIHono<WalletKitEnv> {
  const app = createRoutes<WalletKitEnv>()
  guard(app, [withWallet, withEmail, withMagicLink, anonymously], requireProject(finder))

  app.openapi(withWallet, async (c) => {
    const { userId, nonce } = await core.beginWalletRegistration({
      projectId: c.get('tenant').projectId,
      purpose: SIGN_IN_MESSAGE,
      account: parseWallet(core, c.req.valid('json').sign_in_wallet),
      userId: null,
      ttlSeconds: NONCE_TTL_SECONDS,
      // Anybody may ask, of any address: who signs nothing is forgotten with the nonce.
      promiseSeconds: NONCE_TTL_SECONDS,
      textAround: null,
    })
    return c.json({ user_id: userId, nonce }, 200)
  })

  app.openapi(withEmail, async (c) => {
    const { projectId, projectName } = c.get('tenant')
    const { user } = await core.sendEmailCode({
      recipient: { projectId, email: c.req.valid('json').email, ifUnknown: 'create' },
      purpose: EMAIL_CODE,
      projectName,
      subject: 'user',
      ttlMinutes: CODE_TTL_MINUTES,
    })
    return c.json({ user_id: user.id }, 200)
  })

  app.openapi(withMagicLink, async (c) => {
    const tenant = c.get('tenant')
    const { projectId, projectName } = tenant
    const terms = { ttlMinutes: LINK_TTL_MINUTES, linkAround: linkAround(tenant) }
    const { handOver } = await core.sendMagicLink({
      recipient: { projectId, email: c.req.valid('json').email, ifUnknown: 'create' },
      purpose: MAGIC_LINK,
      projectName,
      mail: 'sign-in',
      terms: { active: terms, pending: terms },
      handOver: { purpose: SESSION_CHALLENGE, shows: { prefix: 'sc_' } },
      requester: deviceOf(c, null),
    })
    const { id = '', token = '' } = handOver ?? {}
    return c.json(sessionChallengeReply({ id, token, state: 'pending' }), 200)
  })

  app.openapi(anonymously, async (c) => {
    const tenant = c.get('tenant')
    const { projectId } = tenant
    const issued = await core.signInAnonymously({ projectId, door: DOOR }, await wishOf(core, tenant))
    return c.json(await sessionReply(core, tenant, issued, claimsOf([])), 200)
  })

  refuseOtherMethods(app, {
    '/users/login-with-wallet': 'POST, OPTIONS',
    '/users/login-with-email': 'POST, OPTIONS',
    '/users/login-with-magic-link': 'POST, OPTIONS',
    '/users/login-anonymously': 'POST, OPTIONS',
  })
  return app
}
