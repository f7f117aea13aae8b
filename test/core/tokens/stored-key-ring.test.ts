import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import type { KeyStore, StoredKey, StoredKeySet } from '../../../core/stores/key-store.ts'
import { createMemoryKeyStore } from '../../../core/stores/memory/memory-key-store.ts'
import { generateKey } from '../../../core/tokens/generate-key.ts'
import { issueAccessToken } from '../../../core/tokens/issue-access-token.ts'
import { createCompositeKeyRing, createStaticKeyRing } from '../../../core/tokens/key-ring.ts'
import { DEFAULT_KEY_SCHEDULE } from '../../../core/tokens/key-set.ts'
import { rotateKeys } from '../../../core/tokens/rotate-keys.ts'
import { createSharedSecretKey } from '../../../core/tokens/signing-key.ts'
import { verifyAccessToken } from '../../../core/tokens/verify-access-token.ts'
import {
  decodeHeader,
  issueToken,
  MOONKEY,
  NEWER_SECRET,
  OTHER_PROJECT,
  openReplica,
  type Replica,
  random,
  SECRET,
  seedKeySet,
  WALLETKIT,
  watchStore,
} from './fixtures.ts'

const OUTAGE = new AuthError('store_unavailable', 'redis_unreachable')
const unknownKeyId = (index = 0) => `${index}`.padStart(43, 'A')

/** A ring over a watched store that holds one complete WalletKit set, read once. */
async function openPrepared(secrets?: readonly Uint8Array[]) {
  const keyStore = watchStore(createMemoryKeyStore())
  const replica = openReplica({ keyStore, owners: [WALLETKIT], ...(secrets === undefined ? {} : { secrets }) })
  await seedKeySet(keyStore, WALLETKIT, replica.clock)
  await replica.ring.prepare()
  keyStore.reads = 0
  return { ...replica, keyStore }
}

function forceRotation({ keyStore, sealer, clock }: Replica) {
  return rotateKeys({ keyStore, sealer, clock, random }, { ...WALLETKIT, schedule: DEFAULT_KEY_SCHEDULE, force: true })
}

