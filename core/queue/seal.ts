import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { RandomSource } from '../ports.ts'

const FORMAT = 1
// NIST SP 800-38D §8.2.2: a random 96-bit nonce, good for 2^32 items under one secret.
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Writes a queue's items so that the store, or a dump of it, shows nothing of them. */
export interface Sealer<T> {
  /** The item at rest, under the newest secret. */
  seal(id: string, item: T): string
  /** The item sealed for this id, or null when no configured secret opens it: altered, moved, or sealed by a newer secret. */
  open(id: string, sealed: string): T | null
}

/**
 * A sealer over the server's secrets, newest first: AES-256-GCM under a key derived by HKDF-SHA256 (RFC 5869) for this purpose
 * alone, with the entry's id authenticated.
 */
export function createSealer<T>(secrets: readonly Uint8Array[], purpose: string, random: RandomSource): Sealer<T> {
  const keys = secrets.map((secret) => deriveKey(secret, purpose))
  const [newest] = keys
  if (newest === undefined) throw new RangeError('sealing takes a secret')
  return {
    seal(id, item) {
      const nonce = random.bytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', newest, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(id, 'utf8'))
      const box = [cipher.update(JSON.stringify(item), 'utf8'), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat([Buffer.of(FORMAT), nonce, ...box]).toString('base64')
    },
    open(id, sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length < 1 + NONCE_BYTES + TAG_BYTES || bytes[0] !== FORMAT) return null
      for (const key of keys) {
        const text = decrypt(key, id, bytes)
        if (text !== null) return JSON.parse(text)
      }
      return null
    },
  }
}

/** A key for one purpose alone (HKDF-SHA256, RFC 5869). */
export function deriveKey(secret: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), purpose, 32)))
}

function decrypt(key: KeyObject, id: string, bytes: Buffer): string | null {
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(id, 'utf8'))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}
