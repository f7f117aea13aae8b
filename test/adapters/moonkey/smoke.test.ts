import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, SIGNERS, solanaSigner } from '../../support/signers.ts'
import {
  decodeJwt,
  type MoonKeyDoor,
  openDoor,
  readBegin,
  readNonce,
  readSession,
  refusalOf,
  SESSIONS,
  USERS,
  unix,
} from './door.ts'

describe.each(STORES)('MoonKey endpoints on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  it.each(Object.entries(SIGNERS))(
    'begin and verify sign in with %s, with and without a session',
    async (_, signer) => {
      const wallet = signer()
      const begun = readBegin(await door.begin(wallet))
      expect(begun.challenge).toMatch(/^Login for My App: [A-Za-z0-9]{43}$/)
      expect(begun.public_address).toBe(wallet.shownAddress)
      expect((await door.user(begun.user_id)).status).toBe('pending')

      const first = await door.signIn(wallet)
      expect(first.user_id).toBe(begun.user_id)
      expect('session' in first || 'session_token' in first || 'session_jwt' in first).toBe(false)
      const second = await door.signIn(wallet, { session_expires_in: 5 })
      expect(second.id).toBe(first.id)
      expect(second.session?.expires_at).toBe(Number(second.session?.last_active_at) + 300)
      expect(second.session?.factors).toHaveLength(1)
      expect((await door.user(begun.user_id)).status).toBe('active')
    },
  )

  it.each(Object.entries(SIGNERS))('nonce and siwe/verify sign in with %s', async (_, signer) => {
    const wallet = signer()
    const { nonce, challenge, user_created, user_id } = readNonce(await door.nonce(wallet))
    expect([challenge, user_created]).toEqual([nonce, true])
    const signedIn = await door.signInBySiwe(wallet, { session_expires_in: 60 })
    expect(signedIn.user_id).toBe(user_id)
    expect(signedIn.session?.user_id).toBe(user_id)
  })

  it('a session is verified by token and by JWT, extended, listed and ended', async () => {
    const wallet = ethereumSigner()
    const opened = await door.openSession(wallet, 10)
    const userId = opened.session.user_id
    door.clock.advance(60_000)
    const byToken = readSession(await door.verifySession({ session_token: opened.session_token }))
    expect(byToken.session.expires_at).toBe(opened.session.expires_at)
    expect(byToken.session.last_active_at).toBe(opened.session.last_active_at + 60)
    const byJwt = readSession(
      await door.verifySession({ session_jwt: byToken.session_jwt, session_expires_in: 5, session_token: '' }),
    )
    expect(byJwt.session.id).toBe(opened.session.id)
    expect(byJwt.session.expires_at).toBe(unix(door.clock.now()) + 300)
    expect((await door.listSessions(userId)).map(({ id }) => id)).toEqual([opened.session.id])

    expect((await door.deleteSession({ session_token: opened.session_token })).body).toEqual({
      message: 'Successfully deleted session',
    })
    expect(refusalOf(await door.verifySession({ session_token: opened.session_token }))).toBe('404 session_not_found')
    expect(refusalOf(await door.deleteSession({ session_jwt: byJwt.session_jwt }))).toBe('404 session_not_found')
    expect(await door.listSessions(userId)).toEqual([])
  })

  it('a second wallet of the user becomes a second factor of the session', async () => {
    const { session, session_token } = await door.openSession()
    const more = { session_token, session_expires_in: 20 }
    door.clock.advance(1_000)
    const added = await door.signIn(solanaSigner(), more, { user_id: session.user_id })
    expect(added.session?.id).toBe(session.id)
    expect(added.session?.factors.map(({ delivery_channel }) => delivery_channel)).toEqual(['eth_wallet', 'sol_wallet'])
    expect(refusalOf(await door.verify(await door.prove(ethereumSigner(), more)))).toBe('400 session_user_mismatch')
  })

  it('a session JWT verifies against the published keys, and tells the session without its token', async () => {
    const { session, session_jwt, session_token } = await door.openSession()
    const keys = await door.keySet()
    const { payload } = await jwtVerify(session_jwt, createLocalJWKSet(keys), { currentDate: door.clock.now() })
    const { session_token: _, ...facts } = session
    expect(payload).toMatchObject({
      iss: `https://gate.example.test/${door.appId}`,
      sub: session.user_id,
      jti: session.id,
      session: facts,
      'https://streambird.io/jwt/session': facts,
    })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300)
    expect(Number(payload.nbf)).toBeLessThan(Number(payload.iat))
    expect(JSON.stringify(payload)).not.toContain(session_token)
    expect(decodeJwt(session_jwt).header).toEqual({ alg: 'RS256', typ: 'JWT', kid: keys.keys[0]?.kid })
  })

  it('the key set is had by query, by header, by App, and at the path of clients with a shortened base', async () => {
    const published = await door.keySet()
    for (const path of [
      `/v1/auth/jwks/default?api_key=${door.secretKey}`,
      `/v1auth/jwks/default?api_key=${door.secretKey}`,
      `/v1//auth/jwks/default?api_key=${door.secretKey}`,
      `/v1/auth/jwks/${door.appId}`,
    ]) {
      expect((await door.send(path, { method: 'GET' })).body).toEqual(published)
    }
    expect(refusalOf(await door.send('/v1/auth/jwks/default', { method: 'GET' }))).toBe('401 unauthorized')
    expect(refusalOf(await door.send('/v1/auth/jwks/app_none', { method: 'GET' }))).toBe('404 not_found')
  })

  it('a user is created, read, updated, searched and deleted', async () => {
    const email = `Ada-${Date.now()}@Example.test`
    const created = await door.createUser({ email, first_name: 'Ada', include_user: true, wallet_type: null })
    expect(created).toMatchObject({ status: 'active', email: email.toLowerCase(), phone_number_id: '' })
    expect(refusalOf(await door.post(`${USERS}/create`, { email }))).toBe('409 duplicate_email')
    expect(await door.user(created.user_id)).toEqual(created.user)

    const path = `${USERS}/${created.user_id}`
    const changes = { last_name: 'L', phone_numbers: [{ phone_number: '+14152222222' }], metadata: { a: 1, b: 2 } }
    expect((await door.put(`${path}/update`, changes)).body).toMatchObject({ user: { metadata: { a: 1, b: 2 } } })
    const merged = await door.put(`${path}/update`, { emails: [], phone_numbers: [], metadata: { a: null, c: 3 } })
    expect(merged.body).toMatchObject({ user: { first_name: 'Ada', last_name: 'L', metadata: { b: 2, c: 3 } } })
    const user = await door.user(created.user_id)

    const filters = { operator: 'AND', fields: [{ field: 'email', operator: 'eq', value: email }] }
    expect((await door.post(`${USERS}/search`, { filters })).body).toEqual({
      users: [user],
      total_count: 1,
      has_more: false,
    })
    const [phone] = user.phone_numbers
    expect((await door.delete(`${USERS}/emails/${created.email_id}/delete`)).status).toBe(200)
    expect((await door.delete(`${USERS}/phone_numbers/${phone?.id}/delete`)).status).toBe(200)
    expect(refusalOf(await door.delete(`${USERS}/phone_numbers/${phone?.id}/delete`))).toBe(
      '404 phone_number_not_found',
    )
    expect((await door.delete(`${path}/delete`)).body).toEqual({
      user_id: created.user_id,
      message: 'Successfully deleted user',
    })
    expect(refusalOf(await door.get(path))).toBe('404 user_not_found')
  })

  it('a search pages through active users, by any field', async () => {
    const own = await openDoor(stores)
    for (let count = 0; count < 12; count += 1) await own.signIn(ethereumSigner())
    const page = (await own.post(`${USERS}/search`, { limit: 10 })).body as { users: { user_id: string }[] }
    expect(page).toMatchObject({ total_count: 12, has_more: true })
    const rest = await own.post(`${USERS}/search`, { limit: 10, starting_after: page.users.at(-1)?.user_id })
    expect(rest.body).toMatchObject({ total_count: 12, has_more: false })
    const filters = { operator: 'OR', fields: [{ field: 'status', operator: 'in', values: ['active'] }] }
    expect((await own.post(`${USERS}/search`, { filters })).body).toMatchObject({ total_count: 12, has_more: false })
  })

  it('a page learns who is signed in, and a wallet is taken away', async () => {
    const wallet = ethereumSigner()
    const { session, session_token } = await door.openSession(wallet)
    const me = await door.me(session_token)
    expect(me.body).toEqual(await door.user(session.user_id))
    const walletId = session.factors[0]?.method.wallet_id
    expect((await door.delete(`${USERS}/wallets/${walletId}/delete`)).body).toEqual({
      user_id: session.user_id,
      message: 'Successfully deleted user wallet',
    })
    expect(await door.ownerOf(wallet)).toBeNull()
    expect(refusalOf(await door.me('nonsense'))).toBe('404 session_not_found')
  })

  it('refusals have the flat shape: no key, no body, no route, no method', async () => {
    expect(refusalOf(await door.send('/v1/auth/wallets/verify'))).toBe('401 unauthorized')
    expect(refusalOf(await door.deleteSession())).toBe('400 invalid_request')
    expect(refusalOf(await door.post(`${SESSIONS}/verify`, {}))).toBe('400 invalid_request')
    expect(refusalOf(await door.post('/v1/auth/totps/create', {}))).toBe('404 not_found')
    expect(refusalOf(await door.get('/v1/auth/wallets/verify'))).toBe('405 method_not_allowed')
    expect(refusalOf(await door.call('/v1/auth/wallets/verify', { body: 'x'.repeat(70_000) }))).toBe(
      '413 request_too_large',
    )
  })
})
