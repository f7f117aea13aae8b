import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { KeyStore, StoredKey } from '../../../core/stores/key-store.ts'

/** The promises of a KeyStore. Tests keep apart by project ids, so the store may be shared. */
export function keyStoreContract(name: string, open: () => KeyStore): void {
  describe(`KeyStore contract: ${name}`, () => {
    const current: StoredKey = {
      keyId: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      algorithm: 'RS256',
      state: 'current',
      createdAt: new Date('2026-06-22T10:00:00.123Z'),
      retiredAt: null,
      certificate: 'MIIB+/==',
      sealed: 'v1.AAAAAAAA.AAAAAAAAAAAAAAAA.AAAA',
    }
    const retiring: StoredKey = { ...current, keyId: 'other', state: 'retiring', retiredAt: new Date(1) }
    const newOwner = () => ({ projectId: `keys-${randomUUID()}`, door: 'moonkey' as const })

    it('finds nothing where nothing was recorded', async () => {
      const { projectId, door } = newOwner()
      expect(await open().find(projectId, door)).toBeNull()
    })

    it('returns exactly what was recorded, as version 1 at first', async () => {
      const store = open()
      const owner = newOwner()
      expect(await store.replace({ ...owner, keys: [current, retiring] }, 0)).toBe(true)
      expect(await store.find(owner.projectId, owner.door)).toStrictEqual({
        ...owner,
        version: 1,
        keys: [current, retiring],
      })
    })

    it('replaces a set at the expected version alone, and counts', async () => {
      const store = open()
      const owner = newOwner()
      const replace = (keys: readonly StoredKey[], expected: number) => store.replace({ ...owner, keys }, expected)
      expect(await replace([retiring], 1)).toBe(false)
      expect(await store.find(owner.projectId, owner.door)).toBeNull()

      expect(await replace([current], 0)).toBe(true)
      for (const wrong of [0, 2, 10]) expect(await replace([retiring], wrong)).toBe(false)
      expect(await store.find(owner.projectId, owner.door)).toStrictEqual({ ...owner, version: 1, keys: [current] })

      for (let version = 1; version <= 11; version += 1) expect(await replace([retiring], version)).toBe(true)
      expect(await store.find(owner.projectId, owner.door)).toStrictEqual({ ...owner, version: 12, keys: [retiring] })
    })

    it.each([0, 1])('lets one of fifty concurrent callers replace version %i', async (version) => {
      const store = open()
      const owner = newOwner()
      if (version === 1) expect(await store.replace({ ...owner, keys: [current] }, 0)).toBe(true)
      const attempts = Array.from({ length: 50 }, (_, index) => ({ ...current, keyId: `racer ${index}` }))
      const outcomes = await Promise.all(attempts.map((key) => store.replace({ ...owner, keys: [key] }, version)))
      expect(outcomes.filter((won) => won)).toHaveLength(1)
      const found = await store.find(owner.projectId, owner.door)
      expect(found).toStrictEqual({ ...owner, version: version + 1, keys: [attempts[outcomes.indexOf(true)]] })
    })

    it('keeps projects and dialects apart, whatever a project is called', async () => {
      const store = open()
      const { projectId } = newOwner()
      const names = [
        projectId,
        `${projectId}}`,
        `${projectId}/moonkey`,
        `${projectId}|`,
        `${projectId} ü`,
        'x'.repeat(300) + projectId,
      ]
      const owners = names.flatMap((id) => (['moonkey', 'walletkit'] as const).map((door) => ({ projectId: id, door })))
      for (const [index, owner] of owners.entries()) {
        expect(await store.replace({ ...owner, keys: [{ ...current, keyId: `key ${index}` }] }, 0)).toBe(true)
      }
      for (const [index, owner] of owners.entries()) {
        const found = await store.find(owner.projectId, owner.door)
        expect(found?.keys.map(({ keyId }) => keyId)).toEqual([`key ${index}`])
      }
    })

    it('keeps what it was given, not the objects', async () => {
      const store = open()
      const owner = newOwner()
      const keys = [{ ...current, createdAt: new Date(5) }]
      await store.replace({ ...owner, keys }, 0)
      keys[0]?.createdAt.setTime(6)
      keys.pop()
      const found = await store.find(owner.projectId, owner.door)
      found?.keys[0]?.createdAt.setTime(7)
      expect((await store.find(owner.projectId, owner.door))?.keys).toStrictEqual([
        { ...current, createdAt: new Date(5) },
      ])
    })
  })
}
