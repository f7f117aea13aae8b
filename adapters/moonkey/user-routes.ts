import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core, Credential, NewContact } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { jsonBody } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { type MoonKeyEnv, requirePublicKey, requireSecretKey } from './authenticate.ts'
import { metadataChange } from './metadata.ts'
import { DOOR } from './purposes.ts'
import { answers, answersOrConflict, answersOrNotFound, PUBLIC_KEY, SECRET_KEY } from './responses.ts'
import { searchUsers } from './search-users.ts'
import type { TenantFinder } from './tenants.ts'
import { createUserReply, userReply } from './user-replies.ts'
import {
  CreateUserReply,
  CreateUserRequest,
  DeleteReply,
  EmailParams,
  PhoneNumberParams,
  SearchUsersReply,
  SearchUsersRequest,
  SessionTokenHeader,
  UpdateUserReply,
  UpdateUserRequest,
  UserParams,
  UserReply,
  WalletParams,
} from './user-schemas.ts'

const DEFAULT_PAGE = 50

const shared = { tags: ['Users'], security: SECRET_KEY }

const create = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/users/create',
  operationId: 'moonkeyCreateUser',
  summary: 'Create a user with an email or a phone number',
  request: { body: jsonBody(CreateUserRequest) },
  responses: answersOrConflict(CreateUserReply, 'The user; its contacts are unverified.'),
})

const search = createRoute({
  ...shared,
  method: 'post',
  path: '/v1/auth/users/search',
  operationId: 'moonkeySearchUsers',
  summary: 'Search users',
  request: { body: jsonBody(SearchUsersRequest) },
  responses: answers(SearchUsersReply, 'A page of users.'),
})

const me = createRoute({
  ...shared,
  security: PUBLIC_KEY,
  method: 'get',
  path: '/v1/auth/users/public/me',
  operationId: 'moonkeyGetMe',
  summary: 'The user of a session, for a page',
  request: { headers: SessionTokenHeader },
  responses: answersOrNotFound(UserReply, 'The user.'),
})

const get = createRoute({
  ...shared,
  method: 'get',
  path: '/v1/auth/users/{user_id}',
  operationId: 'moonkeyGetUser',
  summary: 'Get a user',
  request: { params: UserParams },
  responses: answersOrNotFound(UserReply, 'The user.'),
})

const update = createRoute({
  ...shared,
  method: 'put',
  path: '/v1/auth/users/{user_id}/update',
  operationId: 'moonkeyUpdateUser',
  summary: 'Change a user, and add contacts',
  request: { params: UserParams, body: jsonBody(UpdateUserRequest) },
  responses: answersOrConflict(UpdateUserReply, 'The user as it is now.'),
})

const remove = createRoute({
  ...shared,
  method: 'delete',
  path: '/v1/auth/users/{user_id}/delete',
  operationId: 'moonkeyDeleteUser',
  summary: 'Delete a user',
  request: { params: UserParams },
  responses: answersOrNotFound(DeleteReply, 'The user is gone, its sessions too.'),
})

const removeEmail = createRoute({
  ...shared,
  method: 'delete',
  path: '/v1/auth/users/emails/{email_id}/delete',
  operationId: 'moonkeyDeleteUserEmail',
  summary: 'Delete an email of a user',
  request: { params: EmailParams },
  responses: answersOrNotFound(DeleteReply, 'The email is gone.'),
})

const removePhoneNumber = createRoute({
  ...shared,
  method: 'delete',
  path: '/v1/auth/users/phone_numbers/{phone_number_id}/delete',
  operationId: 'moonkeyDeleteUserPhoneNumber',
  summary: 'Delete a phone number of a user',
  request: { params: PhoneNumberParams },
  responses: answersOrNotFound(DeleteReply, 'The phone number is gone.'),
})

const removeWallet = createRoute({
  ...shared,
  method: 'delete',
  path: '/v1/auth/users/wallets/{wallet_id}/delete',
  operationId: 'moonkeyDeleteUserWallet',
  summary: 'Delete a wallet of a user',
  request: { params: WalletParams },
  responses: answersOrNotFound(DeleteReply, 'The wallet is gone.'),
})

