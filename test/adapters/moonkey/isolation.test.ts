import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { ethereumSigner, SIGNERS } from '../../support/signers.ts'
import {
  BEGIN,
  decodeJwt,
  type MoonKeyDoor,
  moonKeyProject,
  openDoor,
  openTwoDoors,
  readNonce,
  readSession,
  readWallet,
  refusalOf,
  SESSIONS,
  USERS,
} from './door.ts'
import { newEmail, newPhoneNumber } from './endpoints.ts'

const signers = Object.entries(SIGNERS)

describe.each(STORES)('MoonKey Apps beside each other on %s', (store) => {
  const stores = openStoresForTests(store)
  let own: MoonKeyDoor
  let other: MoonKeyDoor
  beforeAll(async () => {
    ;[own, other] = await openTwoDoors(stores)
  })
  afterAll(() => stores.close())

  it.each(signers)('MOON-36: one %s wallet is two users in two Apps', async (_, newSigner) => {
    const signer = newSigner()
    const [one, two] = [await own.signIn(signer), await other.signIn(signer)]
    expect(one.user_id).not.toBe(two.user_id)
    expect(one.id).not.toBe(two.id)
    expect([one.app_id, two.app_id]).toEqual([own.appId, other.appId])
  })

  it.each(signers)('MOON-36: a registration of another App is unknown, for %s', async (_, newSigner) => {
    const signer = newSigner()
    const challenge = await own.prove(signer)
    expect(refusalOf(await other.verify(challenge))).toBe('404 wallet_registration_not_found')
    const message = await own.proveBySiwe(signer)
    expect(refusalOf(await other.verifySiwe(message))).toBe('404 wallet_registration_not_found')
    expect(await other.ownerOf(signer)).toBeNull()
    readWallet(await own.verify(challenge))
    readWallet(await own.verifySiwe(message))
  })

  it('MOON-36: with registrations in both, the signature of one is none of the other’s', async () => {
    const signer = ethereumSigner()
    const [first, second] = [await own.prove(signer), await other.prove(signer)]
    expect(refusalOf(await other.verify(first))).toBe('400 invalid_signature')
    readWallet(await other.verify(second))
    readWallet(await own.verify(first))
  })

  it('MOON-36: another App’s user is 404 everywhere, and is left as it is', async () => {
    const signer = ethereumSigner()
    const { user_id: userId, id: walletId } = await own.signIn(signer, { session_expires_in: 60 })
    const answers = [
      await other.get(`${USERS}/${userId}`),
      await other.put(`${USERS}/${userId}/update`, { first_name: 'Eve' }),
      await other.delete(`${USERS}/${userId}/delete`),
      await other.get(`${SESSIONS}/list?user_id=${userId}`),
      await other.begin(ethereumSigner(), { user_id: userId }),
      await other.nonce(ethereumSigner(), { user_id: userId }),
    ]
    for (const answer of answers) expect(refusalOf(answer)).toBe('404 user_not_found')
    expect(refusalOf(await other.delete(`${USERS}/wallets/${walletId}/delete`))).toBe('404 wallet_not_found')
    expect(await own.user(userId)).toMatchObject({ first_name: '', wallets: [{ id: walletId }] })
    expect(await own.listSessions(userId)).toHaveLength(1)
  })

  it('MOON-36: another App’s contacts are 404, and free to be had here', async () => {
    const [email, phoneNumber] = [newEmail(), newPhoneNumber()]
    const created = await own.createUser({ email, phone_number: phoneNumber })
    const { email_id: emailId, phone_number_id: phoneId } = created
    expect(refusalOf(await other.delete(`${USERS}/emails/${emailId}/delete`))).toBe('404 email_not_found')
    expect(refusalOf(await other.delete(`${USERS}/phone_numbers/${phoneId}/delete`))).toBe('404 phone_number_not_found')
    const twin = await other.createUser({ email, phone_number: phoneNumber })
    expect(twin.user_id).not.toBe(created.user_id)
    expect((await own.user(created.user_id)).emails).toHaveLength(1)
  })

  it('MOON-36: search finds no user of another App, by whatever field', async () => {
    const signer = ethereumSigner()
    const email = newEmail()
    const { user_id: userId, id: walletId } = await own.signIn(signer)
    await own.put(`${USERS}/${userId}/update`, { first_name: 'Isolde', emails: [{ email }] })
    const { emails } = await own.user(userId)
    const fields: readonly (readonly [string, unknown])[] = [
      ['user_id', userId],
      ['wallet_id', walletId],
      ['wallet_public_address', signer.address],
      ['email', email],
      ['email_id', emails[0]?.id],
      ['email_match', email.slice(0, 8)],
      ['full_name_match', 'isolde'],
      ['status', 'active'],
    ]
    for (const [field, value] of fields) {
      const filters = { operator: 'AND', fields: [{ field, operator: 'eq', value }] }
      const found = async (door: MoonKeyDoor) =>
        JSON.stringify((await door.post(`${USERS}/search`, { filters })).body).includes(userId)
      expect([field, await own.post(`${USERS}/search`, { filters }).then(({ status }) => status)]).toEqual([field, 200])
      expect([field, await found(own), await found(other)]).toEqual([field, true, false])
    }
    expect(JSON.stringify((await other.post(`${USERS}/search`, { limit: 100 })).body)).not.toContain(userId)
  })

  it('MOON-36: another App’s session is 404, by token, JWT or id, to be shown, added to or ended', async () => {
    const signer = ethereumSigner()
    const { session, session_token, session_jwt } = await own.openSession(signer)
    await other.signIn(signer)
    const body = await other.prove(signer)
    const answers = [
      await other.verifySession({ session_token }),
      await other.verifySession({ session_jwt }),
      await other.verifySession({ session_token, session_expires_in: 60 }),
      await other.deleteSession({ session_token }),
      await other.deleteSession({ session_jwt }),
      await other.deleteSession({ session_id: session.id }),
      await other.verify({ ...body, session_token }),
      await other.verify({ ...body, session_jwt, session_expires_in: 60 }),
      await other.me(session_token),
    ]
    for (const answer of answers) expect(refusalOf(answer)).toBe('404 session_not_found')
    const { session: now } = readSession(await own.verifySession({ session_token }))
    expect([now.expires_at, now.factors.length]).toEqual([session.expires_at, 1])
    readWallet(await other.verify(body))
  })

  it('MOON-36: a token is bound to its App, even where another App has a session of the same id', async () => {
    const { session, session_token } = await own.openSession()
    const twin = await stores.sessions.find(own.project.id, session.id, own.clock.now())
    const { user_id: userId } = await other.signIn(ethereumSigner())
    if (twin === null) throw new Error('no session')
    await stores.sessions.open({ ...twin, projectId: other.project.id, userId }, null)
    expect(await other.listSessions(userId)).toMatchObject([{ id: session.id }])
    expect(refusalOf(await other.verifySession({ session_token }))).toBe('404 session_not_found')
  })

  it('MOON-36: a public key shows its own App’s sessions only', async () => {
    const { session_token } = await own.openSession()
    const asOther = { authorization: `PublicToken ${other.publicKey}` }
    expect(refusalOf(await own.me(session_token, asOther))).toBe('404 session_not_found')
    expect((await own.me(session_token)).status).toBe(200)
  })

  it('MOON-36: nonces of one App are none of another’s, though the message names the same domain', async () => {
    const signer = ethereumSigner()
    const { nonce } = readNonce(await own.nonce(signer))
    await other.nonce(signer)
    expect(refusalOf(await other.verifySiwe(await other.proveBySiwe(signer, { nonce })))).toBe(
      '404 wallet_registration_not_found',
    )
    readWallet(await own.verifySiwe(await own.proveBySiwe(signer, { nonce })))
  })

  it('MOON-35: each App has keys of its own, and neither’s JWT passes with the other’s', async () => {
    const [mine, theirs] = [await own.keySet(), await other.keySet()]
    expect(mine.keys.filter(({ kid, n }) => theirs.keys.some((key) => key.kid === kid || key.n === n))).toEqual([])
    const { session_jwt: jwt } = await own.openSession()
    const verify = ({ keys }: typeof mine) =>
      jwtVerify(jwt, createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) }), { currentDate: own.clock.now() })
    await verify(mine)
    await expect(verify(theirs)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' })
    expect(String(decodeJwt(jwt).claims['iss']).endsWith(`/${own.appId}`)).toBe(true)
  })

  it('MOON-35: another App’s JWT is 404, also when it claims to be ours', async () => {
    const { session_jwt: jwt } = await own.openSession()
    expect(refusalOf(await other.verifySession({ session_jwt: jwt }))).toBe('404 session_not_found')
    // Their session under our key id: the signature is still theirs.
    const [, claims = '', signature = ''] = jwt.split('.')
    const { session_jwt: ours } = await other.openSession()
    const relabelled = `${ours.split('.')[0]}.${claims}.${signature}`
    expect(refusalOf(await other.verifySession({ session_jwt: relabelled }))).toBe('404 session_not_found')
  })

  it('MOON-08: once the key is known, only its own App’s pages may read', async () => {
    const [one, two] = await openTwoDoors(stores, [
      moonKeyProject({}, { allowedOrigins: ['https://one.example.test'] }),
      moonKeyProject({}, { allowedOrigins: ['https://two.example.test'] }),
    ])
    const preflight = { 'access-control-request-method': 'POST' }
    for (const origin of ['https://one.example.test', 'https://two.example.test']) {
      const answer = await one.send(BEGIN, { method: 'OPTIONS', headers: { ...preflight, origin } })
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    }
    const ask = async (door: MoonKeyDoor, origin: string) => {
      const { headers } = await door.post(
        BEGIN,
        { wallet_type: 'ETH', public_address: ethereumSigner().address },
        { origin },
      )
      return headers.get('access-control-allow-origin')
    }
    expect(await ask(one, 'https://one.example.test')).toBe('https://one.example.test')
    expect(await ask(one, 'https://two.example.test')).toBeNull()
    expect(await ask(two, 'https://two.example.test')).toBe('https://two.example.test')
    expect(await ask(two, ORIGIN)).toBeNull()
  })

  it('MOON-03: an App may have several keys; each is its own App’s', async () => {
    const keys = ['sk_live_one', 'sk_test_two'].map((key) => `${key}${'x'.repeat(40)}${own.appId}`)
    const door = await openDoor(stores, moonKeyProject({ secretKeys: keys }))
    for (const key of keys) {
      const headers = { authorization: `Bearer ${key}` }
      expect((await door.send('/v1/auth/jwks/default', { method: 'GET', headers })).body).toEqual(await door.keySet())
    }
  })
})
