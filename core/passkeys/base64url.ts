/**
 * The bytes this stands for in base64url (RFC 4648 §5), at most so many; null for anything else. Padding may be left out, and
 * nothing else has two spellings.
 */
export function decodeBase64Url(text: unknown, maxBytes: number): Buffer | null {
  if (typeof text !== 'string' || text.length > Math.ceil(maxBytes / 3) * 4) return null
  const bytes = Buffer.from(text, 'base64url')
  const unpadded = text.replace(/={1,2}$/, '')
  if (unpadded.length !== text.length && text.length % 4 !== 0) return null
  return bytes.length <= maxBytes && bytes.toString('base64url') === unpadded ? bytes : null
}
