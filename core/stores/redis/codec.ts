import type { Challenge } from '../../challenges/challenge.ts'
import { AuthError } from '../../errors.ts'
import type { CredentialKey } from '../../identities/credential-key.ts'
import type { Credential, User, WalletAccess } from '../../identities/identity.ts'
import type { Factor, Session } from '../../sessions/session.ts'

/*
 * Records as text: JSON with short names, times in milliseconds. Encoding is deterministic, so that a record can be compared
 * as text. A record that does not decode is an outage, never "unknown".
 */

export function encodeChallenge({ nonce, issuedAt, expiresAt, context }: Challenge): string {
  return JSON.stringify({ n: nonce, i: issuedAt.getTime(), x: expiresAt.getTime(), c: context })
}

export function decodeChallenge(text: string): Pick<Challenge, 'nonce' | 'issuedAt' | 'expiresAt' | 'context'> {
  const { n, i, x, c } = parse(text)
  return { nonce: n, issuedAt: new Date(i), expiresAt: new Date(x), context: c }
}

export function encodeUser({ name, metadata, createdAt, updatedAt }: User): string {
  return JSON.stringify({
    n: [name.first, name.middle, name.last],
    m: metadata,
    c: createdAt.getTime(),
    u: updatedAt.getTime(),
  })
}

export function decodeUser(projectId: string, id: string, text: string, status: string | undefined): User {
  const { n, m, c, u } = parse(text)
  return {
    id,
    projectId,
    status: status === 'active' ? 'active' : 'pending',
    name: { first: n[0], middle: n[1], last: n[2] },
    metadata: m,
    createdAt: new Date(c),
    updatedAt: new Date(u),
  }
}

/** The part of a credential that never changes; whether it is verified and what it may do stand beside it. */
export function encodeCredential({ id, userId, createdAt, ...rest }: Credential): string {
  const what = rest.kind === 'wallet' ? { k: rest.kind, a: rest.account } : { k: rest.kind, v: rest.value }
  return JSON.stringify({ i: id, u: userId, c: createdAt.getTime(), ...what })
}

export interface CredentialFields {
  readonly c?: string
  /** Milliseconds; empty while unproved. */
  readonly v?: string
  readonly a?: string
}

export function decodeCredential(projectId: string, fields: CredentialFields): Credential | null {
  if (fields.c === undefined) return null
  const { i, u, c, k, a, v } = parse(fields.c)
  const base = {
    id: i,
    projectId,
    userId: u,
    createdAt: new Date(c),
    verifiedAt: fields.v === undefined || fields.v === '' ? null : new Date(Number(fields.v)),
  }
  if (k !== 'wallet') return { ...base, kind: k, value: v }
  return { ...base, kind: k, account: a, access: fields.a === undefined ? null : (parse(fields.a) as WalletAccess) }
}

export function encodeSession({ userId, door, device, createdAt }: Session): string {
  return JSON.stringify({ u: userId, d: door, c: createdAt.getTime(), v: device })
}

export function encodeFactor(factor: Factor): string {
  return JSON.stringify({ ...factor, verifiedAt: factor.verifiedAt.getTime() })
}

const FACTOR = 'f:'

/** A session from the fields of its hash; null when there is none. */
export function decodeSession(projectId: string, id: string, fields: Readonly<Record<string, string>>): Session | null {
  if (fields['s'] === undefined) return null
  const { u, d, c, v } = parse(fields['s'])
  const factors = Object.entries(fields)
    .filter(([name]) => name.startsWith(FACTOR))
    .map(([, text]) => decodeFactor(text))
    .sort((a, b) => a.verifiedAt.getTime() - b.verifiedAt.getTime())
  return {
    id,
    projectId,
    userId: u,
    door: d,
    factors,
    device: v,
    createdAt: new Date(c),
    lastActiveAt: new Date(Number(fields['a'])),
    expiresAt: new Date(Number(fields['x'])),
  }
}

/** The field under which a factor is kept: one per credential. */
export function factorField({ credentialId }: Factor): string {
  return `${FACTOR}${credentialId}`
}

function decodeFactor(text: string): Factor {
  const factor = parse(text)
  return { ...factor, verifiedAt: new Date(factor.verifiedAt) }
}

export function asCredentialKey(text: string): CredentialKey {
  return text as CredentialKey
}

// biome-ignore lint/suspicious/noExplicitAny: only records of our own encoding are read, by the functions above
function parse(text: string): any {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new AuthError('store_unavailable', 'record_corrupt', error)
  }
}
