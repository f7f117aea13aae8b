import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type FourMicaDoor, openDoor, type Proof, readTokens } from './door.ts'

const RACERS = 64

describe.each(STORES)('4mica: one winner on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).sort()
  const oneOf = (count: number) => [200, ...Array.from({ length: count - 1 }, () => 401)]

  async function liveSessions(wallet: ReturnType<typeof newEthereumWallet>) {
    const found = await stores.identities.findWallet(door.project.id, door.account(wallet))
    return found === null ? [] : stores.sessions.list(door.project.id, found.userId, door.clock.now())
  }

  it.each<[string, (proof: Proof) => Proof]>([
    ['a wrong signature', (proof) => ({ ...proof, signature: `0x${'11'.repeat(65)}` })],
    ['a signature that is not hex', (proof) => ({ ...proof, signature: 'zz' })],
    ['another address', (proof) => ({ ...proof, address: newEthereumWallet().address })],
    ['another domain', (proof) => ({ ...proof, message: proof.message.replace('auth.', 'evil.') })],
    [
      'an expired message',
      (proof) => ({
        ...proof,
        message: proof.message.replace(/Expiration Time: .*/, 'Expiration Time: 2020-01-01T00:00:00Z'),
      }),
    ],
    ['a text that is no message', (proof) => ({ ...proof, message: 'x' })],
  ])('4MICA-13: %s leaves the nonce usable and nothing behind', async (_, spoil) => {
    const wallet = newEthereumWallet()
    const proof = await door.prove(wallet)
    for (let i = 0; i < 3; i += 1) expect((await door.verify(spoil(proof))).status).not.toBe(200)
    expect(await stores.identities.findWallet(door.project.id, door.account(wallet))).toBeNull()
    readTokens(await door.verify(proof))
    expect(await liveSessions(wallet)).toHaveLength(1)
  })

  it('4MICA-13: a success burns the nonce', async () => {
    const proof = await door.prove(newEthereumWallet())
    readTokens(await door.verify(proof))
    for (let i = 0; i < 3; i += 1) {
      const answer = await door.verify(proof)
      expect(answer.status).toBe(401)
      expect(answer.text).toContain('nonce')
    }
  })

  it('4MICA-13: a success burns the nonce for every other message that holds it', async () => {
    const wallet = newEthereumWallet()
    const template = await door.requestTemplate(wallet.address)
    readTokens(await door.verify(await door.prove(wallet, { template })))
    expect((await door.verify(await door.prove(wallet, { template, fields: { expiration: null } }))).status).toBe(401)
  })

  it(`4MICA-13: of ${RACERS} parallel identical first sign-ins exactly one is 200, and the others leave no session`, async () => {
    const wallet = newEthereumWallet()
    const proof = await door.prove(wallet)
    const answers = await Promise.all(Array.from({ length: RACERS }, () => door.verify(proof)))
    expect(statuses(answers)).toEqual(oneOf(RACERS))
    expect(await liveSessions(wallet)).toHaveLength(1)
    const winner = answers.find(({ status }) => status === 200)
    if (winner === undefined) throw new Error('no winner')
    readTokens(await door.refresh(readTokens(winner).refresh_token))
  })

  it(`4MICA-13: of ${RACERS} parallel identical sign-ins of a known wallet exactly one is 200`, async () => {
    const wallet = newEthereumWallet()
    await door.signIn(wallet)
    const proof = await door.prove(wallet)
    const answers = await Promise.all(Array.from({ length: RACERS }, () => door.verify(proof)))
    expect(statuses(answers)).toEqual(oneOf(RACERS))
    expect(await liveSessions(wallet)).toHaveLength(2)
  })

  it('4MICA-13: parallel first sign-ins with nonces of their own all succeed and make one user', async () => {
    const wallet = newEthereumWallet()
    const proofs = await Promise.all(Array.from({ length: 16 }, () => door.prove(wallet)))
    const answers = await Promise.all(proofs.map((proof) => door.verify(proof)))
    for (const answer of answers) readTokens(answer)
    expect(await liveSessions(wallet)).toHaveLength(16)
  })

  it(`4MICA-18: of ${RACERS} parallel refreshes exactly one is 200, and its token works`, async () => {
    const wallet = newEthereumWallet()
    const { refresh_token } = await door.signIn(wallet)
    const answers = await Promise.all(Array.from({ length: RACERS }, () => door.refresh(refresh_token)))
    expect(statuses(answers)).toEqual(oneOf(RACERS))
    const winner = answers.find(({ status }) => status === 200)
    if (winner === undefined) throw new Error('no winner')
    readTokens(await door.refresh(readTokens(winner).refresh_token))
    expect(await liveSessions(wallet)).toHaveLength(1)
  })

  it(`4MICA-20: of ${RACERS} parallel logouts exactly one revokes`, async () => {
    const { refresh_token } = await door.signIn()
    const answers = await Promise.all(Array.from({ length: RACERS }, () => door.logout(refresh_token)))
    expect(answers.filter(({ body }) => (body as { revoked: boolean }).revoked)).toHaveLength(1)
  })

  it('4MICA-20: a logout beside parallel refreshes leaves no token that works', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { refresh_token } = await door.signIn()
      const [refreshed, loggedOut] = await Promise.all([door.refresh(refresh_token), door.logout(refresh_token)])
      const revoked = (loggedOut.body as { revoked: boolean }).revoked
      // Whoever came first won: either the token was swapped and there was nothing to revoke, or it was revoked.
      expect([refreshed.status, revoked]).toEqual(refreshed.status === 200 ? [200, false] : [401, true])
      if (revoked) expect((await door.refresh(refresh_token)).status).toBe(401)
    }
  })
})
