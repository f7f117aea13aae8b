import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { type MoonKeyEnv, requireSecretKey } from './authenticate.ts'
import { ownerReply, verifyEmailReply } from './email-replies.ts'
import {
  DEFAULT_CODE_MINUTES,
  OwnerReply,
  SendCodeReply,
  SendCodeRequest,
  VerifyCodeRequest,
  VerifyEmailReply,
} from './email-schemas.ts'
import { DOOR, EMAIL_CODE } from './purposes.ts'
import { answersOrNotFound, answersWithMail, SECRET_KEY } from './responses.ts'
import { wishOf } from './session-wish.ts'
import type { MoonKeyTenant, TenantFinder } from './tenants.ts'

const shared = { tags: ['One-time codes'], security: SECRET_KEY }

const loginOrCreate = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/otps/email/login_or_create',
  operationId: 'moonkeyLoginOrCreateByEmailCode',
  summary: 'Mail a code; an unknown email becomes a new user’s',
  request: { body: jsonBody(SendCodeRequest) },
  responses: answersWithMail(OwnerReply, 'Whom the code signs in.'),
})

const send = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/otps/email/send',
  operationId: 'moonkeySendEmailCode',
  summary: 'Mail a code to a known email',
  request: { body: jsonBody(SendCodeRequest) },
  responses: answersWithMail(SendCodeReply, 'Whom the code signs in.'),
})

const verify = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/otps/verify',
  operationId: 'moonkeyVerifyCode',
  summary: 'Sign in with a code',
  request: { body: jsonBody(VerifyCodeRequest) },
  responses: answersOrNotFound(VerifyEmailReply, 'Who signed in, and the session where one was asked for or shown.'),
})

/** Signing in with a code by email. */
export function otpRoutes(
  core: Pick<
    Core,
    'sendEmailCode' | 'signInWithEmailCode' | 'locateSession' | 'publicKeys' | 'sessionToken' | 'issueAccessToken'
  >,
  finder: TenantFinder,
): OpenAPIHono<MoonKeyEnv> {
  const app = createRoutes<MoonKeyEnv>()
  guard(app, [loginOrCreate, send, verify], requireSecretKey(finder))

  const mail = (
    { projectId, projectName }: MoonKeyTenant,
    { email, expires_in: ttlMinutes = DEFAULT_CODE_MINUTES }: { email: string; expires_in?: number | undefined },
    ifUnknown: 'create' | 'refuse',
  ) => {
    const recipient = { projectId, email, ifUnknown }
    return core.sendEmailCode({ recipient, purpose: EMAIL_CODE, projectName, subject: 'contact', ttlMinutes })
  }

  app.openapi(loginOrCreate, async (c) =>
    c.json(ownerReply(await mail(c.get('tenant'), c.req.valid('json'), 'create')), 200),
  )

  app.openapi(send, async (c) => {
    const { user, contact } = await mail(c.get('tenant'), c.req.valid('json'), 'refuse')
    return c.json({ user_id: user.id, email_id: contact.id }, 200)
  })

  app.openapi(verify, async (c) => {
    const tenant = c.get('tenant')
    const body = c.req.valid('json')
    if (body.method_id.startsWith('pn_')) throw noSms()
    const proof = { projectId: tenant.projectId, purpose: EMAIL_CODE, subject: body.method_id, code: body.otp } as const
    const signedIn = await core.signInWithEmailCode(DOOR, proof, await wishOf(core, c, body))
    return c.json(await verifyEmailReply(core, tenant, signedIn), 200)
  })

  for (const path of ['/v1/auth/otps/sms/login_or_create', '/v1/auth/otps/sms/send']) {
    app.post(path, requireSecretKey(finder), () => {
      throw noSms()
    })
  }
  refuseOtherMethods(app, {
    '/v1/auth/otps/email/login_or_create': 'POST, OPTIONS',
    '/v1/auth/otps/email/send': 'POST, OPTIONS',
    '/v1/auth/otps/verify': 'POST, OPTIONS',
  })
  return app
}

function noSms(): FailureError {
  return new FailureError({ kind: 'not_found', detail: 'Codes by SMS are not offered; codes by email are.' })
}
