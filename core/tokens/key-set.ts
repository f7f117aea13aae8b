import { type KeyObject, X509Certificate } from 'node:crypto'
import { AuthError } from '../errors.ts'
import type { KeyFacts, KeySetOwner, StoredKey, StoredKeySet } from '../stores/key-store.ts'
import type { FreshKey } from './generate-key.ts'
import type { KeySealer } from './seal-key.ts'
import { thumbprint } from './signing-key.ts'

/** A key of a set, opened. */
export interface SetKey extends KeyFacts {
  readonly publicKey: KeyObject
  /** Null for a retiring key. */
  readonly privateKey: KeyObject | null
}

/** The key that signs, the one that will, and those that did. */
export interface KeySet extends KeySetOwner {
  readonly current: SetKey & { readonly privateKey: KeyObject }
  /** Null only for the moment it takes to make one. */
  readonly next: (SetKey & { readonly privateKey: KeyObject }) | null
  readonly retiring: readonly SetKey[]
}

/** How long a set keeps what it no longer signs with, and how early it shows what it will sign with. */
export interface KeySchedule {
  /** How long a retired key is published and accepted: at least the longest token life and what clients cache beyond it. */
  readonly retentionSeconds: number
  /** How long a key must have been published before it may sign. */
  readonly publicationSeconds: number
}

/**
 * Retention: a week, against tokens of a day at most. Publication: verifiers that refresh by the clock do so every 10
 * minutes (jose's `cacheMaxAge`); those that look an unknown key up wait 30 seconds at most (its `cooldownDuration`).
 */
export const DEFAULT_KEY_SCHEDULE: KeySchedule = { retentionSeconds: 7 * 86_400, publicationSeconds: 600 }

/**
 * The opened set. Every key is authenticated, the retiring ones too: a key slipped into the store must not be accepted.
 * @throws {AuthError} `store_unavailable` with reason `key_secret_unknown`, `key_tampered` or `key_set_malformed`
 */
export function openKeySet(sealer: KeySealer, { projectId, door, keys }: StoredKeySet): KeySet {
  const owner = { projectId, door }
  const opened = keys.map((stored) => openKey(sealer, owner, stored))
  const signers = opened.filter((key) => key.privateKey !== null) as (SetKey & { readonly privateKey: KeyObject })[]
  const current = signers.filter(({ state }) => state === 'current')
  const next = signers.filter(({ state }) => state === 'next')
  const retiring = opened.filter(({ state, privateKey }) => state === 'retiring' && privateKey === null)
  const [onlyCurrent] = current
  const isWhole =
    current.length === 1 &&
    next.length <= 1 &&
    current.length + next.length + retiring.length === keys.length &&
    new Set(keys.map(({ keyId }) => keyId)).size === keys.length
  if (!isWhole || onlyCurrent === undefined)
    throw malformed(owner, 'it needs one current key, at most one next, each once')
  return { ...owner, current: onlyCurrent, next: next[0] ?? null, retiring }
}

/** The set at rest, everything under the newest secret. */
export function sealKeySet(
  sealer: KeySealer,
  { projectId, door, current, next, retiring }: KeySet,
): Omit<StoredKeySet, 'version'> {
  const owner = { projectId, door }
  const keys = [current, ...(next === null ? [] : [next]), ...retiring]
  return { ...owner, keys: keys.map((key) => sealer.seal(owner, factsOf(key), key.privateKey)) }
}

/** The first set of an owner: it signs with this key at once, since nobody can have looked for keys before. */
export function newKeySet(owner: KeySetOwner, current: FreshKey, next: FreshKey | null, now: Date): KeySet {
  return {
    ...owner,
    current: { ...current, state: 'current', createdAt: now, retiredAt: null },
    next: next === null ? null : asNext(next, now),
    retiring: [],
  }
}

/** The set with its next key in place, published from now on. */
export function withNextKey(keySet: KeySet, next: FreshKey, now: Date): KeySet {
  return { ...keySet, next: asNext(next, now) }
}

/** next → current, current → retiring, `fresh` → next. Retired keys past their retention are dropped. */
export function rotated(
  { projectId, door, current, retiring }: KeySet,
  successor: NonNullable<KeySet['next']>,
  fresh: FreshKey,
  now: Date,
  { retentionSeconds }: KeySchedule,
): KeySet {
  return {
    projectId,
    door,
    current: { ...successor, state: 'current' },
    next: asNext(fresh, now),
    retiring: [
      { ...current, state: 'retiring', retiredAt: now, privateKey: null },
      ...retiring.filter((key) => isRetained(key, now, retentionSeconds)),
    ],
  }
}

/** Whether tokens under this key are still accepted. It ends at `retiredAt` plus the retention, not after it. */
export function isRetained({ retiredAt }: KeyFacts, now: Date, retentionSeconds: number): boolean {
  return retiredAt === null || now.getTime() < retiredAt.getTime() + retentionSeconds * 1000
}

function asNext(key: FreshKey, now: Date): NonNullable<KeySet['next']> {
  return { ...key, state: 'next', createdAt: now, retiredAt: null }
}

function factsOf({ keyId, algorithm, state, createdAt, retiredAt, certificate }: KeyFacts): KeyFacts {
  return { keyId, algorithm, state, createdAt, retiredAt, certificate }
}

function openKey(sealer: KeySealer, owner: KeySetOwner, stored: StoredKey): SetKey {
  const privateKey = sealer.open(owner, stored)
  const { publicKey } = new X509Certificate(Buffer.from(stored.certificate, 'base64'))
  if (thumbprint(publicKey) !== stored.keyId) throw malformed(owner, `key ${stored.keyId} is not the one certified`)
  return { ...factsOf(stored), publicKey, privateKey }
}

function malformed({ projectId, door }: KeySetOwner, problem: string): AuthError {
  const cause = new Error(`the ${door} key set of project ${projectId} cannot be used: ${problem}`)
  return new AuthError('store_unavailable', 'key_set_malformed', cause)
}
