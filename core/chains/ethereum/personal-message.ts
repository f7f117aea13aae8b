import type { Keccak256 } from './keccak256.ts'

/**
 * The hash `personal_sign` signs: EIP-191 version `0x45` over exactly these bytes. The length in the prefix counts bytes,
 * not characters, in decimal without padding.
 */
export function hashPersonalMessage(message: Uint8Array, keccak256: Keccak256): Uint8Array {
  return keccak256(Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`, 'latin1'), message)
}
