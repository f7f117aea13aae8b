import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { KeySetOwner } from '../../../core/stores/key-store.ts'
import { createMemoryKeyStore } from '../../../core/stores/memory/memory-key-store.ts'
import { DEFAULT_KEY_SCHEDULE } from '../../../core/tokens/key-set.ts'
import { retireKey } from '../../../core/tokens/retire-key.ts'
import { rotateKeys } from '../../../core/tokens/rotate-keys.ts'
import { createKeySealer } from '../../../core/tokens/seal-key.ts'
import { verifyJwt } from '../../../core/tokens/verify-jwt.ts'
import {
  decodeHeader,
  issueToken,
  NEWER_SECRET,
  OTHER_PROJECT,
  openReplica,
  type Replica,
  random,
  seedKeySet,
  WALLETKIT,
} from './fixtures.ts'
import { openReplicaStores } from './key-stores.ts'

const retire = ({ keyStore, sealer, clock }: Replica, owner: KeySetOwner, keyId: string) =>
  retireKey({ keyStore, sealer, clock, random }, { ...owner, keyId })
const rotate = ({ keyStore, sealer, clock }: Replica, owner: KeySetOwner) =>
  rotateKeys({ keyStore, sealer, clock, random }, { ...owner, schedule: DEFAULT_KEY_SCHEDULE, force: true })

async function statesOf({ keyStore }: Replica, { projectId, door }: KeySetOwner) {
  const found = await keyStore.find(projectId, door)
  return found?.keys.map(({ state, keyId }) => `${state} ${keyId}`) ?? []
}

/** Whether this replica takes the token, as every dialect asks it. */
async function accepts({ ring }: Replica, { projectId, door }: KeySetOwner, token: string): Promise<boolean> {
  const keys = await ring.verificationKeys(projectId, door, String(decodeHeader(token)['kid']))
  return verifyJwt(token, keys) !== null
}

describe('retireKey', () => {
  const WITH_THREE = async () => {
    const replica = openReplica({})
    await rotate(replica, WALLETKIT)
    const { keySet } = await rotate(replica, WALLETKIT)
    return { replica, keySet, retiring: keySet.retiring[0]?.keyId ?? '' }
  }

  it('takes a retiring key out, and leaves the others as they are', async () => {
    const { replica, keySet, retiring } = await WITH_THREE()
    const before = await statesOf(replica, WALLETKIT)
    expect(await retire(replica, WALLETKIT, retiring)).toMatchObject({ outcome: 'retired' })
    expect(await statesOf(replica, WALLETKIT)).toEqual(before.slice(0, 2))
    expect(before.slice(0, 2)).toEqual([`current ${keySet.current.keyId}`, `next ${keySet.next?.keyId}`])
  })

  it('puts another next key in the place of one that went, which may not sign before its time', async () => {
    const { replica, keySet, retiring } = await WITH_THREE()
    replica.clock.advance(599_000)
    const retirement = await retire(replica, WALLETKIT, keySet.next?.keyId ?? '')
    const fresh = retirement.outcome === 'retired' ? retirement.keySet.next : null
    expect(fresh?.createdAt).toEqual(replica.clock.now())
    expect(await statesOf(replica, WALLETKIT)).toEqual([
      `current ${keySet.current.keyId}`,
      `next ${fresh?.keyId}`,
      `retiring ${retiring}`,
    ])
    expect(fresh?.keyId).not.toBe(keySet.next?.keyId)
  })

  it('leaves the key that signs, and what is nobody’s or another set’s', async () => {
    const { replica, keySet } = await WITH_THREE()
    await rotate(replica, OTHER_PROJECT)
    const before = await replica.keyStore.find('demo', 'walletkit')
    expect(await retire(replica, WALLETKIT, keySet.current.keyId)).toEqual({ outcome: 'current' })
    const elsewhere = await replica.ring.signingKey('other', 'moonkey')
    for (const keyId of [elsewhere.keyId ?? '', '', 'x'.repeat(43)]) {
      expect(await retire(replica, WALLETKIT, keyId)).toEqual({ outcome: 'unknown' })
    }
    expect(await retire(replica, { projectId: 'nowhere', door: 'moonkey' }, keySet.current.keyId)).toEqual({
      outcome: 'unknown',
    })
    expect(await replica.keyStore.find('demo', 'walletkit')).toEqual(before)
  })

  it('leaves a set it cannot open as it is, and gives up on a store that never lets it win', async () => {
    const { replica, retiring } = await WITH_THREE()
    const before = await replica.keyStore.find('demo', 'walletkit')
    const sealer = createKeySealer([NEWER_SECRET], random)
    await expect(retire({ ...replica, sealer }, WALLETKIT, retiring)).rejects.toMatchObject({
      reason: 'key_secret_unknown',
    })
    expect(await replica.keyStore.find('demo', 'walletkit')).toEqual(before)
    const keyStore = { ...replica.keyStore, replace: async () => false }
    await expect(retire({ ...replica, keyStore }, WALLETKIT, retiring)).rejects.toMatchObject({
      reason: 'key_set_contended',
    })
  })
})

