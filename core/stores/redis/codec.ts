import type { Challenge } from '../../challenges/challenge.ts'
import { AuthError } from '../../errors.ts'
import type { CredentialKey } from '../../identities/credential-key.ts'
import type { Credential, User, WalletAccess } from '../../identities/identity.ts'
import type { Factor, RefreshTokenRecord, Session } from '../../sessions/session.ts'
import { orderFactors } from '../order-factors.ts'

/*
 * Records as text: JSON with short names, times in milliseconds. Encoding is deterministic, so that a record can be compared
 * as text. A record that does not decode is an outage, never "unknown".
 */

/** The fields of a hash, as Redis gives them. */
type Fields = Readonly<Record<string, string>>

export function encodeChallenge({ nonce, issuedAt, expiresAt, context }: Challenge): string {
  return JSON.stringify({ n: nonce, i: issuedAt.getTime(), x: expiresAt.getTime(), c: context })
}

export function decodeChallenge(record: string): Pick<Challenge, 'nonce' | 'issuedAt' | 'expiresAt' | 'context'> {
  const { n, i, x, c } = parse(record)
  return { nonce: text(n), issuedAt: time(i), expiresAt: time(x), context: c }
}

export function encodeUser({ name, metadata, createdAt, updatedAt }: User): string {
  return JSON.stringify({
    n: [name.first, name.middle, name.last],
    m: metadata,
    c: createdAt.getTime(),
    u: updatedAt.getTime(),
  })
}

/** A user from the fields of its hash; null when there is none. */
export function decodeUser(projectId: string, id: string, fields: Fields): User | null {
  if (isEmpty(fields)) return null
  const { n, m, c, u } = parse(fields['j'])
  if (!Array.isArray(n)) throw corrupt()
  return {
    id,
    projectId,
    status: fields['s'] === 'active' ? 'active' : 'pending',
    name: { first: text(n[0]), middle: text(n[1]), last: text(n[2]) },
    metadata: m,
    createdAt: time(c),
    updatedAt: time(u),
  }
}

/**
 * The part of a credential that never changes; whose it is, whether it is verified, what it may do and how often it was used stand
 * beside it.
 */
export function encodeCredential({ id, createdAt, ...rest }: Credential): string {
  const base = { i: id, c: createdAt.getTime(), k: rest.kind }
  if (rest.kind === 'passkey') {
    const { credentialId, publicKey, transports, rpId, isBackedUp } = rest
    return JSON.stringify({ ...base, p: [credentialId, publicKey, transports, rpId, isBackedUp] })
  }
  if (rest.kind !== 'wallet') return JSON.stringify({ ...base, v: rest.value })
  const { namespace, address, chain } = rest.account
  return JSON.stringify({ ...base, a: [namespace, address, chain] })
}

/** What `CLAIM_CREDENTIAL` takes: whose it is, the record, and what stands beside it or ''. */
export function encodeClaim(credential: Credential): readonly string[] {
  const { userId, verifiedAt } = credential
  const access = credential.kind === 'wallet' && credential.access !== null ? JSON.stringify(credential.access) : ''
  const signCount = credential.kind === 'passkey' ? String(credential.signCount) : ''
  return [userId, encodeCredential(credential), String(verifiedAt?.getTime() ?? ''), access, signCount]
}

/** A credential from the fields of its hash; null when there is none. */
export function decodeCredential(projectId: string, fields: Fields): Credential | null {
  if (isEmpty(fields)) return null
  const { i, c, k, a, v, p } = parse(fields['c'])
  const base = {
    id: text(i),
    projectId,
    userId: text(fields['u']),
    createdAt: time(c),
    verifiedAt: fields['v'] === '' ? null : time(Number(fields['v'])),
  }
  if (k === 'email' || k === 'phone') return { ...base, kind: k, value: text(v) }
  if (k === 'passkey') return { ...base, kind: k, ...decodePasskey(p, fields['n']) }
  if (k !== 'wallet' || !Array.isArray(a)) throw corrupt()
  const [namespace, address, chain] = a
  const access = fields['a'] === undefined ? null : (parse(fields['a']) as WalletAccess)
  return { ...base, kind: k, account: { namespace, address: text(address), chain: chain ?? null }, access }
}

