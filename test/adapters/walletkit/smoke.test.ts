import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthenticator } from '../../support/authenticator.ts'
import { openStoresForTests, STORES, TEST_PUBLIC_URL } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { SIGNERS } from '../../support/signers.ts'
import {
  bearer,
  bodyOf,
  decodeJwt,
  firstOf,
  newEmail,
  type OpenedGateway,
  openWalletKit,
  refusalOf,
  type WalletKitDoor,
} from './door.ts'

describe.each(STORES)('WalletKit endpoints on %s', (store) => {
  const stores = openStoresForTests(store)
  let opened: OpenedGateway
  let door: WalletKitDoor
  beforeAll(async () => {
    opened = await openWalletKit(store, stores)
    door = firstOf(opened.doors)
  })
  afterAll(async () => {
    await opened.close()
    await stores.close()
  })

  it.each(Object.entries(SIGNERS))('a message signs in with %s, and the token says so', async (_, signer) => {
    const wallet = signer()
    const { user_id } = await door.nonceFor(wallet)
    const session = await door.signInByWallet(wallet)
    expect(session.user_id).toBe(user_id)
    const keys = bodyOf(await door.send(`/users/jwks/${door.projectId}`, { method: 'GET' }))
    const options = { issuer: `${TEST_PUBLIC_URL}/${door.projectId}`, audience: door.projectId }
    const { payload, protectedHeader } = await jwtVerify(
      session.access_token,
      createLocalJWKSet(keys as unknown as Parameters<typeof createLocalJWKSet>[0]),
      { ...options, currentDate: door.clock.now() },
    )
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload).toMatchObject({
      sub: user_id,
      sid: session.id,
      project_id: door.projectId,
      siwe_wallet_address: wallet.address,
      has_passkey_credentials: false,
    })
    expect(new Date(Number(payload.exp) * 1000).toISOString()).toBe(session.access_token_expires_at)
    const network = wallet.type === 'solana' ? 'Solana' : 'Ethereum'
    expect((await door.wallets(session)).body).toMatchObject([{ network, owner_id: user_id, address: wallet.address }])
  })

  it('a code signs in, once', async () => {
    const email = newEmail()
    const proof = await door.mailedCode(email)
    const session = await door.verify(proof)
    expect(bodyOf(session)['user_id']).toBe(proof.user_id)
    expect(decodeJwt(String(bodyOf(session)['access_token'])).claims['email']).toBe(email)
    expect(refusalOf(await door.verify(proof))).toBe('400 verification_code_invalid')
  })

  it('a link completes a challenge when its button is pressed, and not before', async () => {
    const { challenge, link } = await door.mailedLink()
    const page = await door.visitor.visit(link)
    expect([page.status, await door.stateOf(challenge.code)]).toEqual([200, 'pending'])
    expect(refusalOf(await door.redeem(challenge.code))).toBe('400 session_challenge_pending')
    expect((await door.visitor.press(link, page)).status).toBe(200)
    expect(await door.stateOf(challenge.code)).toBe('completed')
    const session = bodyOf(await door.redeem(challenge.code))
    expect(bodyOf(await door.redeem(challenge.code))['id']).toBe(session['id'])
    expect((await door.visitor.press(link, page)).status).toBe(400)
  })

  it('a passkey is made and signs in, and the refreshed token says so', async () => {
    const session = await door.signInByEmail()
    const authenticator = await door.addPasskey(session, createAuthenticator())
    const refreshed = await door.refreshed(session)
    expect(decodeJwt(refreshed.access_token).claims['has_passkey_credentials']).toBe(true)
    expect((await door.signInByPasskey(authenticator)).user_id).toBe(session.user_id)
  })

  it('an anonymous session refreshes and ends', async () => {
    const session = await door.signInAnonymously()
    const [one, other] = await Promise.all([door.refreshed(session), door.refreshed(session)])
    expect([one.id, other.id]).toEqual([session.id, session.id])
    expect((await door.logout(one)).status).toBe(204)
    expect(refusalOf(await door.refresh(other))).toBe('401 refresh_token_invalid')
    expect(refusalOf(await door.wallets(session))).toBe('401 unauthorized')
  })

  it('refusals have the same shape: no project, another origin, no token, no route, no method', async () => {
    expect(refusalOf(await door.send('/users/logout'))).toBe('400 project_missing')
    expect(refusalOf(await door.send('/users/logout', { headers: { 'x-walletkit-project-id': '__proto__' } }))).toBe(
      '403 project_unknown',
    )
    const foreign = await door.bare('/users/login-anonymously', { origin: 'https://evil.example' })
    expect([refusalOf(foreign), foreign.headers.get('access-control-allow-origin')]).toEqual([
      '403 origin_not_allowed',
      null,
    ])
    const own = await door.bare('/users/logout', { origin: ORIGIN })
    expect([refusalOf(own), own.headers.get('access-control-allow-origin')]).toEqual(['401 unauthorized', ORIGIN])
    expect(refusalOf(await door.get('/users/nothing'))).toBe('404 not_found')
    expect(refusalOf(await door.get('/users/verify-login'))).toBe('405 method_not_allowed')
    expect(refusalOf(await door.post('/wallets', {}))).toBe('404 not_found')
    expect(refusalOf(await door.get('/users/oauth/google-callback'))).toBe('404 not_found')
    expect(refusalOf(await door.verify({}, bearer({ access_token: 'x' })))).toBe('400 invalid_request')
  })
})
