import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { ethereumSigner, SIGNERS, type Signer } from '../../support/signers.ts'
import {
  type Body,
  type MoonKeyDoor,
  openDoor,
  readBegin,
  readNonce,
  readSession,
  readTrio,
  readWallet,
  refusalOf,
} from './door.ts'
import { newEmail } from './endpoints.ts'

const RACERS = 64
const signers = Object.entries(SIGNERS)
const repeat = <T>(count: number, act: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => act(index)))
/** How often each verdict was given. */
const tally = (answers: readonly Answer[]) => {
  const counts: Record<string, number> = {}
  for (const verdict of answers.map(refusalOf)) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}

describe.each(STORES)('MoonKey: one winner on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const winnerOf = (answers: readonly Answer[]) => {
    const winner = answers.find(({ status }) => status === 200)
    if (winner === undefined) throw new Error('nobody won')
    return readWallet(winner)
  }

  describe.each(signers)('%s', (_, newSigner) => {
    it.each<[string, Body, number]>([
      ['with a new session', { session_expires_in: 60 }, 1],
      ['without a session', {}, 0],
    ])(`MOON-22: of ${RACERS} parallel verifies of one challenge %s one is 200`, async (_name, wish, sessions) => {
      const body = await door.prove(newSigner(), wish)
      const answers = await repeat(RACERS, () => door.verify(body))
      expect(tally(answers)).toEqual({ 200: 1, '404 wallet_registration_not_found': RACERS - 1 })
      const { user_id: userId } = winnerOf(answers)
      expect(await door.listSessions(userId)).toHaveLength(sessions)
      expect((await door.user(userId)).wallets).toHaveLength(1)
    })

    it(`MOON-22: of ${RACERS} parallel siwe/verifies of one message one is 200, and one session results`, async () => {
      const body = await door.proveBySiwe(newSigner(), {}, { session_expires_in: 60 })
      const answers = await repeat(RACERS, () => door.verifySiwe(body))
      expect(tally(answers)).toEqual({ 200: 1, '404 wallet_registration_not_found': RACERS - 1 })
      const winner = winnerOf(answers)
      const [session, ...rest] = await door.listSessions(winner.user_id)
      expect(rest).toEqual([])
      expect(readSession(await door.verifySession({ session_token: readTrio(winner).session_token })).session.id).toBe(
        session?.id,
      )
    })

    it('MOON-22: of parallel verifies with a session shown one is 200, and that session has one factor more', async () => {
      const trio = await door.openSession()
      const signer = newSigner()
      const body = await door.prove(signer, { session_token: trio.session_token }, { user_id: trio.session.user_id })
      const answers = await repeat(RACERS, () => door.verify(body))
      expect(tally(answers)).toEqual({ 200: 1, '404 wallet_registration_not_found': RACERS - 1 })
      expect(await door.listSessions(trio.session.user_id)).toMatchObject([{ id: trio.session.id, factors: [{}, {}] }])
    })
  })

  it('MOON-22: challenge and nonces of one new wallet, all at once, make one user and one wallet', async () => {
    const signer = ethereumSigner()
    const challenge = await door.prove(signer, { session_expires_in: 5 })
    const messages = []
    for (let i = 0; i < 12; i += 1) messages.push(await door.proveBySiwe(signer, {}, { session_expires_in: 5 }))
    const answers = await Promise.all([door.verify(challenge), ...messages.map((body) => door.verifySiwe(body))])
    const wallets = answers.map(readWallet)
    expect(new Set(wallets.map(({ id }) => id)).size).toBe(1)
    expect(new Set(wallets.map(({ user_id }) => user_id)).size).toBe(1)
    const userId = String(wallets[0]?.user_id)
    expect(await door.listSessions(userId)).toHaveLength(13)
    expect((await door.user(userId)).wallets).toHaveLength(1)
  })

  it('MOON-22: a second begin beside a verify: the verify wins or fails, and never both registrations are spent', async () => {
    for (let round = 0; round < 12; round += 1) {
      const signer = ethereumSigner()
      const body = await door.prove(signer)
      const [verified, begun] = await Promise.all([door.verify(body), door.begin(signer)])
      const { challenge } = readBegin(begun)
      expect(['200', '400 invalid_signature', '404 wallet_registration_not_found']).toContain(refusalOf(verified))
      const again = { ...body, signature: await signer.sign(challenge) }
      readWallet(await door.verify(again))
      expect(refusalOf(await door.verify(again))).toBe('404 wallet_registration_not_found')
    }
  })
})