function decodePasskey(record: unknown, signCount: string | undefined) {
  // Without its counter a passkey could not be told from its copy.
  if (!Array.isArray(record) || signCount === undefined || !/^\d{1,10}$/.test(signCount)) throw corrupt()
  const [credentialId, publicKey, transports, rpId, isBackedUp] = record
  if (!Array.isArray(transports)) throw corrupt()
  return {
    credentialId: text(credentialId),
    publicKey: text(publicKey),
    signCount: Number(signCount),
    transports: transports.map(text),
    rpId: text(rpId),
    isBackedUp: isBackedUp === true,
  }
}

/** The hash of a new session, as names and values in turn. */
export function encodeSessionFields(session: Session, refreshToken: RefreshTokenRecord | null): readonly string[] {
  const { factors, lastActiveAt, expiresAt } = session
  const fields = ['s', encodeSession(session), 'x', String(expiresAt.getTime()), 'a', String(lastActiveAt.getTime())]
  for (const factor of factors) fields.push(factorField(factor), encodeFactor(factor))
  if (refreshToken !== null) fields.push(`t:${refreshToken.hash}`, `${refreshToken.expiresAt.getTime()},0`)
  return fields
}

function encodeSession({ userId, door, device, createdAt }: Session): string {
  return JSON.stringify([userId, door, createdAt.getTime(), ...(device === null ? [] : [device.userAgent, device.ip])])
}

/** Whose session this is, from its record. */
export function decodeSessionUser(record: string): string {
  return text(parseList(record)[0])
}

/** A factor without its credential, which the field's name says. */
export function encodeFactor({ kind, credentialId: _, verifiedAt, ...rest }: Factor): string {
  return JSON.stringify({ k: kind, v: verifiedAt.getTime(), ...rest })
}

const FACTOR = 'f:'

/** A session from the fields of its hash; null when there is none. */
export function decodeSession(projectId: string, id: string, fields: Fields): Session | null {
  if (isEmpty(fields)) return null
  const [userId, door, createdAt, userAgent, ip] = parseList(fields['s'])
  const factors: Factor[] = []
  for (const name in fields) if (name.startsWith(FACTOR)) factors.push(decodeFactor(name, fields[name]))
  return {
    id,
    projectId,
    userId: text(userId),
    door: text(door) as Session['door'],
    factors: orderFactors(factors),
    device: userAgent === undefined ? null : { userAgent: text(userAgent), ip: text(ip) },
    createdAt: time(createdAt),
    lastActiveAt: time(Number(fields['a'])),
    expiresAt: time(Number(fields['x'])),
  }
}

/** The field under which a factor is kept: one per credential. */
export function factorField({ credentialId }: Factor): string {
  return `${FACTOR}${credentialId}`
}

function decodeFactor(field: string, record: string | undefined): Factor {
  const { k, v, ...rest } = parse(record)
  return { ...rest, kind: text(k), credentialId: field.slice(FACTOR.length), verifiedAt: time(v) }
}

export function asCredentialKey(key: string): CredentialKey {
  return key as CredentialKey
}

function isEmpty(fields: Fields): boolean {
  for (const _ in fields) return false
  return true
}

// biome-ignore lint/suspicious/noExplicitAny: only records of our own encoding are read, by the functions above
function parse(record: string | undefined): any {
  let value: unknown
  try {
    value = JSON.parse(record ?? '')
  } catch (error) {
    throw corrupt(error)
  }
  if (typeof value !== 'object' || value === null) throw corrupt()
  return value
}

function parseList(record: string | undefined): readonly unknown[] {
  const value: unknown = parse(record)
  if (!Array.isArray(value)) throw corrupt()
  return value
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw corrupt()
  return value
}

function time(milliseconds: unknown): Date {
  if (typeof milliseconds !== 'number' || !Number.isFinite(milliseconds)) throw corrupt()
  return new Date(milliseconds)
}

function corrupt(cause?: unknown): AuthError {
  return new AuthError('store_unavailable', 'record_corrupt', cause)
}