describe('the first use of a set', () => {
  it('makes the current key at once and the next one in the background', async () => {
    const { ring, keyStore, faults } = openReplica({ owners: [WALLETKIT] })
    const signing = await ring.signingKey('demo', 'walletkit')
    await ring.idle()
    expect(faults).toEqual([])
    const found = await keyStore.find('demo', 'walletkit')
    expect(found?.keys.map(({ state }) => state)).toEqual(['current', 'next'])
    expect(found?.keys[0]?.keyId).toBe(signing.keyId)
    expect((await ring.publicKeys('demo', 'walletkit')).map(({ kid }) => kid)).toEqual(
      found?.keys.map(({ keyId }) => keyId),
    )
  })

  it('gives MoonKey RSA keys of 2048 bits, WalletKit P-256 keys, and every project its own', async () => {
    const { ring } = openReplica({})
    await ring.prepare()
    const moonkey = await ring.signingKey('demo', 'moonkey')
    const walletkit = await ring.signingKey('demo', 'walletkit')
    const other = await ring.signingKey('other', 'moonkey')
    expect(moonkey.algorithm).toBe('RS256')
    expect(moonkey.key.asymmetricKeyDetails?.modulusLength).toBe(2048)
    expect(walletkit.algorithm).toBe('ES256')
    expect(walletkit.key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    expect(new Set([moonkey.keyId, walletkit.keyId, other.keyId]).size).toBe(3)
  })

  it('is made once for a hundred requests at once, and read again once for as many', async () => {
    const keyStore = watchStore(createMemoryKeyStore())
    const { ring, clock } = openReplica({ keyStore, owners: [WALLETKIT] })
    const useByMany = () => Promise.all(Array.from({ length: 100 }, () => ring.signingKey('demo', 'walletkit')))
    expect(new Set(await useByMany()).size).toBe(1)
    await ring.idle()
    expect(keyStore.writes).toBe(2) // The current key, then the next one.
    keyStore.reads = 0
    clock.advance(30_000)
    await useByMany()
    expect(keyStore.reads).toBe(1)
  })

  it('is refused for a project that has no such dialect, and writes nothing', async () => {
    const { ring, keyStore } = openReplica({ owners: [WALLETKIT] })
    expect(() => ring.signingKey('stranger', 'walletkit')).toThrow('project stranger has no key set for walletkit')
    expect(() => ring.publicKeys('demo', 'moonkey')).toThrow('project demo has no key set for moonkey')
    expect(() => ring.verificationKeys('demo', 'fourmica')).toThrow('project demo has no key set for fourmica')
    expect(await keyStore.find('stranger', 'walletkit')).toBeNull()
  })

  it('fails while the store is down, and works when it is back', async () => {
    const keyStore = watchStore(createMemoryKeyStore())
    const { ring } = openReplica({ keyStore, owners: [WALLETKIT] })
    keyStore.outage = OUTAGE
    await expect(ring.prepare()).rejects.toBe(OUTAGE)
    keyStore.outage = null
    await ring.prepare()
    await ring.idle()
  })
})

describe('reading again', () => {
  it('answers at once, without a promise and without the store, for five seconds', async () => {
    const { ring, keyStore, clock } = await openPrepared()
    clock.advance(4_999)
    for (let use = 0; use < 1_000; use += 1) {
      expect(ring.signingKey('demo', 'walletkit')).not.toBeInstanceOf(Promise)
      expect(ring.verificationKeys('demo', 'walletkit')).not.toBeInstanceOf(Promise)
      expect(ring.publicKeys('demo', 'walletkit')).not.toBeInstanceOf(Promise)
    }
    expect(keyStore.reads).toBe(0)
  })

  it('happens once, in the background, after ten seconds at most', async () => {
    const { ring, keyStore, clock } = await openPrepared()
    clock.advance(10_000)
    for (let use = 0; use < 1_000; use += 1) expect(ring.signingKey('demo', 'walletkit')).not.toBeInstanceOf(Promise)
    await ring.idle()
    expect(keyStore.reads).toBe(1)
    ring.signingKey('demo', 'walletkit')
    expect(keyStore.reads).toBe(1)
  })

  it('brings a rotation made elsewhere', async () => {
    const here = await openPrepared()
    const { keySet } = await forceRotation(openReplica({ keyStore: here.keyStore, clock: here.clock }))
    here.clock.advance(10_000)
    await here.ring.signingKey('demo', 'walletkit')
    await here.ring.idle()
    expect((await here.ring.signingKey('demo', 'walletkit')).keyId).toBe(keySet.current.keyId)
  })

  it('keeps the very keys it has when nothing changed', async () => {
    const { ring, clock } = await openPrepared()
    const before = [await ring.signingKey('demo', 'walletkit'), await ring.verificationKeys('demo', 'walletkit')]
    clock.advance(30_000)
    expect(await ring.signingKey('demo', 'walletkit')).toBe(before[0])
    expect(await ring.verificationKeys('demo', 'walletkit')).toBe(before[1])
  })

  it('may fail for thirty seconds after the last success, is reported, and then stops everything', async () => {
    const { ring, keyStore, clock, faults } = await openPrepared()
    const signing = ring.signingKey('demo', 'walletkit')
    keyStore.outage = OUTAGE
    clock.advance(29_999)
    expect(ring.signingKey('demo', 'walletkit')).toBe(signing)
    await ring.idle()
    expect(faults).toEqual([OUTAGE])

    clock.advance(1)
    await expect(ring.signingKey('demo', 'walletkit')).rejects.toBe(OUTAGE)
    await expect(ring.verificationKeys('demo', 'walletkit')).rejects.toBe(OUTAGE)
    await expect(ring.publicKeys('demo', 'walletkit')).rejects.toBe(OUTAGE)

    keyStore.outage = null
    expect(await ring.signingKey('demo', 'walletkit')).toBe(signing)
  })

  it('is not tried with every request while the store is down', async () => {
    const { ring, keyStore, clock, faults } = await openPrepared()
    keyStore.outage = OUTAGE
    clock.advance(10_000)
    for (let use = 0; use < 100; use += 1) {
      await ring.signingKey('demo', 'walletkit')
      await ring.idle()
      clock.advance(10) // 100 requests in a second
    }
    expect(keyStore.reads).toBe(1)
    expect(faults).toHaveLength(1)
    await ring.signingKey('demo', 'walletkit')
    await ring.idle()
    expect(keyStore.reads).toBe(2)
  })

  it('happens before anything else when the clock stepped back', async () => {
    const { ring, keyStore, clock } = await openPrepared()
    clock.advance(-1)
    expect(ring.signingKey('demo', 'walletkit')).toBeInstanceOf(Promise)
    expect(keyStore.reads).toBe(1)
  })

  it('gives a set back to a store that lost it, so that its tokens stay good', async () => {
    const before = await openPrepared()
    const signing = await before.ring.signingKey('demo', 'walletkit')
    let inner: KeyStore = before.keyStore
    const moving: KeyStore = {
      find: (...owner) => inner.find(...owner),
      replace: (...change) => inner.replace(...change),
    }
    const { ring, clock } = openReplica({ keyStore: moving, owners: [WALLETKIT], clock: before.clock })
    await ring.prepare()
    inner = createMemoryKeyStore()
    clock.advance(30_000)
    expect((await ring.signingKey('demo', 'walletkit')).keyId).toBe(signing.keyId)
    const restored = await inner.find('demo', 'walletkit')
    expect(restored?.keys).toEqual((await before.keyStore.find('demo', 'walletkit'))?.keys)
  })
})

describe('a ring for other owners', () => {
  it('has at hand what the first has, reads what is new, and refuses what is not its own', async () => {
    const { ring, keyStore } = await openPrepared()
    const other = ring.over([WALLETKIT, OTHER_PROJECT])
    expect(other.signingKey('demo', 'walletkit')).toBe(ring.signingKey('demo', 'walletkit'))
    expect(keyStore.reads).toBe(0)
    expect(other.signingKeys()).toHaveLength(1)
    await other.prepare()
    expect(other.signingKeys()).toHaveLength(2)
    expect(() => ring.signingKey('other', 'moonkey')).toThrow('has no key set')
    expect(() => other.over([OTHER_PROJECT]).signingKey('demo', 'walletkit')).toThrow('has no key set')
    await ring.idle()
    expect((await keyStore.find('other', 'moonkey'))?.keys).toHaveLength(2)
  })

  it('cannot be prepared while the store is down, unless all is at hand, and the first goes on', async () => {
    const { ring, keyStore } = await openPrepared()
    keyStore.outage = OUTAGE
    await expect(ring.over([WALLETKIT, OTHER_PROJECT]).prepare()).rejects.toBe(OUTAGE)
    await ring.over([WALLETKIT]).prepare()
    expect(ring.signingKey('demo', 'walletkit')).not.toBeInstanceOf(Promise)
  })

  it('follows a rotation together with the first', async () => {
    const replica = await openPrepared()
    const other = replica.ring.over([WALLETKIT])
    const before = await other.signingKey('demo', 'walletkit')
    await forceRotation(replica)
    replica.clock.advance(30_000)
    const after = await replica.ring.signingKey('demo', 'walletkit')
    expect(after.keyId).not.toBe(before.keyId)
    expect(other.signingKey('demo', 'walletkit')).toBe(after)
  })
})

describe('a token under a key we do not know', () => {
  it('makes the ring look at once, so that even a forced rotation elsewhere is seen', async () => {
    const here = await openPrepared()
    const there = openReplica({ keyStore: here.keyStore, clock: here.clock, owners: [WALLETKIT] })
    await forceRotation(there)
    const { keySet } = await forceRotation(there) // Twice, so that its key was never known here.
    const token = await issueToken(there, WALLETKIT)
    expect(decodeHeader(token)['kid']).toBe(keySet.current.keyId)
    expect(await verifyAccessToken({ keys: here.ring }, { ...WALLETKIT, token })).toMatchObject({ sub: 'user_1' })
  })

  it('costs one read a second, however many are invented', async () => {
    const { ring, keyStore, clock } = await openPrepared()
    const invent = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, index) => ring.verificationKeys('demo', 'walletkit', unknownKeyId(index))),
      )
    await invent(500)
    clock.advance(999)
    await invent(500)
    expect(keyStore.reads).toBe(1)
    clock.advance(1)
    await invent(500)
    expect(keyStore.reads).toBe(2)
  })

  it('costs nothing when it is known, or when no key of ours could be called so', async () => {
    const { ring, keyStore } = await openPrepared()
    const { keyId } = await ring.signingKey('demo', 'walletkit')
    for (const name of [
      String(keyId),
      '',
      'jwk_1',
      unknownKeyId().slice(1),
      `${unknownKeyId()}A`,
      '../'.padStart(43, 'A'),
    ]) {
      await ring.verificationKeys('demo', 'walletkit', name)
    }
    expect(keyStore.reads).toBe(0)
  })

  it('cannot be judged while the store is down: that is no refusal', async () => {
    const here = await openPrepared()
    const stranger = openReplica({ owners: [WALLETKIT], clock: here.clock })
    const proof = { ...WALLETKIT, token: await issueToken(stranger, WALLETKIT) }
    expect(await verifyAccessToken({ keys: here.ring }, proof)).toBeNull()
    here.clock.advance(1_000)
    here.keyStore.outage = OUTAGE
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(verifyAccessToken({ keys: here.ring }, proof)).rejects.toBe(OUTAGE)
    }
    expect(here.keyStore.reads).toBe(2)
    // Tokens under known keys are judged all the same.
    const good = { ...WALLETKIT, token: await issueToken(here, WALLETKIT) }
    expect(await verifyAccessToken({ keys: here.ring }, good)).not.toBeNull()
    await stranger.ring.idle()
  })
})

