import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { KeySetOwner } from '../../../core/stores/key-store.ts'
import { createMemoryKeyStore } from '../../../core/stores/memory/memory-key-store.ts'
import { DEFAULT_KEY_SCHEDULE } from '../../../core/tokens/key-set.ts'
import { rotateKeys } from '../../../core/tokens/rotate-keys.ts'
import { createKeySealer } from '../../../core/tokens/seal-key.ts'
import { NEWER_SECRET, openReplica, type Replica, random, SECRET, seedKeySet, WALLETKIT } from './fixtures.ts'
import { openReplicaStores } from './key-stores.ts'

const schedule = DEFAULT_KEY_SCHEDULE
const { publicationSeconds, retentionSeconds } = schedule

function rotate({ keyStore, sealer, clock }: Replica, owner: KeySetOwner, force = false) {
  return rotateKeys({ keyStore, sealer, clock, random }, { ...owner, schedule, force })
}

async function statesOf({ keyStore }: Replica, { projectId, door }: KeySetOwner) {
  const found = await keyStore.find(projectId, door)
  return found?.keys.map(({ state, keyId }) => `${state} ${keyId}`) ?? []
}

describe('rotateKeys', () => {
  it('makes the first set where there is none', async () => {
    const replica = openReplica({})
    const { outcome, keySet } = await rotate(replica, WALLETKIT)
    expect(outcome).toBe('created')
    expect(await statesOf(replica, WALLETKIT)).toEqual([
      `current ${keySet.current.keyId}`,
      `next ${keySet.next?.keyId}`,
    ])
  })

  it('moves every key one step on, and drops the private half of the retired one', async () => {
    const replica = openReplica({})
    const { keySet: first } = await rotate(replica, WALLETKIT)
    replica.clock.advance(publicationSeconds * 1000)
    const { outcome, keySet: second } = await rotate(replica, WALLETKIT)
    expect(outcome).toBe('rotated')
    expect(second.current.keyId).toBe(first.next?.keyId)
    expect(second.retiring.map(({ keyId }) => keyId)).toEqual([first.current.keyId])
    expect([first.current.keyId, first.next?.keyId]).not.toContain(second.next?.keyId)
    const stored = await replica.keyStore.find('demo', 'walletkit')
    const retired = stored?.keys.find(({ state }) => state === 'retiring')
    expect(retired).toMatchObject({ keyId: first.current.keyId, retiredAt: replica.clock.now() })
    expect(retired && replica.sealer.open(WALLETKIT, retired)).toBeNull()
  })

  it('waits until the next key has been published long enough', async () => {
    const replica = openReplica({})
    await rotate(replica, WALLETKIT)
    const usableAt = new Date(replica.clock.now().getTime() + publicationSeconds * 1000)
    const before = await statesOf(replica, WALLETKIT)
    for (const time of [replica.clock.now(), new Date(usableAt.getTime() - 1)]) {
      replica.clock.set(time)
      expect(await rotate(replica, WALLETKIT)).toMatchObject({ outcome: 'too_soon', usableAt })
      expect(await statesOf(replica, WALLETKIT)).toEqual(before)
    }
    replica.clock.set(usableAt)
    expect(await rotate(replica, WALLETKIT)).toMatchObject({ outcome: 'rotated' })
  })

  it('does not wait when forced', async () => {
    const replica = openReplica({})
    await rotate(replica, WALLETKIT)
    expect(await rotate(replica, WALLETKIT, true)).toMatchObject({ outcome: 'rotated' })
  })

  it('completes a set that has no next key yet, which then is too young', async () => {
    const replica = openReplica({ owners: [WALLETKIT] })
    await replica.ring.signingKey('demo', 'walletkit') // Only the current one is written before the answer.
    const [current] = await statesOf(replica, WALLETKIT)
    const rotation = await rotate(replica, WALLETKIT)
    expect(rotation.outcome).toBe('too_soon')
    expect(await statesOf(replica, WALLETKIT)).toEqual([current, `next ${rotation.keySet.next?.keyId}`])
    await replica.ring.idle()
    expect(await statesOf(replica, WALLETKIT)).toEqual([current, `next ${rotation.keySet.next?.keyId}`])
  })

  it('keeps a retired key until its retention is over, and not longer', async () => {
    const replica = openReplica({ owners: [WALLETKIT], retentionSeconds })
    await rotate(replica, WALLETKIT)
    await rotate(replica, WALLETKIT, true)
    const retired = (await statesOf(replica, WALLETKIT)).at(-1)?.replace('retiring ', '')
    const endsAt = replica.clock.now().getTime() + retentionSeconds * 1000
    const published = async () => (await replica.ring.publicKeys('demo', 'walletkit')).map(({ kid }) => kid)

    replica.clock.set(new Date(endsAt - 1))
    expect(await published()).toContain(retired)
    replica.clock.set(new Date(endsAt + 30_000 - 1)) // As long as keys may be held without being read again.
    await published()
    await replica.ring.idle()
    expect(await published()).not.toContain(retired)
    await rotate(replica, WALLETKIT, true)
    expect(await statesOf(replica, WALLETKIT)).not.toContain(`retiring ${retired}`)
  })

  it('writes everything under the newest secret', async () => {
    const first = openReplica({})
    await seedKeySet(first.keyStore, WALLETKIT, first.clock)
    const second = openReplica({ keyStore: first.keyStore, clock: first.clock, secrets: [NEWER_SECRET, SECRET] })
    await rotate(second, WALLETKIT, true)
    const third = openReplica({ keyStore: first.keyStore, clock: first.clock, secrets: [NEWER_SECRET] })
    expect((await third.ring.publicKeys('demo', 'walletkit')).length).toBe(3)
  })

  it('leaves a set it cannot open as it is', async () => {
    const replica = openReplica({})
    await seedKeySet(replica.keyStore, WALLETKIT, replica.clock)
    const before = await replica.keyStore.find('demo', 'walletkit')
    const sealer = createKeySealer([NEWER_SECRET], random)
    await expect(rotate({ ...replica, sealer }, WALLETKIT, true)).rejects.toMatchObject({
      reason: 'key_secret_unknown',
    })
    expect(await replica.keyStore.find('demo', 'walletkit')).toEqual(before)
  })

  it('gives up on a store that never lets it win', async () => {
    const keyStore = { ...createMemoryKeyStore(), replace: async () => false }
    const contended = rotate(openReplica({ keyStore }), WALLETKIT)
    await expect(contended).rejects.toMatchObject({ code: 'store_unavailable', reason: 'key_set_contended' })
  })
})

