import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Contact, Core } from '../../core/index.ts'
import { AuthError } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { type MoonKeyEnv, requirePublicKey, requireSecretKey } from './authenticate.ts'
import { ownerReply, verifyEmailReply } from './email-replies.ts'
import {
  CreateTokenReply,
  CreateTokenRequest,
  DEFAULT_LINK_MINUTES,
  InviteRequest,
  LoginOrCreateReply,
  LoginOrCreateRequest,
  LoginStatusReply,
  LoginStatusRequest,
  OwnerReply,
  PublicLoginOrCreateReply,
  VerifyEmailReply,
  VerifyTokenRequest,
} from './email-schemas.ts'
import { linkAround } from './magic-link.ts'
import { DOOR, HAND_OVER, MAGIC_LINK } from './purposes.ts'
import { seconds, sessionReply } from './replies.ts'
import { answers, answersOrNotFound, answersWithMail, PUBLIC_KEY, SECRET_KEY } from './responses.ts'
import { wishOf } from './session-wish.ts'
import type { MoonKeyTenant, TenantFinder } from './tenants.ts'

const shared = { tags: ['Magic links'], security: SECRET_KEY }

const loginOrCreate = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/magic_links/email/login_or_create',
  operationId: 'moonkeyLoginOrCreateByMagicLink',
  summary: 'Mail a magic link; an unknown email becomes a new user’s',
  request: { body: jsonBody(LoginOrCreateRequest) },
  responses: answersWithMail(LoginOrCreateReply, 'Whom the link signs in.'),
})

const publicLoginOrCreate = createRoute({
  ...shared,
  security: PUBLIC_KEY,
  method: 'post',
  path: '/v1/auth/magic_links/public/email/login_or_create',
  operationId: 'moonkeyPublicLoginOrCreateByMagicLink',
  summary: 'Mail a magic link, for a page',
  request: { body: jsonBody(LoginOrCreateRequest) },
  responses: answersWithMail(PublicLoginOrCreateReply, 'What collects the sign-in once the link was opened.'),
})

const invite = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/magic_links/email/invite',
  operationId: 'moonkeyInviteByMagicLink',
  summary: 'Mail an invitation',
  request: { body: jsonBody(InviteRequest) },
  responses: answersWithMail(OwnerReply, 'Who is invited.'),
})

const create = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/magic_links/create',
  operationId: 'moonkeyCreateMagicToken',
  summary: 'Get a magic token to mail yourself',
  request: { body: jsonBody(CreateTokenRequest) },
  responses: answersOrNotFound(CreateTokenReply, 'The token. Whoever has it can sign in.'),
})

const verify = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/magic_links/verify',
  operationId: 'moonkeyVerifyMagicToken',
  summary: 'Sign in with a magic token',
  request: { body: jsonBody(VerifyTokenRequest) },
  responses: answersOrNotFound(VerifyEmailReply, 'Who signed in, and the session where one was asked for or shown.'),
})

const loginStatus = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/magic_links/email/login_status',
  operationId: 'moonkeyGetMagicLinkLoginStatus',
  summary: 'Collect, once, the sign-in of a link that was opened elsewhere',
  request: { body: jsonBody(LoginStatusRequest) },
  responses: answers(LoginStatusReply, 'Who signed in, and the session that the link has made.'),
})