describe('secrets', () => {
  it('a secret that is missing stops everything, says which, and changes nothing', async () => {
    const before = await openPrepared()
    const stored = await before.keyStore.find('demo', 'walletkit')
    const { ring } = openReplica({ keyStore: before.keyStore, owners: [WALLETKIT], secrets: [NEWER_SECRET] })
    const refusal = { code: 'store_unavailable', reason: 'key_secret_unknown' }
    await expect(ring.prepare()).rejects.toMatchObject(refusal)
    await expect(ring.signingKey('demo', 'walletkit')).rejects.toMatchObject(refusal)
    await expect(ring.verificationKeys('demo', 'walletkit')).rejects.toMatchObject(refusal)
    await expect(ring.publicKeys('demo', 'walletkit')).rejects.toMatchObject(refusal)
    await ring.idle()
    expect(await before.keyStore.find('demo', 'walletkit')).toEqual(stored)
  })

  it('a newer secret in front keeps every token good, and takes over with the next change', async () => {
    const before = await openPrepared()
    const token = await issueToken(before, WALLETKIT)
    const both = openReplica({ ...before, secrets: [NEWER_SECRET, SECRET], owners: [WALLETKIT] })
    expect(await verifyAccessToken({ keys: both.ring }, { ...WALLETKIT, token })).not.toBeNull()
    await forceRotation(both)
    const newest = openReplica({ ...before, secrets: [NEWER_SECRET], owners: [WALLETKIT] })
    expect(await verifyAccessToken({ keys: newest.ring }, { ...WALLETKIT, token })).not.toBeNull()
    const oldest = openReplica({ ...before, secrets: [SECRET], owners: [WALLETKIT] })
    await expect(oldest.ring.prepare()).rejects.toMatchObject({ reason: 'key_secret_unknown' })
  })
})

