import type { Audited } from '../audit/audit-trail.ts'
import type { Clock } from '../ports.ts'
import type { ApiKeyStore } from '../stores/api-key-store.ts'
import type { ApiKey } from './api-key.ts'

/**
 * Ends a key: no server accepts it from two seconds on. Null when there is no such key, or it was revoked before.
 * @throws {AuthError} `store_unavailable`; revoking again is then right
 */
export async function revokeApiKey(
  { apiKeys, clock, audit }: { apiKeys: ApiKeyStore; clock: Clock } & Audited,
  keyId: string,
): Promise<ApiKey | null> {
  const revoked = await apiKeys.revoke(keyId, clock.now())
  if (revoked !== null) {
    const { projectId, id, kind } = revoked
    audit?.record({ event: 'api_key.revoked', projectId, keyId: id, kind })
  }
  return revoked
}