/** Signing in with a link by email. */
export function magicLinkRoutes(
  core: Pick<
    Core,
    | 'users'
    | 'parseContact'
    | 'findOrCreateByEmail'
    | 'sendMagicLink'
    | 'issueMagicToken'
    | 'signInWithMagicToken'
    | 'collectHandOver'
    | 'locateSession'
    | 'publicKeys'
    | 'sessionToken'
    | 'issueAccessToken'
  >,
  finder: TenantFinder,
): OpenAPIHono<MoonKeyEnv> {
  const app = createRoutes<MoonKeyEnv>()
  guard(app, [loginOrCreate, invite, create, verify, loginStatus], requireSecretKey(finder))
  guard(app, [publicLoginOrCreate], requirePublicKey(finder))

  app.openapi(loginOrCreate, async (c) => {
    const request = linkRequest(c.get('tenant'), c.req.valid('json'))
    const owner = await core.sendMagicLink({ ...request, handOver: null })
    const { createdAt, updatedAt } = owner.user
    return c.json({ ...ownerReply(owner), updated_at: seconds(updatedAt), created_at: seconds(createdAt) }, 200)
  })

  app.openapi(publicLoginOrCreate, async (c) => {
    const body = c.req.valid('json')
    const request = linkRequest(c.get('tenant'), body)
    const handOver = { purpose: HAND_OVER, shows: { prefix: 'email_' } } as const
    const { handOver: ticket } = await core.sendMagicLink({ ...request, handOver })
    const { id = '', token = '' } = ticket ?? {}
    const verifiedRequired = body.requires_verification ?? false
    return c.json({ email_id: id, request_origin_token: token, verified_required: verifiedRequired }, 200)
  })

  app.openapi(invite, async (c) => {
    const tenant = c.get('tenant')
    const body = c.req.valid('json')
    const terms = {
      ttlMinutes: body.invite_expires_in ?? DEFAULT_LINK_MINUTES,
      linkAround: linkAround(tenant, 'invite_redirect_url', body.invite_redirect_url),
    }
    const name = { first: body.first_name ?? '', middle: body.middle_name ?? '', last: body.last_name ?? '' }
    const owner = await core.sendMagicLink({
      recipient: { projectId: tenant.projectId, email: body.email, ifUnknown: 'create', name },
      purpose: MAGIC_LINK,
      projectName: tenant.projectName,
      mail: 'invitation',
      terms: { active: terms, pending: terms },
      handOver: null,
    })
    return c.json(ownerReply(owner), 200)
  })

  app.openapi(create, async (c) => {
    const { projectId } = c.get('tenant')
    const { user_id: userId, email, expires_in: ttlMinutes = DEFAULT_LINK_MINUTES } = c.req.valid('json')
    const contact = userId ? await findEmail(core, projectId, userId, email) : await emailOf(core, projectId, email)
    const handOver = { purpose: HAND_OVER, shows: 'contact' } as const
    const { token, handOver: ticket } = await core.issueMagicToken({
      purpose: MAGIC_LINK,
      contact,
      ttlMinutes,
      handOver,
    })
    const originToken = ticket?.token ?? ''
    return c.json({ user_id: contact.userId, email_id: contact.id, token, request_origin_token: originToken }, 200)
  })

  app.openapi(verify, async (c) => {
    const tenant = c.get('tenant')
    const body = c.req.valid('json')
    const proof = { projectId: tenant.projectId, purpose: MAGIC_LINK, token: body.token } as const
    const signedIn = await core.signInWithMagicToken(DOOR, proof, await wishOf(core, c, body))
    return c.json(await verifyEmailReply(core, tenant, signedIn), 200)
  })

  app.openapi(loginStatus, async (c) => {
    const tenant = c.get('tenant')
    const { email_id: id, request_origin_token: token } = c.req.valid('json')
    const { projectId } = tenant
    const { user, session } = await core.collectHandOver({ projectId, purpose: HAND_OVER, token, id })
    const trio = session === null ? {} : await sessionReply(core, tenant, session)
    return c.json({ user_id: user.id, status: user.status, ...trio }, 200)
  })

  refuseOtherMethods(app, {
    '/v1/auth/magic_links/email/login_or_create': 'POST, OPTIONS',
    '/v1/auth/magic_links/public/email/login_or_create': 'POST, OPTIONS',
    '/v1/auth/magic_links/email/invite': 'POST, OPTIONS',
    '/v1/auth/magic_links/create': 'POST, OPTIONS',
    '/v1/auth/magic_links/verify': 'POST, OPTIONS',
    '/v1/auth/magic_links/email/login_status': 'POST, OPTIONS',
  })
  return app
}

/** The link for one who has signed in before, or who has not. What is wrong with either is said before anything is done. */
function linkRequest(tenant: MoonKeyTenant, body: z.output<typeof LoginOrCreateRequest>) {
  const usual = body.expires_in ?? DEFAULT_LINK_MINUTES
  return {
    recipient: { projectId: tenant.projectId, email: body.email, ifUnknown: 'create' },
    purpose: MAGIC_LINK,
    projectName: tenant.projectName,
    mail: 'sign-in',
    terms: {
      active: {
        ttlMinutes: body.login_expires_in ?? usual,
        linkAround: linkAround(tenant, 'login_redirect_url', body.login_redirect_url),
      },
      pending: {
        ttlMinutes: body.registration_expires_in ?? usual,
        linkAround: linkAround(
          tenant,
          'registration_redirect_url',
          // The vendor's Python SDK never sends the second (MoonKey digest §6).
          body.registration_redirect_url || body.login_redirect_url,
        ),
      },
    },
  } as const
}

/** The user's email, if one is named that one, else the one verified first. */
async function findEmail(
  core: Pick<Core, 'users' | 'parseContact'>,
  projectId: string,
  userId: string,
  email: string | null | undefined,
): Promise<Contact> {
  const { credentials } = await core.users.require(projectId, userId)
  const value = email ? core.parseContact('email', email).value : null
  const emails = credentials.filter(
    (each): each is Contact => each.kind === 'email' && (value === null || each.value === value),
  )
  const found = emails.find(({ verifiedAt }) => verifiedAt !== null) ?? emails[0]
  if (found === undefined) throw new AuthError('credential_unknown', 'email_unknown')
  return found
}

async function emailOf(
  core: Pick<Core, 'findOrCreateByEmail'>,
  projectId: string,
  email: string | null | undefined,
): Promise<Contact> {
  if (!email) throw new FailureError({ kind: 'malformed', detail: 'user_id: required if no email is given' })
  return (await core.findOrCreateByEmail(projectId, email)).contact
}
