import type { Door } from '../sessions/session.ts'
import type { SigningKey, VerificationKey } from './signing-key.ts'

/** The keys of every project and dialect. Nothing crosses projects: a key belongs to one project and one door. */
export interface KeyRing {
  /** The key that signs now. */
  signingKey(projectId: string, door: Door): SigningKey
  /** Every key whose tokens are still accepted, the signing key among them. */
  verificationKeys(projectId: string, door: Door): readonly VerificationKey[]
}

/** A ring of shared secrets, given by configuration and fixed for the life of the process. */
export function createStaticKeyRing(
  keys: readonly { readonly projectId: string; readonly door: Door; readonly key: SigningKey }[],
): KeyRing {
  const byDoor = new Map(keys.map(({ projectId, door, key }) => [`${door}/${projectId}`, key]))
  const signingKey = (projectId: string, door: Door): SigningKey => {
    const key = byDoor.get(`${door}/${projectId}`)
    if (key === undefined) throw new Error(`project ${projectId} has no signing key for ${door}`)
    return key
  }
  return { signingKey, verificationKeys: (projectId, door) => [signingKey(projectId, door)] }
}
