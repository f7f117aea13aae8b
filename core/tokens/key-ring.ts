import type { Door } from '../sessions/session.ts'
import type { PublicJwk } from './public-jwk.ts'
import type { SigningKey, VerificationKey } from './signing-key.ts'

/** At once where the keys are at hand, as nearly always; a promise where they must be read first. */
export type Soon<T> = T | Promise<T>

/** The keys of every project and dialect. Nothing crosses projects: a key belongs to one project and one door. */
export interface KeyRing {
  /** The key that signs now. */
  signingKey(projectId: string, door: Door): Soon<SigningKey>
  /**
   * Every key whose tokens are accepted, the signing key among them. Naming a key that is not among them makes a ring that
   * can change look again, within bounds.
   */
  verificationKeys(projectId: string, door: Door, keyId?: string): Soon<readonly VerificationKey[]>
  /** What is published: every key that signs, will sign or is still accepted. Empty where keys are shared secrets. */
  publicKeys(projectId: string, door: Door): Soon<readonly PublicJwk[]>
}

/** A ring of shared secrets, given by configuration and fixed for the life of the process. */
export function createStaticKeyRing(
  keys: readonly { readonly projectId: string; readonly door: Door; readonly key: SigningKey }[],
): KeyRing {
  const byDoor = new Map(keys.map(({ projectId, door, key }) => [`${door}/${projectId}`, { key, keys: [key] }]))
  const require = (projectId: string, door: Door) => {
    const found = byDoor.get(`${door}/${projectId}`)
    if (found === undefined) throw new Error(`project ${projectId} has no signing key for ${door}`)
    return found
  }
  return {
    signingKey: (projectId, door) => require(projectId, door).key,
    verificationKeys: (projectId, door) => require(projectId, door).keys,
    publicKeys: () => [],
  }
}

/** One ring out of several: each dialect's keys come from the ring named for it. */
export function createCompositeKeyRing(rings: Readonly<Record<Door, KeyRing>>): KeyRing {
  return {
    signingKey: (projectId, door) => rings[door].signingKey(projectId, door),
    verificationKeys: (projectId, door, keyId) => rings[door].verificationKeys(projectId, door, keyId),
    publicKeys: (projectId, door) => rings[door].publicKeys(projectId, door),
  }
}