describe.each(STORES)('MoonKey: a wallet never moves, on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const newUser = async () => (await door.createUser({ email: newEmail(), requires_verification: true })).user_id
  const siweFor = async (signer: Signer, userId: string, more: Body = {}) =>
    door.proveBySiwe(signer, { nonce: readNonce(await door.nonce(signer, { user_id: userId })).nonce }, more)

  it('MOON-13: registrations of one new wallet for two users: the first proof has it, the other is 409', async () => {
    const [one, two] = [await newUser(), await newUser()]
    const signer = ethereumSigner()
    const [first, second] = [await siweFor(signer, one), await siweFor(signer, two, { session_expires_in: 60 })]
    expect(readWallet(await door.verifySiwe(first)).user_id).toBe(one)
    expect(refusalOf(await door.verifySiwe(second))).toBe('409 wallet_already_attached')
    expect(await door.ownerOf(signer)).toBe(one)
    expect(await door.listSessions(two)).toEqual([])
    expect((await door.user(two)).wallets).toEqual([])
    expect((await door.signIn(signer)).user_id).toBe(one)
  })

  it('MOON-13: the same at once, over and over: one is 200, the other 409, and the owner is the winner', async () => {
    for (let round = 0; round < 16; round += 1) {
      const users = [await newUser(), await newUser(), await newUser()]
      const signer = round % 2 === 0 ? ethereumSigner() : SIGNERS.solana()
      const bodies = await Promise.all(users.map((userId) => siweFor(signer, userId, { session_expires_in: 60 })))
      const answers = await Promise.all(bodies.map((body) => door.verifySiwe(body)))
      expect(tally(answers)).toEqual({ 200: 1, '409 wallet_already_attached': 2 })
      const winner = answers.findIndex(({ status }) => status === 200)
      expect(await door.ownerOf(signer)).toBe(users[winner])
      for (const [index, userId] of users.entries()) {
        const { status, wallets } = await door.user(userId)
        expect([status, wallets.length]).toEqual(index === winner ? ['active', 1] : ['pending', 0])
        expect(await door.listSessions(userId)).toHaveLength(index === winner ? 1 : 0)
      }
    }
  })

  it('MOON-13: a promised user and a named one at once: one owner, and the other gets nothing', async () => {
    for (let round = 0; round < 12; round += 1) {
      const signer = ethereumSigner()
      const named = await newUser()
      const promised = await door.proveBySiwe(signer)
      const { user_id: promisedId } = readNonce(await door.nonce(signer))
      const [one, two] = await Promise.all([door.verifySiwe(promised), door.verifySiwe(await siweFor(signer, named))])
      const owner = await door.ownerOf(signer)
      expect(tally([one, two])).toEqual({ 200: 1, '409 wallet_already_attached': 1 })
      expect(owner).toBe(one.status === 200 ? promisedId : named)
    }
  })

  it('MOON-25: a session of the owner does not let another user’s wallet in, nor the reverse', async () => {
    const [own, foreign] = [ethereumSigner(), ethereumSigner()]
    const trio = await door.openSession(own)
    const { user_id: foreignId } = await door.signIn(foreign)
    const body = await door.prove(foreign, { session_token: trio.session_token })
    expect(refusalOf(await door.verify(body))).toBe('400 session_user_mismatch')
    expect(refusalOf(await door.begin(foreign, { user_id: trio.session.user_id }))).toBe('409 wallet_already_attached')
    expect(await door.ownerOf(foreign)).toBe(foreignId)
    expect((await door.user(trio.session.user_id)).wallets).toHaveLength(1)
  })

  it('MOON-13: begun while it was nobody’s, proved when it is somebody’s: 409, and nothing moves', async () => {
    const signer = ethereumSigner()
    const named = await newUser()
    const early = await door.prove(signer, { session_expires_in: 60 }, { user_id: named })
    const { user_id: owner } = await door.signInBySiwe(signer)
    expect(owner).not.toBe(named)
    expect(refusalOf(await door.verify(early))).toBe('409 wallet_already_attached')
    expect(await door.ownerOf(signer)).toBe(owner)
    expect(await door.listSessions(named)).toEqual([])
  })

  it('MOON-41: signing in beside the deletion of the user leaves no session of a user who is gone', async () => {
    for (let round = 0; round < 24; round += 1) {
      const signer = ethereumSigner()
      const { user_id: userId } = await door.signIn(signer)
      const proofs = []
      for (let i = 0; i < 4; i += 1) proofs.push(await door.proveBySiwe(signer, {}, { session_expires_in: 60 }))
      const remove = async () => {
        for (let turn = 0; turn < round % 6; turn += 1) await new Promise(setImmediate)
        return door.delete(`/v1/auth/users/${userId}/delete`)
      }
      const [removed, ...answers] = await Promise.all([remove(), ...proofs.map((proof) => door.verifySiwe(proof))])
      expect(removed.status).toBe(200)
      for (const answer of answers) {
        expect(['200', '404 user_not_found', '409 wallet_already_attached']).toContain(refusalOf(answer))
        if (answer.status !== 200) continue
        const { session, session_token } = readTrio(readWallet(answer))
        const isGone = refusalOf(await door.get(`/v1/auth/users/${session.user_id}`)) === '404 user_not_found'
        const verdict = refusalOf(await door.verifySession({ session_token }))
        expect(verdict).toBe(isGone ? '404 session_not_found' : '200')
      }
      const anew = await door.signIn(signer)
      expect((await door.user(anew.user_id)).wallets).toHaveLength(1)
    }
  })

  it('MOON-41: a user who is deleted in the midst of a sign-in gets no session out of it', async () => {
    let meanwhile: (() => Promise<unknown>) | null = null
    const interrupted = interceptStores(stores, async (act, _, run) => {
      const first = act === 'sessions.open' ? meanwhile : null
      if (first !== null) meanwhile = null
      await first?.()
      return run()
    })
    const own = await openDoor(interrupted)
    const signer = ethereumSigner()
    const { user_id: userId } = await own.signIn(signer)
    const body = await own.prove(signer, { session_expires_in: 60 })
    meanwhile = () => own.delete(`/v1/auth/users/${userId}/delete`)
    expect(refusalOf(await own.verify(body))).toBe('404 user_not_found')
    expect(meanwhile).toBeNull()
    expect(await stores.sessions.list(own.project.id, userId, own.clock.now())).toEqual([])
  })
})
