import sodium from 'libsodium-wrappers'

export const SIGNATURE_BYTES = 64

/** Did the holder of this 32-byte key sign exactly these bytes? Any other length is a no. Never throws on input. */
export type VerifyEd25519 = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean

/**
 * libsodium verifies without the cofactor and refuses, before any arithmetic, S ≥ L (RFC 8032 §5.1.7), small-order R, and keys
 * that are small-order or not canonical, for which anyone can forge. That is `verify_strict` of Solana's own library; the tests
 * pin each refusal, since other libraries differ.
 */
export async function createVerifyEd25519(): Promise<VerifyEd25519> {
  await sodium.ready
  return (signature, message, publicKey) =>
    // libsodium's wrapper throws on other lengths.
    signature.length === SIGNATURE_BYTES &&
    publicKey.length === sodium.crypto_sign_PUBLICKEYBYTES &&
    sodium.crypto_sign_verify_detached(signature, message, publicKey)
}
