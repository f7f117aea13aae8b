import type { ApiKey } from '../../api-keys/api-key.ts'
import type { ApiKeyStore } from '../api-key-store.ts'
import { copyRecord } from './copy-record.ts'

/** API keys in this process: gone with it. */
export function createMemoryApiKeyStore(): ApiKeyStore {
  const keys = new Map<string, ApiKey>()
  let version = ''
  return {
    async create(key) {
      if (keys.has(key.id)) return false
      keys.set(key.id, copyRecord(key))
      version = key.id
      return true
    },
    async revoke(keyId, revokedAt) {
      const found = keys.get(keyId)
      if (found === undefined || found.revokedAt !== null) return null
      const revoked = copyRecord({ ...found, revokedAt })
      keys.set(keyId, revoked)
      version = `${keyId}:revoked`
      return copyRecord(revoked)
    },
    async read(known) {
      return known === version ? null : { version, keys: [...keys.values()].map(copyRecord) }
    },
  }
}
