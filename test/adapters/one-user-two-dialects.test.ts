import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestClock } from '../support/clock.ts'
import { openStoresForTests, openTestGateway, STORES } from '../support/gateway.ts'
import { ethereumSigner } from '../support/signers.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { FourMicaDoor, fourMicaProject, readTokens } from './fourmica/door.ts'
import {
  MoonKeyDoor,
  moonKeyProject,
  readBegin,
  readNonce,
  readSession,
  readTrio,
  readWallet,
  refusalOf,
  START,
} from './moonkey/door.ts'

const REFUSED = [401, { error: 'invalid refresh token' }]

describe.each(STORES)('one user behind two doors, on %s', (store) => {
  const stores = openStoresForTests(store)
  let moonKey: MoonKeyDoor
  let fourMica: FourMicaDoor
  beforeAll(async () => {
    const project = moonKeyProject({}, { fourmica: fourMicaProject().fourmica })
    const gateway = await openTestGateway({ projects: [project], stores, clock: new TestClock(START) })
    moonKey = new MoonKeyDoor(gateway, project)
    fourMica = new FourMicaDoor(gateway, project)
  })
  afterAll(() => stores.close())

  const newWallet = () => {
    const wallet = newEthereumWallet()
    return { wallet, signer: ethereumSigner(wallet) }
  }
  /** The sessions of a user in the store, of every dialect. */
  const doorsOf = async (userId: string) => {
    const sessions = await stores.sessions.list(moonKey.project.id, userId, moonKey.clock.now())
    return sessions.map(({ door }) => door).sort()
  }

  it('first 4mica, then MoonKey: the same user and the same wallet', async () => {
    const { wallet, signer } = newWallet()
    await fourMica.signIn(wallet)
    const owner = await moonKey.ownerOf(signer)
    const { user_id: userId, id } = await moonKey.signIn(signer)
    expect(userId).toBe(owner)
    expect((await moonKey.user(userId)).wallets.map((each) => each.id)).toEqual([id])
    expect(readBegin(await moonKey.begin(signer)).user_id).toBe(owner)
    expect(readNonce(await moonKey.nonce(signer)).user_created).toBe(false)
  })

  it('first MoonKey, then 4mica: the same user and the same wallet', async () => {
    const { wallet, signer } = newWallet()
    const { user_id: userId, id } = await moonKey.signIn(signer)
    await fourMica.signIn(wallet)
    expect(await moonKey.ownerOf(signer)).toBe(userId)
    expect((await moonKey.signInBySiwe(signer)).id).toBe(id)
    expect((await moonKey.user(userId)).wallets).toHaveLength(1)
  })

  it('begun in MoonKey, signed in through 4mica, verified in MoonKey: the promised user', async () => {
    const { wallet, signer } = newWallet()
    const body = await moonKey.prove(signer, { session_expires_in: 60 })
    const { user_id: promised } = readNonce(await moonKey.nonce(signer))
    expect(await moonKey.user(promised)).toMatchObject({ status: 'pending' })
    await fourMica.signIn(wallet)
    expect(await moonKey.ownerOf(signer)).toBe(promised)
    expect(await moonKey.user(promised)).toMatchObject({ status: 'active', wallets: [{}] })
    expect(readWallet(await moonKey.verify(body)).user_id).toBe(promised)
  })

  it('begun in MoonKey for a named user, signed in through 4mica first: 409, and the wallet stays', async () => {
    const { wallet, signer } = newWallet()
    const { user_id: named } = await moonKey.signIn(ethereumSigner())
    const body = await moonKey.prove(signer, {}, { user_id: named })
    await fourMica.signIn(wallet)
    const owner = await moonKey.ownerOf(signer)
    expect(owner).not.toBe(named)
    expect(refusalOf(await moonKey.verify(body))).toBe('409 wallet_already_attached')
    expect(await moonKey.ownerOf(signer)).toBe(owner)
  })

  it('first sign-ins through both doors at once make one user', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { wallet, signer } = newWallet()
      const body = await moonKey.prove(signer, { session_expires_in: 60 })
      const message = await moonKey.proveBySiwe(signer, {}, { session_expires_in: 60 })
      const proofs = await Promise.all([fourMica.prove(wallet), fourMica.prove(wallet)])
      const [one, two, ...answers] = await Promise.all([
        moonKey.verify(body),
        moonKey.verifySiwe(message),
        ...proofs.map((proof) => fourMica.verify(proof)),
      ])
      for (const answer of answers) readTokens(answer)
      const [first, second] = [readWallet(one), readWallet(two)]
      expect([first.user_id, first.id]).toEqual([second.user_id, second.id])
      expect(await moonKey.ownerOf(signer)).toBe(first.user_id)
      expect(await doorsOf(first.user_id)).toEqual(['fourmica', 'fourmica', 'moonkey', 'moonkey'])
    }
  })

  it('a 4mica nonce is not redeemable in MoonKey, and still is in 4mica', async () => {
    const { wallet, signer } = newWallet()
    const template = await fourMica.requestTemplate(wallet.address)
    // A message that MoonKey accepts but for the nonce.
    const message = await moonKey.proveBySiwe(signer, { nonce: template.nonce })
    expect(refusalOf(await moonKey.verifySiwe(message))).toBe('404 wallet_registration_not_found')
    readTokens(await fourMica.verify(await fourMica.prove(wallet, { template })))
  })

  it('a MoonKey nonce is not redeemable in 4mica, and still is in MoonKey', async () => {
    const { wallet, signer } = newWallet()
    const { nonce } = readNonce(await moonKey.nonce(signer))
    const { challenge } = readBegin(await moonKey.begin(signer))
    for (const foreign of [nonce, challenge.slice(-43)]) {
      const answer = await fourMica.verify(await fourMica.prove(wallet, { fields: { nonce: foreign } }))
      expect(answer.status).toBe(401)
      expect(answer.text).toContain('nonce')
    }
    readWallet(await moonKey.verifySiwe(await moonKey.proveBySiwe(signer, { nonce })))
  })

  it('a message signed for one door is none of the other’s', async () => {
    const { wallet, signer } = newWallet()
    const proof = await fourMica.prove(wallet)
    const asMoonKey = { wallet_type: 'ETH', public_address: wallet.address, siwe_challenge: proof.message }
    expect(refusalOf(await moonKey.verifySiwe({ ...asMoonKey, signature: proof.signature }))).toBe(
      '400 invalid_request',
    )
    const { siwe_challenge: message, signature } = await moonKey.proveBySiwe(signer)
    expect((await fourMica.verify({ address: wallet.address, message, signature })).status).toBe(401)
    readTokens(await fourMica.verify(proof))
  })

  it('4mica tokens are no MoonKey session, and live on', async () => {
    const { wallet, signer } = newWallet()
    const { access_token, refresh_token } = await fourMica.signIn(wallet)
    const body = await moonKey.prove(signer)
    const random = refresh_token.slice(-43)
    for (const shown of [
      { session_token: refresh_token },
      { session_token: random },
      {
        session_token: refresh_token
          .replace(/[^0-9A-Za-z]/g, '')
          .padEnd(64, '0')
          .slice(0, 64),
      },
      { session_jwt: access_token },
      { session_token: access_token },
      { session_jwt: refresh_token },
    ]) {
      expect(refusalOf(await moonKey.verifySession(shown))).toBe('404 session_not_found')
      expect(refusalOf(await moonKey.deleteSession(shown))).toBe('404 session_not_found')
      expect(refusalOf(await moonKey.verify({ ...body, ...shown }))).toBe('404 session_not_found')
    }
    expect(refusalOf(await moonKey.me(refresh_token))).toBe('404 session_not_found')
    readTokens(await fourMica.refresh(refresh_token))
  })

  it('MoonKey tokens are no 4mica refresh token, and live on', async () => {
    const { session, session_token, session_jwt } = await moonKey.openSession()
    for (const token of [session_token, session_jwt, session.id, `rfr_${session_token}`]) {
      const answer = await fourMica.refresh(token)
      expect([answer.status, answer.body]).toEqual(REFUSED)
      expect((await fourMica.logout(token)).body).toEqual({ revoked: false })
    }
    expect(readSession(await moonKey.verifySession({ session_token })).session.expires_at).toBe(session.expires_at)
  })

  it('sessions of one door are not listed, shown, added to or ended behind the other', async () => {
    const { wallet, signer } = newWallet()
    const { refresh_token } = await fourMica.signIn(wallet)
    const trio = readTrio(await moonKey.signIn(signer, { session_expires_in: 60 }))
    const { user_id: userId } = trio.session
    expect((await moonKey.listSessions(userId)).map(({ id }) => id)).toEqual([trio.session.id])
    expect(await doorsOf(userId)).toEqual(['fourmica', 'moonkey'])
    const all = await stores.sessions.list(moonKey.project.id, userId, moonKey.clock.now())
    const foreign = all.find(({ door }) => door === 'fourmica')
    if (foreign === undefined) throw new Error('no 4mica session')
    // What nobody is ever given: a token derived for the other door's session.
    const derived = moonKey.gateway.core.sessionToken(foreign)
    expect(refusalOf(await moonKey.verifySession({ session_token: derived }))).toBe('404 session_not_found')
    expect(refusalOf(await moonKey.verify(await moonKey.prove(signer, { session_token: derived })))).toBe(
      '404 session_not_found',
    )
    expect(refusalOf(await moonKey.deleteSession({ session_id: foreign.id }))).toBe('404 session_not_found')
    expect(refusalOf(await moonKey.deleteSession({ session_token: derived }))).toBe('404 session_not_found')
    readTokens(await fourMica.refresh(refresh_token))
  })

  it('a user deleted in MoonKey is signed out of 4mica too', async () => {
    const { wallet, signer } = newWallet()
    const { refresh_token } = await fourMica.signIn(wallet)
    const { user_id: userId } = await moonKey.signIn(signer)
    await moonKey.delete(`/v1/auth/users/${userId}/delete`)
    const answer = await fourMica.refresh(refresh_token)
    expect([answer.status, answer.body]).toEqual(REFUSED)
    await fourMica.signIn(wallet)
    const anew = await moonKey.ownerOf(signer)
    expect(anew).not.toBe(userId)
    expect((await moonKey.signIn(signer)).user_id).toBe(anew)
  })

  it('a wallet that was suspended is let in by neither door', async () => {
    const { wallet, signer } = newWallet()
    await moonKey.signIn(signer)
    const access = { role: 'user', scopes: [], status: 'suspended' }
    await moonKey.gateway.core.grantWalletAccess(moonKey.project.id, moonKey.account(signer), access)
    expect(refusalOf(await moonKey.verify(await moonKey.prove(signer)))).toBe('403 wallet_not_active')
    expect((await fourMica.verify(await fourMica.prove(wallet))).status).toBe(401)
  })
})