describe.each(['memory', 'redis'] as const)('replicas of which one retires a key, over %s', (kind) => {
  const stores = openReplicaStores(kind, 3)
  const openAll = (owner: KeySetOwner) => stores.map((keyStore) => openReplica({ keyStore, owners: [owner] }))
  const newOwner = (door: 'moonkey' | 'walletkit') => ({ projectId: `retirement-${randomUUID()}`, door })
  const advance = (replicas: readonly Replica[], milliseconds: number) => {
    for (const { clock } of replicas) clock.advance(milliseconds)
  }

  it.each(['walletkit', 'moonkey'] as const)(
    'refuse its tokens of %s and publish it no more, 30 seconds later at most, and take all others',
    async (door) => {
      const owner = newOwner(door)
      const replicas = openAll(owner)
      const [operator = replicas[0]] = replicas
      if (operator === undefined) throw new Error('no replica')
      await rotate(operator, owner)
      const leaked = await issueToken(operator, owner)
      for (const replica of replicas) expect(await accepts(replica, owner, leaked)).toBe(true)
      await rotate(operator, owner)
      // As long as a replica may go on signing with the old key.
      advance(replicas, 30_000)
      const later = await issueToken(operator, owner)
      const kid = String(decodeHeader(leaked)['kid'])
      expect(decodeHeader(later)['kid']).not.toBe(kid)
      for (const replica of replicas) expect(await accepts(replica, owner, leaked)).toBe(true)

      expect(await retire(operator, owner, kid)).toMatchObject({ outcome: 'retired' })
      advance(replicas, 30_000)
      for (const replica of replicas) {
        expect(await accepts(replica, owner, leaked)).toBe(false)
        expect(await accepts(replica, owner, later)).toBe(true)
        expect((await replica.ring.publicKeys(owner.projectId, door)).map((key) => key.kid)).not.toContain(kid)
      }
      // Nobody brings it back: not a rotation, not a replica that had it, not time.
      await rotate(operator, owner)
      advance(replicas, 60_000)
      for (const replica of replicas) {
        expect(await accepts(replica, owner, leaked)).toBe(false)
        await replica.ring.idle()
        expect(replica.faults).toEqual([])
      }
      expect(await statesOf(operator, owner)).not.toContain(`retiring ${kid}`)
    },
  )

  it('follow within ten seconds where the keys are in use', async () => {
    const owner = newOwner('walletkit')
    const replicas = openAll(owner)
    const [operator = replicas[0]] = replicas
    if (operator === undefined) throw new Error('no replica')
    await rotate(operator, owner)
    const leaked = await issueToken(operator, owner)
    await rotate(operator, owner)
    for (const replica of replicas) expect(await accepts(replica, owner, leaked)).toBe(true)
    await retire(operator, owner, String(decodeHeader(leaked)['kid']))
    advance(replicas, 10_000)
    for (const replica of replicas) {
      await accepts(replica, owner, leaked) // Has the keys read in the background.
      await replica.ring.idle()
      expect(await accepts(replica, owner, leaked)).toBe(false)
    }
  })

  it('lose nothing when they retire and rotate at once', async () => {
    const owner = newOwner('walletkit')
    const replicas = openAll(owner)
    const [a = replicas[0], b = a, c = a] = replicas
    if (a === undefined || b === undefined || c === undefined) throw new Error('no replica')
    await rotate(a, owner)
    for (let round = 0; round < 5; round += 1) {
      const { keySet } = await rotate(a, owner)
      const [first, second, { keySet: after }] = await Promise.all([
        retire(a, owner, keySet.retiring[0]?.keyId ?? ''),
        retire(b, owner, keySet.retiring[0]?.keyId ?? ''),
        rotate(c, owner),
      ])
      expect([first.outcome, second.outcome].sort()).toEqual(['retired', 'unknown'])
      const states = await statesOf(a, owner)
      expect(states).toContain(`current ${after.current.keyId}`)
      expect(states.join(' ')).not.toContain(keySet.retiring[0]?.keyId)
      expect(states.map((state) => state.split(' ')[0])).toEqual(
        expect.arrayContaining(['current', 'next', 'retiring']),
      )
      for (const state of states.filter((each) => each.startsWith('retiring'))) {
        await retire(a, owner, state.replace('retiring ', ''))
      }
    }
  })
})

describe('a store that forgot a key set', () => {
  it('does not get a retired key back from a replica that has read since', async () => {
    const keyStore = createMemoryKeyStore()
    const replica = openReplica({ keyStore, owners: [WALLETKIT] })
    await seedKeySet(keyStore, WALLETKIT, replica.clock)
    const leaked = await issueToken(replica, WALLETKIT)
    await rotate(replica, WALLETKIT)
    await retire(replica, WALLETKIT, String(decodeHeader(leaked)['kid']))
    replica.clock.advance(30_000)
    expect(await accepts(replica, WALLETKIT, leaked)).toBe(false)
    keyStore.find = async () => null
    let put: readonly { readonly keyId: string }[] = []
    keyStore.replace = async ({ keys }) => {
      put = keys
      return true
    }
    replica.clock.advance(30_000)
    await expect(replica.ring.signingKey('demo', 'walletkit')).rejects.toMatchObject({ reason: 'key_set_lost' })
    expect(put.map(({ keyId }) => keyId)).toHaveLength(2)
    expect(put.map(({ keyId }) => keyId)).not.toContain(decodeHeader(leaked)['kid'])
  })
})
