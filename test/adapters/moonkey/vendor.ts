import { randomUUID } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { newAlphanumeric } from '../../../core/ids.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { VendorTokenSettings } from '../../../src/config/settings.ts'
import { START, unix } from './door.ts'

const random = createSystemRandom()

/** Undefined leaves a claim out. */
export type Claims = Readonly<Record<string, unknown>>

/** The vendor that an App left: it signs as the vendor's samples are signed (MoonKey digest §4). */
export interface Vendor {
  readonly issuer: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwks: { readonly keys: readonly JWK[] }
  /** An App's section that takes this vendor's tokens until a week after `START`. */
  section(change?: Partial<VendorTokenSettings>): VendorTokenSettings
  /** A session JWT with these claims changed, 300 s long. */
  sign(session: VendorSession, change?: Claims, header?: Record<string, unknown>, key?: CryptoKey): Promise<string>
}

export interface VendorSession {
  readonly id: string
  readonly user_id: string
  readonly expires_at: number
  readonly factors: readonly object[]
}

export async function newVendor(): Promise<Vendor> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = `jwk_${newAlphanumeric(27, random)}`
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig', key_ops: ['verify'] }
  const issuer = `api.streambird.io/${randomUUID()}`
  const until = new Date(START.getTime() + 7 * 86_400_000).toISOString()
  const jwks = { keys: [jwk] }
  return {
    issuer,
    kid,
    privateKey,
    publicKey,
    jwks,
    section: (change = {}) => ({
      issuer,
      audience: null,
      until,
      graceSeconds: 0,
      keySet: { kind: 'inline', jwks },
      ...change,
    }),
    sign(session, change = {}, header = {}, key = privateKey) {
      const now = unix(START)
      const claims: Claims = {
        iss: issuer,
        jti: session.id,
        iat: now,
        nbf: now,
        exp: now + 300,
        session,
        'https://streambird.io/jwt/session': session,
        ...change,
      }
      const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
      return new SignJWT(present).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT', ...header }).sign(key)
    },
  }
}

/** A session of the vendor's for another day, opened with these credentials. */
export function newVendorSession(userId: string, ...methodIds: readonly string[]): VendorSession {
  const factors = methodIds.map((id) => ({ type: 'wallet', method: { method_id: id, method_type: 'wallet' } }))
  return { id: `sess_${newAlphanumeric(27, random)}`, user_id: userId, expires_at: unix(START) + 86_400, factors }
}
