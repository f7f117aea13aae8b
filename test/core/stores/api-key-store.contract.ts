import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiKey } from '../../../core/api-keys/api-key.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { at, concurrently, HOSTILE_TEXTS, type OpenStores, START, winners } from './stores-under-test.ts'

/** The promises of an ApiKeyStore. The roll is everybody's, so tests look for their own keys in it. */
export function apiKeyStoreContract(name: string, open: OpenStores): void {
  describe(`ApiKeyStore contract: ${name}`, () => {
    let stores: Stores
    beforeAll(() => {
      stores = open()
    })
    afterAll(() => stores.close())

    const newKey = (more: Partial<ApiKey> = {}): ApiKey => {
      const id = `key_${randomUUID()}`
      const digest = createHash('sha256').update(id).digest('hex')
      return {
        id,
        projectId: 'p',
        kind: 'secret',
        name: 'a name',
        digest,
        ending: '4fX0a',
        createdAt: at(123),
        revokedAt: null,
        ...more,
      }
    }
    const roll = async () => {
      const read = await stores.apiKeys.read(null)
      if (read === null) throw new Error('a read without a version found nothing')
      return read
    }
    const found = async (id: string) => (await roll()).keys.find((key) => key.id === id)

    it('returns exactly what was recorded', async () => {
      const keys = [newKey(), newKey({ kind: 'public', name: null }), newKey({ createdAt: START })]
      for (const key of keys) expect(await stores.apiKeys.create(key)).toBe(true)
      for (const key of keys) expect(await found(key.id)).toStrictEqual(key)
    })

    it('keeps one key under an id: of fifty concurrent callers one gets it', async () => {
      const { id } = newKey()
      const racers = Array.from({ length: 50 }, (_, index) => newKey({ id, name: `racer ${index}` }))
      const outcomes = await Promise.all(racers.map((key) => stores.apiKeys.create(key)))
      expect(winners(outcomes)).toBe(1)
      expect(await found(id)).toStrictEqual(racers[outcomes.indexOf(true)])
    })

    it('ends a key once, for one of fifty concurrent callers, and keeps the first time', async () => {
      const key = newKey()
      await stores.apiKeys.create(key)
      const outcomes = await concurrently(50, (index) => stores.apiKeys.revoke(key.id, at(1_000 + index)))
      const won = outcomes.filter((outcome) => outcome !== null)
      expect(won).toHaveLength(1)
      expect(won[0]).toStrictEqual({ ...key, revokedAt: at(1_000 + outcomes.findIndex((each) => each !== null)) })
      expect(await found(key.id)).toStrictEqual(won[0])
      expect(await stores.apiKeys.revoke(key.id, at(9_000))).toBeNull()
      expect(await stores.apiKeys.create(key)).toBe(false)
      expect(await found(key.id)).toStrictEqual(won[0])
    })

    it('ends nothing under an id that is nobody’s', async () => {
      const { version } = await roll()
      expect(await stores.apiKeys.revoke(newKey().id, START)).toBeNull()
      expect((await roll()).version).toBe(version)
    })

    it('says nothing while nothing has changed, and everything as soon as something has', async () => {
      const key = newKey()
      const versions = new Set<string>()
      const requireChange = async (before: string) => {
        const read = await stores.apiKeys.read(before)
        if (read === null) throw new Error('the change was not seen')
        expect(versions.has(read.version)).toBe(false)
        versions.add(read.version)
        expect(await stores.apiKeys.read(read.version)).toBeNull()
        return read
      }
      const { version } = await roll()
      versions.add(version)
      expect(await stores.apiKeys.read(version)).toBeNull()
      await stores.apiKeys.create(key)
      const created = await requireChange(version)
      expect(created.keys).toContainEqual(key)
      await stores.apiKeys.revoke(key.id, at(5))
      const revoked = await requireChange(created.version)
      expect(revoked.keys).toContainEqual({ ...key, revokedAt: at(5) })
      // What changed nothing has no version.
      await stores.apiKeys.revoke(key.id, at(6))
      await stores.apiKeys.create(key)
      expect(await stores.apiKeys.read(revoked.version)).toBeNull()
    })

    it('keeps ids, projects and names apart and as they are, whatever they hold', async () => {
      const texts = HOSTILE_TEXTS.filter((text) => Buffer.from(text).toString() === text)
      const unique = randomUUID()
      const keys = texts.map((text) => newKey({ id: `${text}${unique}`, projectId: text, name: text, ending: text }))
      for (const key of keys) expect(await stores.apiKeys.create(key)).toBe(true)
      const all = new Map((await roll()).keys.map((key) => [key.id, key]))
      for (const key of keys) expect(all.get(key.id)).toStrictEqual(key)
    })

    it('keeps what it was given, not the objects', async () => {
      const key = newKey()
      const given = { ...key, createdAt: new Date(key.createdAt) }
      await stores.apiKeys.create(given)
      given.createdAt.setTime(6)
      const first = await found(key.id)
      first?.createdAt.setTime(7)
      expect(await found(key.id)).toStrictEqual(key)
    })
  })
}
