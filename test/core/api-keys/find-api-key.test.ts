import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../../../core/api-keys/create-api-key.ts'
import { type ApiKeyFinder, createApiKeyFinder } from '../../../core/api-keys/find-api-key.ts'
import { newApiKeyText } from '../../../core/api-keys/key-text.ts'
import { revokeApiKey } from '../../../core/api-keys/revoke-api-key.ts'
import { AuthError } from '../../../core/errors.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { ApiKeyStore } from '../../../core/stores/api-key-store.ts'
import { createMemoryApiKeyStore } from '../../../core/stores/memory/memory-api-key-store.ts'
import { TestClock } from '../../support/clock.ts'

const random = createSystemRandom()
const OUTAGE = new AuthError('store_unavailable', 'planted')

/** A store that counts its reads, can be down, and can hold an answer back after it was found. */
class WatchedStore implements ApiKeyStore {
  readonly #store = createMemoryApiKeyStore()
  reads = 0
  /** Reads that told more than “unchanged”. */
  changes = 0
  isDown = false
  gate: Promise<void> = Promise.resolve()

  create: ApiKeyStore['create'] = (key) => this.#store.create(key)
  revoke: ApiKeyStore['revoke'] = (id, at) => this.#store.revoke(id, at)
  read: ApiKeyStore['read'] = async (version) => {
    this.reads += 1
    if (this.isDown) throw OUTAGE
    const answer = await this.#store.read(version)
    if (answer !== null) this.changes += 1
    await this.gate
    return answer
  }
}

describe('finding API keys', () => {
  let clock: TestClock
  let store: WatchedStore
  let finder: ApiKeyFinder
  beforeEach(() => {
    clock = new TestClock()
    store = new WatchedStore()
    finder = createApiKeyFinder({ apiKeys: store, clock })
  })
  const create = (projectId = 'p', kind: 'secret' | 'public' = 'secret') =>
    createApiKey({ apiKeys: store, clock, random }, { projectId, kind, name: null })
  const revoke = (id: string) => revokeApiKey({ apiKeys: store, clock }, id)
  const find = async (text: string) => finder.projectOf('secret', text)
  const unknown = () => newApiKeyText('secret', random)

  it('finds each key’s own project, by its kind alone', async () => {
    const [one, two, page] = [await create('one'), await create('two'), await create('one', 'public')]
    expect(await find(one.text)).toBe('one')
    expect(await find(two.text)).toBe('two')
    expect(await find(page.text)).toBeNull()
    expect(await finder.projectOf('public', page.text)).toBe('one')
    expect(await finder.projectOf('public', one.text)).toBeNull()
  })

  it('asks nobody about what is no key of ours', async () => {
    for (const text of ['', 'sk_live_x', `sk_test_${'a'.repeat(48)}`, `sk_live_${'a'.repeat(48)}`]) {
      expect(finder.projectOf('secret', text)).toBeNull()
    }
    expect(store.reads).toBe(0)
  })

  it('answers at once while what it knows is fresh, and reads a busy key’s roll once a second, unchanged', async () => {
    const { text } = await create()
    await find(text)
    const [reads, changes] = [store.reads, store.changes]
    for (let step = 0; step < 100; step += 1) {
      clock.advance(100)
      expect(finder.projectOf('secret', text)).toBe('p')
      await new Promise(setImmediate)
    }
    expect(store.reads - reads).toBe(10)
    expect(store.changes).toBe(changes)
  })

  it('accepts a key that was just made, though the roll was fresh: 50 ms later at most', async () => {
    await find(unknown())
    const { text } = await create()
    clock.advance(51)
    expect(await find(text)).toBe('p')
  })

  it('refuses a revoked key after two seconds at most, whatever goes on', async () => {
    const { key, text } = await create()
    expect(await find(text)).toBe('p')
    // The read that a replica may still hold began just before the key was revoked.
    const revoked = await revoke(key.id)
    expect(revoked).toMatchObject({ id: key.id, revokedAt: clock.now() })
    clock.advance(2_000)
    // At the bound it may still be accepted, and the roll is read meanwhile.
    await find(text)
    clock.advance(1)
    expect(await find(text)).toBeNull()
  })

  it('judges a revoked key by when a read began, not by when its answer came', async () => {
    const { key, text } = await create()
    let open = () => {}
    store.gate = new Promise((resolve) => {
      open = resolve
    })
    const early = find(text)
    await new Promise(setImmediate)
    await revoke(key.id)
    clock.advance(1_999)
    open()
    expect(await early).toBe('p')
    clock.advance(2)
    expect(await find(text)).toBeNull()
  })

  it('does not take a read that began before the question for an answer about an unknown key', async () => {
    let open = () => {}
    store.gate = new Promise((resolve) => {
      open = resolve
    })
    const early = find(unknown())
    await new Promise(setImmediate)
    const { text } = await create()
    clock.advance(51)
    const late = find(text)
    open()
    expect([await early, await late]).toEqual([null, 'p'])
  })

  it('lets a flood of made-up keys cost one read in 50 ms', async () => {
    const { text } = await create()
    await find(text)
    const before = store.reads
    for (let step = 0; step < 20; step += 1) {
      clock.advance(50)
      const answers = await Promise.all(Array.from({ length: 200 }, () => find(unknown())))
      expect(answers.every((answer) => answer === null)).toBe(true)
      expect(await find(text)).toBe('p')
    }
    expect(store.reads - before).toBeLessThanOrEqual(20)
    expect(store.changes).toBe(1)
  })

  it('goes on for two seconds of an outage with the keys it knows, then says that it cannot tell', async () => {
    const { text } = await create()
    await find(text)
    store.isDown = true
    clock.advance(1_500)
    expect(await find(text)).toBe('p')
    await expect(find(unknown())).rejects.toBe(OUTAGE)
    await new Promise(setImmediate)
    clock.advance(501)
    await expect(find(text)).rejects.toBe(OUTAGE)
    await expect(find(text)).rejects.toBe(OUTAGE)
    store.isDown = false
    clock.advance(50)
    expect(await find(text)).toBe('p')
  })

  it('asks a store that is down once in 50 ms, and lets everybody hear of it', async () => {
    const { text } = await create()
    store.isDown = true
    for (let step = 0; step < 10; step += 1) {
      const outcomes = await Promise.allSettled([find(text), find(unknown()), find(text)])
      outcomes.push(...(await Promise.allSettled([find(text), find(unknown())])))
      expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
      clock.advance(50)
    }
    expect(store.reads).toBe(10)
  })

  it('holds what it knows for too old when the clock steps back', async () => {
    const { key, text } = await create()
    await find(text)
    await revoke(key.id)
    clock.advance(-3_600_000)
    expect(await find(text)).toBeNull()
  })

  it('does not go on with a key that is no more in the store it was read from', async () => {
    const { text } = await create()
    await find(text)
    store.read = () => Promise.resolve({ version: '', keys: [] })
    clock.advance(2_001)
    expect(await find(text)).toBeNull()
  })
})
