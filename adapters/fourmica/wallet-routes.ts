import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core } from '../../core/index.ts'
import { createRoutes } from '../shared/guard.ts'
import { type HttpEnv, jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { expectationOf } from './expectation.ts'
import { messageProof } from './message-proof.ts'
import { parseWallet } from './parse-wallet.ts'
import { DOOR, SIGN_IN_MESSAGE } from './purposes.ts'
import { nonceReply, tokenReply } from './replies.ts'
import { answers, answersToProof } from './responses.ts'
import { NonceReply, NonceRequest, TokenReply, VerifyRequest } from './schemas.ts'
import { wishOf } from './session-wish.ts'
import type { FourMicaTenant, TenantFinder } from './tenants.ts'

const shared = { tags: ['4mica'] }

const nonce = createRoute({
  ...shared,
  method: 'post',
  path: '/auth/nonce',
  operationId: 'fourmicaNonce',
  summary: 'Get a nonce and the template of the message to sign',
  request: { body: jsonBody(NonceRequest) },
  responses: answers(NonceReply, 'A nonce for this wallet.'),
})

const verify = createRoute({
  ...shared,
  method: 'post',
  path: '/auth/verify',
  operationId: 'fourmicaVerify',
  summary: 'Sign in with a signed message',
  request: { body: jsonBody(VerifyRequest) },
  responses: answersToProof(TokenReply, 'Signature verified and tokens issued.'),
})

/** Signing in with a wallet. */
export function walletRoutes(
  core: Pick<Core, 'parseAccount' | 'formatAccountId' | 'issueChallenge' | 'signInWithMessage' | 'issueAccessToken'>,
  tenants: readonly FourMicaTenant[],
  finder: TenantFinder,
): OpenAPIHono<HttpEnv> {
  const expectations = new Map(tenants.map((tenant) => [tenant, expectationOf(tenant)]))
  const app = createRoutes<HttpEnv>()

  app.openapi(nonce, async (c) => {
    const tenant = finder.byHost(c.req.header('host'))
    const challenge = await core.issueChallenge({
      projectId: tenant.projectId,
      purpose: SIGN_IN_MESSAGE,
      subject: core.formatAccountId(parseWallet(core, c.req.valid('json').address)),
      ttlSeconds: tenant.nonceTtlSeconds,
    })
    return c.json(nonceReply(tenant, challenge), 200)
  })

  app.openapi(verify, async (c) => {
    const tenant = finder.byHost(c.req.header('host'))
    const { address, message, signature } = c.req.valid('json')
    const shown = { account: parseWallet(core, address), text: message, signature, charge: c.get('charge') }
    const proof = messageProof(tenant, shown, expectations.get(tenant))
    const signedIn = await core.signInWithMessage(DOOR, proof, wishOf(tenant))
    return c.json(await tokenReply(core, tenant, signedIn), 200)
  })

  refuseOtherMethods(app, { '/auth/nonce': 'POST, OPTIONS', '/auth/verify': 'POST, OPTIONS' })
  return app
}
