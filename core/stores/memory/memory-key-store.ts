import type { KeyStore, StoredKeySet } from '../key-store.ts'

/** Key sets in this process: a restart makes new ones, and tokens signed before it are refused. */
export function createMemoryKeyStore(): KeyStore {
  const sets = new Map<string, StoredKeySet>()
  return {
    async find(projectId, door) {
      const found = sets.get(`${door}/${projectId}`)
      return found === undefined ? null : structuredClone(found)
    },
    async replace({ projectId, door, keys }, expectedVersion) {
      const name = `${door}/${projectId}`
      if ((sets.get(name)?.version ?? 0) !== expectedVersion) return false
      sets.set(name, structuredClone({ projectId, door, version: expectedVersion + 1, keys }))
      return true
    },
  }
}
