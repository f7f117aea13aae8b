import type { Factor } from '../sessions/session.ts'

/** Oldest proof first; of proofs at one moment, by credential, so that every store gives the same order. */
export function orderFactors(factors: readonly Factor[]): readonly Factor[] {
  if (factors.length < 2) return factors
  return [...factors].sort(
    (a, b) => a.verifiedAt.getTime() - b.verifiedAt.getTime() || (a.credentialId < b.credentialId ? -1 : 1),
  )
}
