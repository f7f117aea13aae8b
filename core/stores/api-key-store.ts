import type { ApiKey } from '../api-keys/api-key.ts'

/** Every API key there is, revoked ones too. */
export interface ApiKeyRoll {
  /** Names this state of the roll and no other. Empty while no key was ever made. */
  readonly version: string
  /** In no order. */
  readonly keys: readonly ApiKey[]
}

/** API keys of all projects. They have no TTL: an acknowledged key, or revocation, is never lost. */
export interface ApiKeyStore {
  /** Records a new key. False, and nothing changed, when its id is taken. */
  create(key: ApiKey): Promise<boolean>
  /**
   * Ends a key for good, and returns it as it is afterwards to the one caller that did; null when there is none, or it had been
   * revoked.
   */
  revoke(keyId: string, revokedAt: Date): Promise<ApiKey | null>
  /**
   * The roll, or null when it is still what it was at this version: asking again costs the same however many keys there are.
   * @param version null: no state is known
   */
  read(version: string | null): Promise<ApiKeyRoll | null>
}
