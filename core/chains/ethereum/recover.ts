// The package's front door instantiates five WASM modules and its compiler on import (about 120 ms and 20 MB).
import { instantiateSecp256k1 } from '@bitauth/libauth/build/lib/crypto/secp256k1.js'
import type { Keccak256 } from './keccak256.ts'

/**
 * The 20 address bytes of whoever signed the 32-byte hash, or null: another length than 65 (r‖s‖v, v one of 0, 1, 27, 28)
 * or 64 (EIP-2098), r or s outside [1, n−1], s above n/2, or a curve point that doesn't exist. A failure is never
 * the zero address. Never throws on input, keeps nothing, and leaves its arguments as they were.
 */
export type RecoverAddress = (hash: Uint8Array, signature: Uint8Array) => Uint8Array | null

const ORDER = Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex')
const HALF_ORDER = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex')
const ZERO = Buffer.alloc(32)

/** Instantiates libsecp256k1 (WASM) once. Public data only passes through it, so its context isn't blinded. */
export async function createRecoverAddress(keccak256: Keccak256): Promise<RecoverAddress> {
  const { recoverPublicKeyUncompressed } = await instantiateSecp256k1()
  return (hash, signature) => {
    const parts = splitSignature(signature)
    if (hash.length !== 32 || parts === null) return null
    const publicKey = recoverPublicKeyUncompressed(parts.compact, parts.recoveryId, hash)
    if (typeof publicKey === 'string') return null // the library's errors are strings
    // Yellow Paper, appendix F: the last 20 bytes of the hash of x‖y, without the 0x04 of SEC 1 §2.3.3.
    return keccak256(publicKey.subarray(1)).subarray(12)
  }
}

interface SignatureParts {
  /** r‖s, 64 bytes, in range and with low s. */
  readonly compact: Uint8Array
  readonly recoveryId: 0 | 1
}

function splitSignature(signature: Uint8Array): SignatureParts | null {
  let compact: Uint8Array
  let recoveryId: 0 | 1 | null
  if (signature.length === 65) {
    compact = signature.subarray(0, 64)
    recoveryId = parseRecoveryByte(signature[64])
  } else if (signature.length === 64) {
    // EIP-2098: the top bit of s carries y parity; a low s never needs it.
    compact = Uint8Array.from(signature)
    const top = compact[32] ?? 0
    compact[32] = top & 0x7f
    recoveryId = top >= 0x80 ? 1 : 0
  } else {
    return null
  }
  return recoveryId !== null && isInRange(compact) ? { compact, recoveryId } : null
}

/** Strict: 35 and up belong to transactions (EIP-155), 2 and 3 to an r that overflowed, which no wallet produces. */
function parseRecoveryByte(v: number | undefined): 0 | 1 | null {
  switch (v) {
    case 0:
    case 27:
      return 0
    case 1:
    case 28:
      return 1
    default:
      return null
  }
}

/** SEC 1 §4.1.4 step 1 (the library checks it too) and EIP-2 low s, which libsecp256k1's recovery does not ask for. */
function isInRange(compact: Uint8Array): boolean {
  const r = compact.subarray(0, 32)
  const s = compact.subarray(32)
  return (
    Buffer.compare(r, ZERO) > 0 &&
    Buffer.compare(r, ORDER) < 0 &&
    Buffer.compare(s, ZERO) > 0 &&
    Buffer.compare(s, HALF_ORDER) <= 0
  )
}
