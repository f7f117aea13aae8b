import { decodeBase58 } from './base58.ts'
import { SIGNATURE_BYTES } from './ed25519.ts'
import { decodeSignedPacket } from './signed-packet.ts'

/** Standard alphabet, padded, and canonical: the four bits before `==` are zero (RFC 4648 §3.5), so `A`, `Q`, `g` or `w`. */
const BASE64_OF_64_BYTES = /^[A-Za-z0-9+/]{85}[AQgw]==$/

/**
 * The 64 bytes of a signature in base58 (64 to 88 characters) or in padded standard base64 (88 characters), or the bytes of a
 * signed packet, which is always longer, in either encoding; null for anything else. Unpadded and url-safe base64 of a signature
 * are refused: 86 such characters may be base58 as well, and a text must not mean two signatures. The padding keeps the two
 * encodings apart, since `=` is no base58 digit.
 */
export function decodeSolanaSignature(text: string): Uint8Array | null {
  if (text.length > 88) return decodeSignedPacket(text)
  if (text.endsWith('==')) return BASE64_OF_64_BYTES.test(text) ? Buffer.from(text, 'base64') : null
  return decodeBase58(text, SIGNATURE_BYTES)
}
