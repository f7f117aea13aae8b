import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { SESSION_ID_PREFIX } from './refresh-token.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const KSUID_LENGTH = 27
const MAC_LENGTH = 37
const TOKEN = /^[0-9A-Za-z]{64}$/

/**
 * Session tokens: 64 base62 characters that name a session and prove it. They are derived from the session's id by a keyed
 * hash, so that they can be given out again and are never stored (MoonKey digest §7.4).
 */
export interface SessionTokens {
  /** The token of this session, under the newest secret. */
  derive(projectId: string, sessionId: string): string
  /** The id of the session whose token this is, under any of the secrets; null for any other text. No store is asked. */
  locate(projectId: string, token: string): string | null
}

/** Derives under the first of these secrets and accepts all of them. @param secrets newest first */
export function createSessionTokens(secrets: readonly Uint8Array[]): SessionTokens {
  const keys = secrets.map((secret) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'walletgate/session-token/v1', 32))),
  )
  const [newest] = keys
  if (newest === undefined) throw new RangeError('session tokens need a secret')
  return {
    derive(projectId, sessionId) {
      const ksuid = sessionId.slice(SESSION_ID_PREFIX.length)
      return `${ksuid}${mac(newest, projectId, ksuid)}`
    },
    locate(projectId, token) {
      if (!TOKEN.test(token)) return null
      const ksuid = token.slice(0, KSUID_LENGTH)
      const presented = Buffer.from(token.slice(KSUID_LENGTH))
      const proves = (key: KeyObject) => timingSafeEqual(Buffer.from(mac(key, projectId, ksuid)), presented)
      return keys.some(proves) ? `${SESSION_ID_PREFIX}${ksuid}` : null
    },
  }
}

/** 37 characters, about 220 bits: one per byte of the hash. A MAC need not be uniform, only unpredictable. */
function mac(key: KeyObject, projectId: string, ksuid: string): string {
  const bytes = createHmac('sha512', key).update(projectId).update('\0').update(ksuid).digest()
  let text = ''
  for (let index = 0; index < MAC_LENGTH; index += 1) text += ALPHABET[(bytes[index] ?? 0) % ALPHABET.length]
  return text
}
