import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi'
import { AuthError, type Core, type PasskeyLoginRequest } from '../../core/index.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { requireOpener, requireProject, requireSession, type WalletKitEnv } from './authenticate.ts'
import { parseWallet } from './parse-wallet.ts'
import { passkeyTerms } from './passkey-terms.ts'
import { PASSKEY_LOGIN, PASSKEY_REGISTRATION } from './purposes.ts'
import { ACCESS_TOKEN, answers, answersNothing, answersToToken, PROJECT } from './responses.ts'
import {
  CreationOptionsReply,
  FinishRegistrationRequest,
  LoginWithPasskeyRequest,
  RequestOptionsReply,
} from './schemas.ts'
import type { TenantFinder, WalletKitTenant } from './tenants.ts'

/** As long as browsers keep their dialogue open at most (WebAuthn §15.1). */
const TTL_SECONDS = 300

const shared = { tags: ['Passkeys'] }

const beginRegistration = createRoute({
  ...shared,
  security: ACCESS_TOKEN,
  method: 'post',
  path: '/users/passkey/begin-registration',
  operationId: 'walletkitBeginPasskeyRegistration',
  summary: 'Get the options for making a passkey',
  responses: answersToToken(CreationOptionsReply, 'What `navigator.credentials.create()` takes.'),
})

const finishRegistration = createRoute({
  ...shared,
  security: ACCESS_TOKEN,
  method: 'post',
  path: '/users/passkey/finish-registration',
  operationId: 'walletkitFinishPasskeyRegistration',
  summary: 'Register the passkey that was made',
  request: { body: jsonBody(FinishRegistrationRequest) },
  responses: answersNothing('The passkey can be used from now on.'),
})

const loginDiscoverable = createRoute({
  ...shared,
  security: PROJECT,
  method: 'post',
  path: '/users/login-with-discoverable-passkey',
  operationId: 'walletkitLoginWithDiscoverablePasskey',
  summary: 'Get the options for signing in with any passkey',
  responses: answers(RequestOptionsReply, 'What `navigator.credentials.get()` takes.'),
})

const login = createRoute({
  ...shared,
  security: PROJECT,
  method: 'post',
  path: '/users/login-with-passkey',
  operationId: 'walletkitLoginWithPasskey',
  summary: 'Get the options for signing in with a passkey of this user',
  request: { body: jsonBody(LoginWithPasskeyRequest) },
  responses: answers(
    RequestOptionsReply,
    'What `navigator.credentials.get()` takes; the same for known and unknown users.',
  ),
})

/** Making passkeys, and the options for signing in with them; *verify-login* does the rest. */
export function passkeyRoutes(
  core: Pick<
    Core,
    | 'authenticate'
    | 'requireOpener'
    | 'beginPasskeyRegistration'
    | 'finishPasskeyRegistration'
    | 'beginPasskeyLogin'
    | 'parseAccount'
    | 'parseContact'
    | 'users'
  >,
  finder: TenantFinder,
): OpenAPIHono<WalletKitEnv> {
  const app = createRoutes<WalletKitEnv>()
  const checks = [requireProject(finder), requireSession(core), requireOpener(core)]
  guard(app, [beginRegistration, finishRegistration], ...checks)
  guard(app, [loginDiscoverable, login], requireProject(finder))

  const beginLogin = async ({ projectId, rpId }: WalletKitTenant, account: PasskeyLoginRequest['account']) => ({
    publicKey: await core.beginPasskeyLogin({
      projectId,
      purpose: PASSKEY_LOGIN,
      account,
      rpId,
      ttlSeconds: TTL_SECONDS,
    }),
  })

  app.openapi(beginRegistration, async (c) => {
    const { projectId, projectName, rpId } = c.get('tenant')
    const { userId } = c.get('session')
    const request = { projectId, userId, projectName, rpId, ttlSeconds: TTL_SECONDS }
    const publicKey = await core.beginPasskeyRegistration({ purpose: PASSKEY_REGISTRATION, ...request })
    // Wrapped, as Link expects (WalletKit digest §2.6).
    return c.json({ publicKey }, 200)
  })

  app.openapi(finishRegistration, async (c) => {
    const tenant = c.get('tenant')
    const proof = { session: c.get('session'), response: c.req.valid('json'), ...passkeyTerms(tenant) }
    await core.finishPasskeyRegistration({ purpose: PASSKEY_REGISTRATION, ...proof })
    return c.body(null, 204)
  })

  app.openapi(loginDiscoverable, async (c) => c.json(await beginLogin(c.get('tenant'), 'any'), 200))

  app.openapi(login, async (c) => {
    const tenant = c.get('tenant')
    return c.json(await beginLogin(tenant, await accountOf(core, tenant, c.req.valid('json'))), 200)
  })

  refuseOtherMethods(app, {
    '/users/passkey/begin-registration': 'POST, OPTIONS',
    '/users/passkey/finish-registration': 'POST, OPTIONS',
    '/users/login-with-discoverable-passkey': 'POST, OPTIONS',
    '/users/login-with-passkey': 'POST, OPTIONS',
  })
  return app
}

/** Whose passkey it must be. What is nobody's, or no address at all, is `unknown`: whoever probes learns nothing of either. */
async function accountOf(
  core: Pick<Core, 'parseAccount' | 'parseContact' | 'users'>,
  { projectId }: WalletKitTenant,
  { email, sign_in_wallet: wallet }: z.output<typeof LoginWithPasskeyRequest>,
): Promise<PasskeyLoginRequest['account']> {
  if (!email && !wallet) return 'any'
  try {
    const owned = email
      ? await core.users.findContact(projectId, core.parseContact('email', email))
      : await core.users.findWallet(projectId, parseWallet(core, wallet ?? ''))
    return owned === null ? 'unknown' : { userId: owned.userId }
  } catch (error) {
    if (error instanceof AuthError && error.code === 'address_malformed') return 'unknown'
    throw error
  }
}