/** Managing users; and, for pages, who is signed in. */
export function userRoutes(
  core: Pick<Core, 'users' | 'parseAccount' | 'parseContact' | 'locateSession' | 'verifySession'>,
  finder: TenantFinder,
): OpenAPIHono<MoonKeyEnv> {
  const app = createRoutes<MoonKeyEnv>()
  const keyed = [create, search, get, update, remove, removeEmail, removePhoneNumber, removeWallet]
  guard(app, keyed, requireSecretKey(finder))
  guard(app, [me], requirePublicKey(finder))

  app.openapi(create, async (c) => {
    const tenant = c.get('tenant')
    const body = c.req.valid('json')
    const contacts: NewContact[] = []
    if (body.email) contacts.push(core.parseContact('email', body.email))
    if (body.phone_number) contacts.push(core.parseContact('phone', body.phone_number))
    if (contacts.length === 0) {
      throw new FailureError({ kind: 'malformed', detail: 'email: required if no phone_number is given' })
    }
    const name = { first: body.first_name ?? '', middle: body.middle_name ?? '', last: body.last_name ?? '' }
    const requiresVerification = body.requires_verification ?? false
    // “Determines if verification … is required before marking the user as active”, the vendor's page says; its Python client always sends
    // false. Active is no proof: the contacts stay unverified, and nobody signs in as the user without proving one.
    const status = requiresVerification ? 'pending' : 'active'
    const profile = await core.users.create(tenant.projectId, name, contacts, status)
    const includesUser = body.include_user ?? false
    return c.json(createUserReply(tenant, profile, { requiresVerification, includesUser }), 200)
  })

  app.openapi(search, async (c) => {
    const tenant = c.get('tenant')
    const { limit, starting_after: after, filters } = c.req.valid('json')
    const { profiles, totalCount, hasMore } = await searchUsers(core, {
      projectId: tenant.projectId,
      limit: limit ?? DEFAULT_PAGE,
      after: after || null,
      filters: filters?.fields ? { operator: filters.operator, fields: filters.fields } : null,
    })
    const users = profiles.map((profile) => userReply(tenant, profile))
    return c.json({ users, total_count: totalCount, has_more: hasMore }, 200)
  })
  // Before the routes with a user's id, which would take these words for one.
  refuseOtherMethods(app, {
    '/v1/auth/users/create': 'POST, OPTIONS',
    '/v1/auth/users/search': 'POST, OPTIONS',
  })

  app.openapi(me, async (c) => {
    const tenant = c.get('tenant')
    const owner = { projectId: tenant.projectId, door: DOOR } as const
    const token = c.req.valid('header')['x-streambird-session-token']
    const sessionId = await core.locateSession(owner, { token, jwt: null })
    const { userId } = await core.verifySession({ ...owner, sessionId: sessionId ?? '' }, null)
    return c.json(userReply(tenant, await core.users.require(tenant.projectId, userId)), 200)
  })

  app.openapi(get, async (c) => {
    const tenant = c.get('tenant')
    return c.json(userReply(tenant, await core.users.require(tenant.projectId, c.req.valid('param').user_id)), 200)
  })

  app.openapi(update, async (c) => {
    const tenant = c.get('tenant')
    const body = c.req.valid('json')
    const name = {
      ...(typeof body.first_name === 'string' ? { first: body.first_name } : {}),
      ...(typeof body.middle_name === 'string' ? { middle: body.middle_name } : {}),
      ...(typeof body.last_name === 'string' ? { last: body.last_name } : {}),
    }
    const contacts = [
      ...(body.emails ?? []).map(({ email }) => core.parseContact('email', email)),
      ...(body.phone_numbers ?? []).map(({ phone_number }) => core.parseContact('phone', phone_number)),
    ]
    const changeMetadata = metadataChange(body.metadata ?? null, body.replace_metadata ?? false)
    const change = { name, contacts, changeMetadata }
    const profile = await core.users.update(tenant.projectId, c.req.valid('param').user_id, change)
    const user = userReply(tenant, profile)
    return c.json({ user_id: user.user_id, emails: user.emails, phone_numbers: user.phone_numbers, user }, 200)
  })

  app.openapi(remove, async (c) => {
    const { user_id: userId } = c.req.valid('param')
    await core.users.delete(c.get('tenant').projectId, userId)
    return c.json({ user_id: userId, message: 'Successfully deleted user' }, 200)
  })

  const release = async (projectId: string, kind: Credential['kind'], credentialId: string, message: string) => {
    const { userId } = await core.users.deleteCredential(projectId, kind, credentialId)
    return { user_id: userId, message }
  }

  app.openapi(removeEmail, async (c) => {
    const { email_id: id } = c.req.valid('param')
    return c.json(await release(c.get('tenant').projectId, 'email', id, 'Successfully deleted user email'), 200)
  })

  app.openapi(removePhoneNumber, async (c) => {
    const { phone_number_id: id } = c.req.valid('param')
    return c.json(await release(c.get('tenant').projectId, 'phone', id, 'Successfully deleted user phone number'), 200)
  })

  app.openapi(removeWallet, async (c) => {
    const { wallet_id: id } = c.req.valid('param')
    return c.json(await release(c.get('tenant').projectId, 'wallet', id, 'Successfully deleted user wallet'), 200)
  })

  refuseOtherMethods(app, {
    '/v1/auth/users/public/me': 'GET, HEAD, OPTIONS',
    '/v1/auth/users/:user_id': 'GET, HEAD, OPTIONS',
    '/v1/auth/users/:user_id/update': 'PUT, OPTIONS',
    '/v1/auth/users/:user_id/delete': 'DELETE, OPTIONS',
    '/v1/auth/users/emails/:email_id/delete': 'DELETE, OPTIONS',
    '/v1/auth/users/phone_numbers/:phone_number_id/delete': 'DELETE, OPTIONS',
    '/v1/auth/users/wallets/:wallet_id/delete': 'DELETE, OPTIONS',
  })
  return app
}
