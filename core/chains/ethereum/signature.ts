/** Far above any signature of today (65 bytes for a key; an ERC-6492 wrapper needs a few KiB). */
export const MAX_SIGNATURE_BYTES = 8192

const HEX = /^[0-9a-fA-F]*$/

/**
 * The bytes of a hex signature, with or without `0x`, digits in either case, at most 8 KiB; null for anything else (odd
 * length, `0X`, outer space). Which lengths can be valid is for verification to say: contract accounts choose their own.
 */
export function decodeEthereumSignature(text: string): Uint8Array | null {
  if (text.length > 2 + 2 * MAX_SIGNATURE_BYTES) return null
  const digits = text.startsWith('0x') ? text.slice(2) : text
  if (digits.length % 2 !== 0 || digits.length > 2 * MAX_SIGNATURE_BYTES || !HEX.test(digits)) return null
  return Buffer.from(digits, 'hex')
}
