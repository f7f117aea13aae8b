import { decodeBase58 } from './base58.ts'

export const PUBLIC_KEY_BYTES = 32

/**
 * The address as written (base58 has one spelling per key), or null unless it is 32 to 44 characters of base58 for exactly
 * 32 bytes. Whether a key can sign at all is not judged here: program addresses, off the curve or of small order, are
 * addresses too, and no signature verifies for them.
 */
export function parseSolanaAddress(text: string): string | null {
  return decodeSolanaAddress(text) === null ? null : text
}

/** The 32 bytes of the public key, under the same conditions. */
export function decodeSolanaAddress(text: string): Uint8Array | null {
  return decodeBase58(text, PUBLIC_KEY_BYTES)
}
