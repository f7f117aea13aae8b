import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core, MessageProof } from '../../core/index.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { requireProject, type WalletKitEnv } from './authenticate.ts'
import { expectationOf } from './expectation.ts'
import { type LoginMethod, requireLoginMethod } from './login-method.ts'
import { messageProof } from './message-proof.ts'
import { passkeyTerms } from './passkey-terms.ts'
import { DOOR, EMAIL_CODE, PASSKEY_LOGIN, SESSION_CHALLENGE } from './purposes.ts'
import { type IssuedSession, readClaims, readClaimsOrProof, sessionReply } from './replies.ts'
import { answers, PROJECT } from './responses.ts'
import { SessionReply, VerifyLoginRequest } from './schemas.ts'
import { ROTATION, wishOf } from './session-wish.ts'
import type { TenantFinder, WalletKitTenant } from './tenants.ts'

const verifyLogin = createRoute({
  method: 'post',
  path: '/users/verify-login',
  operationId: 'walletkitVerifyLogin',
  summary: 'Sign in with a code, a signed message, a completed session challenge or a passkey',
  tags: ['Login'],
  security: PROJECT,
  request: { body: jsonBody(VerifyLoginRequest) },
  responses: answers(SessionReply, 'The session.'),
})

/** Where signing in ends, in four ways. */
export function verifyRoutes(
  core: Pick<
    Core,
    | 'signInWithMessage'
    | 'signInWithEmailCode'
    | 'redeemSessionChallenge'
    | 'signInWithPasskey'
    | 'users'
    | 'publicKeys'
    | 'issueAccessToken'
    | 'formatAddress'
  >,
  tenants: readonly WalletKitTenant[],
  finder: TenantFinder,
): OpenAPIHono<WalletKitEnv> {
  const expectations = new Map(tenants.map((tenant) => [tenant, expectationOf(tenant)]))
  const app = createRoutes<WalletKitEnv>()
  guard(app, [verifyLogin], requireProject(finder))

  const signIn = async (
    tenant: WalletKitTenant,
    method: Exclude<LoginMethod, { kind: 'challenge' }>,
    charge: MessageProof['charge'],
  ): Promise<IssuedSession> => {
    const { projectId } = tenant
    const wish = await wishOf(core, tenant)
    switch (method.kind) {
      case 'message': {
        const { text, signature, userId } = method
        const proof = messageProof(tenant, { text, signature, userId, charge }, expectations.get(tenant))
        return core.signInWithMessage(DOOR, proof, wish)
      }
      case 'code': {
        const { userId: subject, code } = method
        return core.signInWithEmailCode(DOOR, { projectId, purpose: EMAIL_CODE, subject, code }, wish)
      }
      case 'passkey': {
        const { response } = method
        const proof = { projectId, purpose: PASSKEY_LOGIN, response, ...passkeyTerms(tenant) } as const
        return core.signInWithPasskey(DOOR, proof, wish)
      }
    }
  }

  const redeem = async (tenant: WalletKitTenant, token: string): Promise<IssuedSession> => {
    const { ttlSeconds } = await wishOf(core, tenant)
    const { maxLiveTokens } = ROTATION
    const proof = { projectId: tenant.projectId, purpose: SESSION_CHALLENGE, token } as const
    return core.redeemSessionChallenge({ ...proof, ttlSeconds, maxLiveTokens })
  }

  app.openapi(verifyLogin, async (c) => {
    const tenant = c.get('tenant')
    const method = requireLoginMethod(c.req.valid('json'))
    if (method.kind === 'challenge') {
      // It can be redeemed again for a while, so what fails now can be repeated.
      const issued = await redeem(tenant, method.code)
      return c.json(await sessionReply(core, tenant, issued, await readClaims(core, issued.session)), 200)
    }
    const issued = await signIn(tenant, method, c.get('charge'))
    return c.json(await sessionReply(core, tenant, issued, await readClaimsOrProof(core, issued.session)), 200)
  })

  refuseOtherMethods(app, { '/users/verify-login': 'POST, OPTIONS' })
  return app
}
