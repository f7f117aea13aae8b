import { createHash } from 'node:crypto'

/** WebAuthn §5.4.3. */
const MAX_BYTES = 64

/** What a passkey calls its user: the id's bytes, or their SHA-256 where an imported id is too long. */
export function userHandleOf(userId: string): Buffer {
  const bytes = Buffer.from(userId, 'utf8')
  return bytes.length <= MAX_BYTES ? bytes : createHash('sha256').update(bytes).digest()
}
