import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import { newKsuid } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { ApiKeyStore } from '../stores/api-key-store.ts'
import type { ApiKey, ApiKeyKind } from './api-key.ts'
import { digestApiKey, endingOf, newApiKeyText } from './key-text.ts'

export interface ApiKeyWish {
  readonly projectId: string
  readonly kind: ApiKeyKind
  readonly name: string | null
}

/**
 * Makes a key and keeps its hash. `text` is the key itself, which nobody can tell again.
 * @throws {AuthError} `store_unavailable`; whether a key was kept is then unknown, and nobody knows that key
 */
export async function createApiKey(
  { apiKeys, clock, random, audit }: { apiKeys: ApiKeyStore; clock: Clock; random: RandomSource } & Audited,
  { projectId, kind, name }: ApiKeyWish,
): Promise<{ readonly key: ApiKey; readonly text: string }> {
  const text = newApiKeyText(kind, random)
  const createdAt = clock.now()
  const key: ApiKey = {
    id: `key_${newKsuid(createdAt, random)}`,
    projectId,
    kind,
    name,
    digest: digestApiKey(text),
    ending: endingOf(text),
    createdAt,
    revokedAt: null,
  }
  if (!(await apiKeys.create(key))) throw new AuthError('store_unavailable', 'api_key_id_taken')
  audit?.record({ event: 'api_key.created', projectId, keyId: key.id, kind })
  return { key, text }
}
