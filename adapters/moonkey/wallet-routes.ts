import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Account, Core } from '../../core/index.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { type MoonKeyEnv, requireSecretKey } from './authenticate.ts'
import { challengeProof, challengeText } from './challenge-proof.ts'
import { expectationOf } from './expectation.ts'
import { messageProof } from './message-proof.ts'
import { CHALLENGE, DOOR, SIGN_IN_MESSAGE } from './purposes.ts'
import { beginReply, nonceReply, verifyReply } from './replies.ts'
import { answersOrConflict, answersToSignIn, SECRET_KEY } from './responses.ts'
import {
  BeginReply,
  NonceReply,
  RegistrationRequest,
  VerifySiweRequest,
  VerifyWalletReply,
  VerifyWalletRequest,
} from './schemas.ts'
import { wishOf } from './session-wish.ts'
import type { MoonKeyTenant, TenantFinder } from './tenants.ts'
import type { WalletType } from './wallet-types.ts'

/** The vendor names no lifetime (MoonKey digest §7.13). */
const REGISTRATION_TTL_SECONDS = 600
/** The App is told of the user, and may keep the id: a day, as the vendor keeps pending users. */
const PROMISE_SECONDS = 24 * 60 * 60

const shared = { tags: ['Wallets'], security: SECRET_KEY }

const begin = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/wallets/registrations/begin',
  operationId: 'moonkeyBeginWalletRegistration',
  summary: 'Get a challenge for a wallet to sign',
  request: { body: jsonBody(RegistrationRequest) },
  responses: answersOrConflict(BeginReply, 'The challenge, and the user the wallet will belong to.'),
})

const nonce = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/wallets/registrations/nonce',
  operationId: 'moonkeyGetWalletRegistrationNonce',
  summary: 'Get a nonce for a sign-in message',
  request: { body: jsonBody(RegistrationRequest) },
  responses: answersOrConflict(NonceReply, 'The nonce, and the user the wallet will belong to.'),
})

const verify = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/wallets/verify',
  operationId: 'moonkeyVerifyWallet',
  summary: 'Sign in with a signed challenge',
  request: { body: jsonBody(VerifyWalletRequest) },
  responses: answersToSignIn(VerifyWalletReply, 'The wallet, and the session where one was asked for or shown.'),
})

const verifySiwe = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/wallets/siwe/verify',
  operationId: 'moonkeyVerifySiweWalletRegistration',
  summary: 'Sign in with a signed sign-in message',
  request: { body: jsonBody(VerifySiweRequest) },
  responses: answersToSignIn(VerifyWalletReply, 'The wallet, and the session where one was asked for or shown.'),
})

/** Signing in with a wallet, in the vendor's two ways. */
export function walletRoutes(
  core: Pick<
    Core,
    | 'parseAccount'
    | 'beginWalletRegistration'
    | 'signInWithChallenge'
    | 'signInWithMessage'
    | 'locateSession'
    | 'publicKeys'
    | 'sessionToken'
    | 'issueAccessToken'
  >,
  tenants: readonly MoonKeyTenant[],
  finder: TenantFinder,
): OpenAPIHono<MoonKeyEnv> {
  const expectations = new Map(tenants.map((tenant) => [tenant, expectationOf(tenant)]))
  const app = createRoutes<MoonKeyEnv>()
  guard(app, [begin, nonce, verify, verifySiwe], requireSecretKey(finder))

  const register = (
    { projectId }: MoonKeyTenant,
    account: Account,
    userId: string | null | undefined,
    request: Pick<Parameters<Core['beginWalletRegistration']>[0], 'purpose' | 'textAround'>,
  ) =>
    core.beginWalletRegistration({
      projectId,
      account,
      userId: userId ?? null,
      ttlSeconds: REGISTRATION_TTL_SECONDS,
      promiseSeconds: PROMISE_SECONDS,
      ...request,
    })

  app.openapi(begin, async (c) => {
    const tenant = c.get('tenant')
    const { wallet_type: walletType, public_address: address, user_id: userId } = c.req.valid('json')
    const account = core.parseAccount(walletType.namespace, address)
    const textAround = (random: string) => challengeText(tenant, random)
    const registration = await register(tenant, account, userId, { purpose: CHALLENGE, textAround })
    return c.json(beginReply(tenant, walletType, account.address, registration), 200)
  })

  app.openapi(nonce, async (c) => {
    const tenant = c.get('tenant')
    const { wallet_type: walletType, public_address: address, user_id: userId } = c.req.valid('json')
    const account = core.parseAccount(walletType.namespace, address)
    const registration = await register(tenant, account, userId, { purpose: SIGN_IN_MESSAGE, textAround: null })
    return c.json(nonceReply(tenant, walletType, account.address, registration), 200)
  })

  app.openapi(verify, async (c) => {
    const tenant = c.get('tenant')
    const body = c.req.valid('json')
    const proof = challengeProof(tenant, { ...shownBy(core, body), charge: c.get('charge') })
    const signedIn = await core.signInWithChallenge(DOOR, proof, await wishOf(core, c, body))
    return c.json(await verifyReply(core, tenant, body.wallet_type, signedIn), 200)
  })

  app.openapi(verifySiwe, async (c) => {
    const tenant = c.get('tenant')
    const body = c.req.valid('json')
    const shown = { ...shownBy(core, body), text: body.siwe_challenge, charge: c.get('charge') }
    const proof = messageProof(tenant, shown, expectations.get(tenant))
    const signedIn = await core.signInWithMessage(DOOR, proof, await wishOf(core, c, body))
    return c.json(await verifyReply(core, tenant, body.wallet_type, signedIn), 200)
  })

  refuseOtherMethods(app, {
    '/v1/auth/wallets/registrations/begin': 'POST, OPTIONS',
    '/v1/auth/wallets/registrations/nonce': 'POST, OPTIONS',
    '/v1/auth/wallets/verify': 'POST, OPTIONS',
    '/v1/auth/wallets/siwe/verify': 'POST, OPTIONS',
  })
  return app
}

interface Shown {
  readonly wallet_type: WalletType
  readonly public_address: string
  readonly signature: string
}

function shownBy(core: Pick<Core, 'parseAccount'>, { wallet_type, public_address, signature }: Shown) {
  return { account: core.parseAccount(wallet_type.namespace, public_address), signature }
}
