import bs58 from 'bs58'

/**
 * The bytes, or null unless the text is base58 (Bitcoin alphabet) of exactly this many. The length is judged first, because
 * decoding is quadratic in it. There is one spelling per value: leading `1`s are leading zero bytes, one for one.
 */
export function decodeBase58(text: string, byteLength: number): Uint8Array | null {
  // log 256 / log 58 digits per byte: 44 for a key, 88 for a signature.
  const maxLength = Math.ceil((byteLength * Math.LN2 * 8) / Math.log(58))
  if (text.length > maxLength) return null
  const bytes = bs58.decodeUnsafe(text)
  return bytes?.length === byteLength ? bytes : null
}