describe.each(['memory', 'redis'] as const)('replicas that act at once, over %s', (kind) => {
  const REPLICAS = 6
  const stores = openReplicaStores(kind, REPLICAS)
  const openAll = (owner: KeySetOwner) => stores.map((keyStore) => openReplica({ keyStore, owners: [owner] }))
  const newOwner = (door: 'moonkey' | 'walletkit') => ({ projectId: `rotation-${randomUUID()}`, door })

  it.each(['walletkit', 'moonkey'] as const)('end up with one set for %s after a first use by all', async (door) => {
    const owner = newOwner(door)
    const replicas = openAll(owner)
    const keyIds = await Promise.all(
      replicas.map(async ({ ring }) => (await ring.signingKey(owner.projectId, door)).keyId),
    )
    expect(new Set(keyIds).size).toBe(1)
    await Promise.all(replicas.map(({ ring }) => ring.idle()))
    expect(replicas.flatMap(({ faults }) => faults)).toEqual([])

    // The next key, too, was made once for all; each sees it when it reads again.
    for (const { clock } of replicas) clock.advance(30_000)
    const published = await Promise.all(replicas.map(({ ring }) => ring.publicKeys(owner.projectId, door)))
    const [first] = published
    expect(first?.map(({ kid }) => kid)).toHaveLength(2)
    for (const keys of published) expect(keys).toEqual(first) // x5c included
  })

  it('make one set when all rotate what does not exist', async () => {
    const owner = newOwner('walletkit')
    const rotations = await Promise.all(openAll(owner).map((replica) => rotate(replica, owner)))
    expect(rotations.map(({ outcome }) => outcome).sort()).toEqual(['created', ...Array(REPLICAS - 1).fill('too_soon')])
    expect(new Set(rotations.map(({ keySet }) => keySet.current.keyId)).size).toBe(1)
  })

  it('rotate once when all ask', async () => {
    const owner = newOwner('walletkit')
    const replicas = openAll(owner)
    await Promise.all(replicas.slice(0, 1).map((replica) => rotate(replica, owner)))
    for (const { clock } of replicas) clock.advance(publicationSeconds * 1000)
    const rotations = await Promise.all(replicas.map((replica) => rotate(replica, owner)))
    expect(rotations.map(({ outcome }) => outcome).sort()).toEqual(['rotated', ...Array(REPLICAS - 1).fill('too_soon')])
  })

  it('lose no key when all force a rotation', async () => {
    const owner = newOwner('walletkit')
    const replicas = openAll(owner)
    const created = await Promise.all(replicas.slice(0, 1).map((replica) => rotate(replica, owner)))
    const forced = await Promise.all(replicas.map((replica) => rotate(replica, owner, true)))
    expect(forced.every(({ outcome }) => outcome === 'rotated')).toBe(true)
    const signedWith = [...created, ...forced].map(({ keySet }) => keySet.current.keyId)
    expect(new Set(signedWith).size).toBe(REPLICAS + 1)
    const stored = await stores[0]?.find(owner.projectId, owner.door)
    expect(stored?.keys.map(({ keyId }) => keyId)).toEqual(expect.arrayContaining(signedWith))
    expect(stored?.version).toBe(REPLICAS + 1)
  })
})
