import type { Door } from '../sessions/session.ts'

/** The dialects whose tokens are signed with key pairs. The other one shares a secret with its resource server. */
export type KeyPairDoor = Exclude<Door, 'fourmica'>

/** Whose keys: one project, one dialect. */
export interface KeySetOwner {
  readonly projectId: string
  readonly door: KeyPairDoor
}

/**
 * - `next`: published, signs nothing yet.
 * - `current`: signs.
 * - `retiring`: signs no more; its tokens are accepted until they have all expired.
 */
export type KeyState = 'next' | 'current' | 'retiring'

/** What is known of a key pair beside the private key. All of it is authenticated by the seal. */
export interface KeyFacts {
  /** RFC 7638 thumbprint of the public key. */
  readonly keyId: string
  readonly algorithm: 'RS256' | 'ES256'
  readonly state: KeyState
  /** Since when the key has been published. */
  readonly createdAt: Date
  /** When it stopped signing; null while it is `next` or `current`. */
  readonly retiredAt: Date | null
  /** The public key, as a self-signed X.509 certificate: DER in standard base64. */
  readonly certificate: string
}

/** A key pair at rest. */
export interface StoredKey extends KeyFacts {
  /** The private key, encrypted; for a retiring key nothing, but authenticated just so. */
  readonly sealed: string
}

export interface StoredKeySet extends KeySetOwner {
  /** Counts the changes of this record, from 1. */
  readonly version: number
  readonly keys: readonly StoredKey[]
}

/** Key sets have no TTL: an acknowledged one is never lost. */
export interface KeyStore {
  find(projectId: string, door: KeyPairDoor): Promise<StoredKeySet | null>
  /**
   * Records the keys as version `expectedVersion + 1`, if the set is at `expectedVersion` (0: there is none). Of any number
   * of concurrent callers with one expectation, one gets `true`.
   */
  replace(keySet: Omit<StoredKeySet, 'version'>, expectedVersion: number): Promise<boolean>
}
