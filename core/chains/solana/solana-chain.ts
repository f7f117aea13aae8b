import sodium from 'libsodium-wrappers'
import type { Chain } from '../chain.ts'
import { decodeSolanaAddress, parseSolanaAddress } from './address.ts'
import { decodeSolanaSignature, SIGNATURE_BYTES } from './signature.ts'

/**
 * Solana: Ed25519 over the raw message bytes, decided locally. libsodium verifies without the cofactor and refuses, before
 * any arithmetic, S ≥ L (RFC 8032 §5.1.7), small-order R, and keys that are small-order or not canonical, for which anyone
 * can forge. That is `verify_strict` of Solana's own library; the tests pin each refusal, since other libraries differ.
 */
export async function createSolanaChain(): Promise<Chain> {
  await sodium.ready
  return {
    namespace: 'solana',
    name: 'Solana',
    parseAddress: parseSolanaAddress,
    formatAddress: (address) => address,
    isCanonicalSpelling: () => true,
    decodeSignature: decodeSolanaSignature,
    verify(address, message, signature) {
      const publicKey = decodeSolanaAddress(address)
      // libsodium's wrapper throws on other lengths.
      if (publicKey === null || signature.length !== SIGNATURE_BYTES) return 'invalid'
      return sodium.crypto_sign_verify_detached(signature, message, publicKey) ? 'valid' : 'invalid'
    },
  }
}
