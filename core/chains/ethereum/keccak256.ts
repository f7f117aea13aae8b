import { createKeccak } from 'hash-wasm'

/** Keccak-256 (the original padding, not FIPS 202 SHA3-256) over the concatenation of the parts: 32 fresh bytes. Synchronous. */
export type Keccak256 = (...parts: readonly Uint8Array[]) => Uint8Array

/** Instantiates the WASM hasher once; every call of the result reuses it, which is safe because a call never yields. */
export async function createKeccak256(): Promise<Keccak256> {
  const hasher = await createKeccak(256)
  return (...parts) => {
    hasher.init()
    for (const part of parts) hasher.update(part)
    return hasher.digest('binary')
  }
}
