import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JWK, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { KeySetOwner } from '../../../core/stores/key-store.ts'
import { createMemoryKeyStore } from '../../../core/stores/memory/memory-key-store.ts'
import { DEFAULT_KEY_SCHEDULE } from '../../../core/tokens/key-set.ts'
import { rotateKeys } from '../../../core/tokens/rotate-keys.ts'
import { verifyAccessToken } from '../../../core/tokens/verify-access-token.ts'
import { TestClock } from '../../support/clock.ts'
import {
  decodeHeader,
  issueToken,
  MOONKEY,
  openReplica,
  type Replica,
  random,
  seedKeySet,
  WALLETKIT,
} from './fixtures.ts'

const { publicationSeconds } = DEFAULT_KEY_SCHEDULE

/** The SDK's verifier as it is: jose with its defaults, over what this replica publishes at the moment of asking. */
function openSdk({ ring }: Replica, { projectId, door }: KeySetOwner) {
  const url = new URL('https://auth.example.test/v1/auth/jwks/default?api_key=sk_test_1')
  let fetches = 0
  const keys = createRemoteJWKSet(url, {
    async [customFetch]() {
      fetches += 1
      return Response.json({ keys: await ring.publicKeys(projectId, door) })
    },
  })
  return {
    fetches: () => fetches,
    verify: (token: string) => jwtVerify(token, keys, { clockTolerance: 0 }),
  }
}

/** A published key as Streambird's SDK picks it: by type and name, then by every hint that is present. Exactly one may match. */
function matchesOf(published: readonly JWK[], token: string): readonly JWK[] {
  const { kid, alg } = decodeHeader(token)
  return published.filter(
    (key) =>
      key.kty === 'RSA' &&
      key.kid === kid &&
      key.alg === alg &&
      key.use === 'sig' &&
      key.key_ops?.includes('verify') === true,
  )
}

describe.each([
  ['MoonKey (RS256)', MOONKEY],
  ['WalletKit (ES256)', WALLETKIT],
])('rotation under %s', (_, owner) => {
  const clock = new TestClock()
  // jose keeps its own time for its cache and cool-down.
  beforeEach(() => {
    clock.set('2026-06-22T10:00:00.000Z')
    vi.useFakeTimers({ toFake: ['Date'], now: clock.now() })
  })
  afterEach(() => void vi.useRealTimers())
  const advance = (milliseconds: number) => {
    clock.advance(milliseconds)
    vi.setSystemTime(clock.now())
  }

  async function openReplicas() {
    const keyStore = createMemoryKeyStore()
    await seedKeySet(keyStore, owner, clock)
    return {
      a: openReplica({ keyStore, clock, owners: [owner] }),
      b: openReplica({ keyStore, clock, owners: [owner] }),
    }
  }
  const rotate = ({ keyStore, sealer }: Replica, force = false) =>
    rotateKeys({ keyStore, sealer, clock, random }, { ...owner, schedule: DEFAULT_KEY_SCHEDULE, force })

  it('a verifier elsewhere accepts every token, all the time, across three rotations and two replicas', async () => {
    const { a, b } = await openReplicas()
    const sdks = [openSdk(a, owner), openSdk(b, owner)]
    const alive: { token: string; expiresAt: number }[] = []
    const signers = new Set<unknown>()
    const start = clock.now().getTime()
    let rotations = 0
    while (rotations < 3 || clock.now().getTime() < start + 3 * publicationSeconds * 1000 + 400_000) {
      if ((await rotate(a)).outcome === 'rotated') rotations += 1
      for (const replica of [a, b]) {
        const token = await issueToken(replica, owner)
        signers.add(decodeHeader(token)['kid'])
        alive.push({ token, expiresAt: clock.now().getTime() + 300_000 })
      }
      // Fresh tokens by both verifiers and both replicas; the oldest that are still good once more.
      while ((alive[0]?.expiresAt ?? Number.POSITIVE_INFINITY) <= clock.now().getTime()) alive.shift()
      for (const { token } of [...alive.slice(-2), ...alive.slice(0, 2)]) {
        for (const sdk of sdks) expect((await sdk.verify(token)).payload.sub).toBe('user_1')
        for (const { ring } of [a, b])
          expect(await verifyAccessToken({ keys: ring }, { ...owner, token })).not.toBeNull()
      }
      await Promise.all([a.ring.idle(), b.ring.idle()])
      advance(17_000)
    }
    expect(signers.size).toBe(4)
    // No verifier had to look for a key it did not know: it reads only as often as its cache ends (every 10 minutes).
    const elapsed = clock.now().getTime() - start
    for (const sdk of sdks) expect(sdk.fetches()).toBeLessThanOrEqual(Math.ceil(elapsed / 600_000))
  })

  it('the worst moment: fetched just before the next key appeared, asked just after it began to sign', async () => {
    const { a, b } = await openReplicas()
    advance(publicationSeconds * 1000)
    await b.ring.prepare()
    const sdk = openSdk(b, owner)
    await sdk.verify(await issueToken(b, owner)) // The verifier's set: without the key about to be made.
    const { keySet } = await rotate(a)
    advance(publicationSeconds * 1000)
    expect((await rotate(a)).keySet.current.keyId).toBe(keySet.next?.keyId)
    const signer = openReplica({ keyStore: a.keyStore, clock, owners: [owner] })
    const token = await issueToken(signer, owner)
    expect(decodeHeader(token)['kid']).toBe(keySet.next?.keyId)
    expect((await sdk.verify(token)).payload.sub).toBe('user_1')
  })

  it('forced, the same moment is what the waiting time prevents', async () => {
    const { a, b } = await openReplicas()
    const sdk = openSdk(b, owner)
    await sdk.verify(await issueToken(b, owner))
    await rotate(a, true)
    await rotate(a, true)
    const token = await issueToken(openReplica({ keyStore: a.keyStore, clock, owners: [owner] }), owner)
    await expect(sdk.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' })
    advance(60_000)
    expect((await sdk.verify(token)).payload.sub).toBe('user_1') // Cool-down and replicas are over by then.
  })

  it('publishes next, current and retiring keys, of which exactly one fits a token', async () => {
    const { a } = await openReplicas()
    const before = await issueToken(a, owner)
    advance(publicationSeconds * 1000)
    await rotate(a)
    const during = await issueToken(openReplica({ keyStore: a.keyStore, clock, owners: [owner] }), owner)
    advance(30_000)
    const after = await issueToken(a, owner)
    const published = await a.ring.publicKeys(owner.projectId, owner.door)
    const stored = await a.keyStore.find(owner.projectId, owner.door)
    expect(published.map(({ kid }) => kid)).toEqual(stored?.keys.map(({ keyId }) => keyId))
    expect(stored?.keys.map(({ state }) => state)).toEqual(['current', 'next', 'retiring'])
    const jwks = JSON.parse(JSON.stringify({ keys: published })) as { keys: JWK[] }
    for (const token of [before, during, after]) {
      if (owner.door === 'moonkey') expect(matchesOf(jwks.keys, token)).toHaveLength(1)
      const options = { currentDate: new Date(clock.now().getTime() - publicationSeconds * 1000) }
      const claims = { ...options, clockTolerance: publicationSeconds + 60 }
      expect((await jwtVerify(token, createLocalJWKSet(jwks), claims)).payload.sub).toBe('user_1')
    }
  })
})