describe('a record that somebody else wrote', () => {
  type Alteration = (set: StoredKeySet, others: { foreign: StoredKey[]; earlier: StoredKey[] }) => readonly StoredKey[]
  const alterations: [string, string, Alteration][] = [
    ['a key of another project', 'key_tampered', ({ keys }, { foreign }) => [...keys, ...foreign.slice(1)]],
    ['the keys of another project', 'key_tampered', (_, { foreign }) => foreign],
    [
      'an unsealed key to be accepted',
      'key_tampered',
      ({ keys }, { foreign }) => [
        ...keys,
        ...foreign.slice(0, 1).map((key) => ({ ...key, state: 'retiring' as const, retiredAt: new Date() })),
      ],
    ],
    [
      'current and next exchanged',
      'key_tampered',
      ({ keys }) =>
        keys.map((key) => ({ ...key, state: key.state === 'current' ? ('next' as const) : ('current' as const) })),
    ],
    [
      'the certificates exchanged',
      'key_tampered',
      ({ keys }) => keys.map((key, index) => ({ ...key, certificate: keys[1 - index]?.certificate ?? '' })),
    ],
    ['the current key missing', 'key_set_malformed', ({ keys }) => keys.slice(1)],
    ['no keys', 'key_set_malformed', () => []],
    ['a key twice', 'key_set_malformed', ({ keys }) => [...keys, ...keys.slice(1)]],
    ['a retiring key twice', 'key_set_malformed', ({ keys }) => [...keys, ...keys.slice(-1)]],
    [
      'the current key of an earlier version beside today’s',
      'key_set_malformed',
      ({ keys }, { earlier }) => [...keys.filter(({ state }) => state !== 'retiring'), ...earlier.slice(0, 1)],
    ],
  ]

  it.each(alterations)('with %s stops everything (%s)', async (_, reason, alter) => {
    const keyStore = createMemoryKeyStore()
    const owner = openReplica({ keyStore })
    await seedKeySet(keyStore, WALLETKIT, owner.clock)
    const earlier = await keyStore.find('demo', 'walletkit')
    await forceRotation(owner)
    const other = { projectId: 'other', door: 'walletkit' } as const
    await seedKeySet(keyStore, other, owner.clock)
    const foreign = await keyStore.find('other', 'walletkit')
    const set = await keyStore.find('demo', 'walletkit')
    if (set === null || earlier === null || foreign === null) throw new Error('the sets are not there')
    const held = openReplica({ keyStore, owners: [WALLETKIT], clock: owner.clock })
    await held.ring.prepare()

    // The exchange needs exactly two keys; the rest of the record is as it was.
    const base = reason === 'key_tampered' ? { ...set, keys: set.keys.slice(0, 2) } : set
    const keys = alter(base, { foreign: [...foreign.keys], earlier: [...earlier.keys] })
    expect(await keyStore.replace({ ...WALLETKIT, keys }, set.version)).toBe(true)

    const refusal = { code: 'store_unavailable', reason }
    const fresh = openReplica({ keyStore, owners: [WALLETKIT], clock: owner.clock })
    await expect(fresh.ring.prepare()).rejects.toMatchObject(refusal)
    owner.clock.advance(30_000)
    await expect(held.ring.verificationKeys('demo', 'walletkit')).rejects.toMatchObject(refusal)
  })
})

