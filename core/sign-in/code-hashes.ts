import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'

const CODE = /^[0-9]{6}$/

/**
 * Six digits at rest. A plain hash of them is undone by trying a million, so the hash is keyed, and the key is not in the store:
 * whoever reads the store learns no code.
 */
export interface CodeHashes {
  /** The hash to store, under the newest secret. `binding` says what else it is for; a code bound elsewhere does not match. */
  hash(binding: readonly string[], code: string): string
  /** Whether this is the code, under any of the secrets. Takes as long for every wrong one. */
  matches(binding: readonly string[], code: string, hash: string): boolean
}

/** Hashes under keys derived by HKDF-SHA256 (RFC 5869) for this purpose alone. @param secrets newest first */
export function createCodeHashes(secrets: readonly Uint8Array[]): CodeHashes {
  const keys = secrets.map((secret) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'walletgate/email-code/v1', 32))),
  )
  const [newest] = keys
  if (newest === undefined) throw new RangeError('hashing codes takes a secret')
  return {
    hash: (binding, code) => mac(newest, binding, code).toString('base64url'),
    matches(binding, code, hash) {
      const stored = Buffer.from(hash, 'base64url')
      let isMatch = false
      for (const key of keys) {
        const computed = mac(key, binding, code)
        if (stored.length === computed.length && timingSafeEqual(computed, stored)) isMatch = true
      }
      return isMatch
    },
  }
}

/** Whether the text can be a code at all. What cannot is not worth one of the few attempts. */
export function isCode(text: string): boolean {
  return CODE.test(text)
}

function mac(key: KeyObject, binding: readonly string[], code: string): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([...binding, code]))
    .digest()
}