it('a certificate of another key is refused, even well sealed', async () => {
  const { keyStore, sealer, clock, ring } = openReplica({ owners: [WALLETKIT] })
  const [named, certified] = await Promise.all([1, 2].map(() => generateKey({ clock, random }, 'walletkit')))
  if (named === undefined || certified === undefined) throw new Error('no keys')
  const facts = { ...named, state: 'current', createdAt: clock.now(), retiredAt: null } as const
  const { keyId, algorithm, state, createdAt, retiredAt } = facts
  const mixed = { keyId, algorithm, state, createdAt, retiredAt, certificate: certified.certificate }
  await keyStore.replace({ ...WALLETKIT, keys: [sealer.seal(WALLETKIT, mixed, named.privateKey)] }, 0)
  await expect(ring.prepare()).rejects.toMatchObject({ code: 'store_unavailable', reason: 'key_set_malformed' })
})

describe('createCompositeKeyRing', () => {
  it('asks the ring of the dialect, and publishes nothing of shared secrets', async () => {
    const stored = openReplica({ owners: [MOONKEY, WALLETKIT, OTHER_PROJECT] })
    const shared = createStaticKeyRing([
      { projectId: 'demo', door: 'fourmica', key: createSharedSecretKey('x'.repeat(32)) },
    ])
    const keys = createCompositeKeyRing({ fourmica: shared, moonkey: stored.ring, walletkit: stored.ring })
    expect(await keys.signingKey('demo', 'fourmica')).toMatchObject({ algorithm: 'HS256', keyId: null })
    expect(await keys.publicKeys('demo', 'fourmica')).toEqual([])
    expect(await keys.signingKey('demo', 'walletkit')).toMatchObject({ algorithm: 'ES256' })
    expect(await keys.signingKey('demo', 'moonkey')).toMatchObject({ algorithm: 'RS256' })
    expect(() => keys.signingKey('other', 'fourmica')).toThrow('project other has no signing key for fourmica')
    await stored.ring.idle()

    const ports = { keys, clock: stored.clock, random }
    const request = { projectId: 'demo', ttlSeconds: 300, claims: { sub: 'user_1' } }
    expect(issueAccessToken(ports, { ...request, door: 'fourmica' })).not.toBeInstanceOf(Promise)
    for (const door of ['fourmica', 'walletkit', 'moonkey'] as const) {
      const { token, expiresInSeconds } = await issueAccessToken(ports, { ...request, door })
      expect(expiresInSeconds).toBe(300)
      const claims = await verifyAccessToken({ keys }, { projectId: 'demo', door, token })
      expect(claims).toMatchObject({ sub: 'user_1', exp: Math.floor(stored.clock.now().getTime() / 1000) + 300 })
    }
  })
})
