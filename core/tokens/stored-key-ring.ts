import { isDeepStrictEqual } from 'node:util'
import { AuthError } from '../errors.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Door } from '../sessions/session.ts'
import type { KeySetOwner, KeyStore, StoredKeySet } from '../stores/key-store.ts'
import { generateKey } from './generate-key.ts'
import type { KeyRing, Soon } from './key-ring.ts'
import { isRetained, type KeySchedule, type KeySet, newKeySet, openKeySet, sealKeySet, withNextKey } from './key-set.ts'
import { formatPublicJwk, type PublicJwk } from './public-jwk.ts'
import type { KeySealer } from './seal-key.ts'
import { createSigningKey, type SigningKey, type VerificationKey } from './signing-key.ts'

/** Keys in use are read again after 5 to 10 seconds, in the background and at different moments in each replica. */
const REFRESH_MS = 5_000
const REFRESH_JITTER_MS = 5_000
/** Keys read longer ago than this are not used: they are read first. A store that is down then stops us, as it should. */
const MAX_AGE_MS = 30_000
/** A read that failed is tried again after this long, not with each request. */
const RETRY_MS = 1_000
/** Unknown key ids, which anybody can invent, cost at most one read in this time. */
const LOOK_INTERVAL_MS = 1_000
/** An RFC 7638 thumbprint; nothing else is worth a look. */
const KEY_ID = /^[\w-]{43}$/

export interface StoredKeyRing extends KeyRing {
  /**
   * Resolves when every set is at hand, created where it was missing.
   * @throws {AuthError} `store_unavailable`; the reason tells an outage from keys that cannot be opened
   */
  prepare(): Promise<void>
  /** The keys that sign, as far as they are at hand; nothing is read. */
  signingKeys(): readonly (KeySetOwner & { readonly createdAt: Date })[]
  /** A ring for other owners, beside this one. Sets that both have are one: what is at hand stays at hand. */
  over(owners: readonly KeySetOwner[]): StoredKeyRing
  /** Resolves when nothing goes on in the background any more, in this ring and all that came from it. */
  idle(): Promise<void>
}

export interface StoredKeyRingPorts {
  readonly keyStore: KeyStore
  readonly sealer: KeySealer
  readonly clock: Clock
  readonly random: RandomSource
  /** Told of what failed in the background; requests go on with the keys at hand while they are fresh enough. */
  readonly report: (error: unknown) => void
}

interface Entry {
  readonly owner: KeySetOwner
  held: Held | null
  loading: Promise<Held> | null
  extending: Promise<void> | null
  look: { readonly at: number; readonly done: Promise<Held> } | null
}

interface Held {
  readonly stored: StoredKeySet
  readonly keySet: KeySet
  readonly signing: SigningKey
  readonly verification: readonly VerificationKey[]
  readonly published: readonly PublicJwk[]
  readonly readAt: number
  refreshAt: number
}

/**
 * A ring over a store that replicas share. The first use of a set creates it, once for all replicas; a rotation anywhere
 * arrives here within seconds. Keys that cannot be opened refuse everything: new ones are never made in their place.
 */
export function createStoredKeyRing(
  ports: StoredKeyRingPorts,
  owners: readonly KeySetOwner[],
  { retentionSeconds }: Pick<KeySchedule, 'retentionSeconds'>,
): StoredKeyRing {
  const { keyStore, sealer, clock, random, report } = ports
  const background = new Set<Promise<unknown>>()

  function inBackground(work: Promise<unknown>): void {
    const done: Promise<unknown> = work.catch(report).finally(() => background.delete(done))
    background.add(done)
  }

  /** What is at hand, or a promise of it. Never older than MAX_AGE_MS; a clock that stepped back counts as too old. */
  function hold(entry: Entry): Soon<Held> {
    const { held } = entry
    const now = clock.now().getTime()
    if (held === null || now < held.readAt || now - held.readAt >= MAX_AGE_MS) return refresh(entry)
    if (now >= held.refreshAt && entry.loading === null) inBackground(refresh(entry))
    return held
  }

  function refresh(entry: Entry): Promise<Held> {
    entry.loading ??= load(entry).finally(() => {
      entry.loading = null
    })
    return entry.loading
  }

  async function load(entry: Entry): Promise<Held> {
    const now = clock.now()
    try {
      const { owner, held } = entry
      const stored = (await keyStore.find(owner.projectId, owner.door)) ?? (await create(entry))
      const same = held !== null && isDeepStrictEqual(stored.keys, held.stored.keys)
      entry.held = holdSet(stored, same ? held.keySet : openKeySet(sealer, stored), now, held)
      if (entry.held.keySet.next === null) extendSoon(entry)
      return entry.held
    } catch (error) {
      if (entry.held !== null) entry.held.refreshAt = now.getTime() + RETRY_MS
      throw error
    }
  }

  function holdSet(stored: StoredKeySet, keySet: KeySet, now: Date, before: Held | null): Held {
    const { current, next, retiring } = keySet
    const accepted = [current, ...(next === null ? [] : [next]), ...retiring].filter((key) =>
      isRetained(key, now, retentionSeconds),
    )
    const [jitter = 0] = random.bytes(1)
    const age = { readAt: now.getTime(), refreshAt: now.getTime() + REFRESH_MS + (jitter / 256) * REFRESH_JITTER_MS }
    // Callers see by identity that nothing changed, and nothing is computed anew.
    if (before?.keySet === keySet && before.verification.length === accepted.length)
      return { ...before, stored, ...age }
    return {
      stored,
      keySet,
      signing: createSigningKey(current.algorithm, current.privateKey, current.keyId),
      verification: accepted.map(({ algorithm, keyId, publicKey }) => ({ algorithm, keyId, key: publicKey })),
      published: accepted.map((key) => formatPublicJwk(key.publicKey, key)),
      ...age,
    }
  }

  async function create({ owner, held }: Entry): Promise<StoredKeySet> {
    // A store that lost a set we hold (a failover, a restored backup) gets it back: tokens under it are still about.
    const keys = held?.stored.keys ?? sealKeySet(sealer, newKeySet(owner, await newKey(owner), null, clock.now())).keys
    await keyStore.replace({ ...owner, keys }, 0) // Whoever won, theirs is the set.
    const stored = await keyStore.find(owner.projectId, owner.door)
    if (stored === null) throw new AuthError('store_unavailable', 'key_set_lost')
    return stored
  }

  function extendSoon(entry: Entry): void {
    if (entry.extending !== null) return
    entry.extending = extend(entry).finally(() => {
      entry.extending = null
    })
    inBackground(entry.extending)
  }

  /** Gives the set a next key; in vain when another replica was faster. */
  async function extend(entry: Entry): Promise<void> {
    const { owner } = entry
    const fresh = await newKey(owner)
    const stored = await keyStore.find(owner.projectId, owner.door)
    if (stored === null) return
    const keySet = openKeySet(sealer, stored)
    if (keySet.next === null) {
      await keyStore.replace(sealKeySet(sealer, withNextKey(keySet, fresh, clock.now())), stored.version)
    }
    await refresh(entry)
  }

  function newKey({ door }: KeySetOwner) {
    return generateKey(ports, door)
  }

  function look(entry: Entry): Promise<Held> {
    const now = clock.now().getTime()
    if (entry.look === null || Math.abs(now - entry.look.at) >= LOOK_INTERVAL_MS) {
      entry.look = { at: now, done: refresh(entry) }
    }
    // Within the interval everybody shares one answer, an outage included: not knowing is no refusal.
    return entry.look.done.then((found) => entry.held ?? found)
  }

  function ringOver(entries: ReadonlyMap<string, Entry>): StoredKeyRing {
    const requireEntry = (projectId: string, door: Door): Entry => {
      const entry = entries.get(`${door}/${projectId}`)
      if (entry === undefined) throw new Error(`project ${projectId} has no key set for ${door}`)
      return entry
    }
    return {
      signingKey: (projectId, door) => pick(hold(requireEntry(projectId, door)), signingOf),
      verificationKeys(projectId, door, keyId) {
        const entry = requireEntry(projectId, door)
        const held = hold(entry)
        if (keyId === undefined || !KEY_ID.test(keyId)) return pick(held, verificationOf)
        return Promise.resolve(held)
          .then((known) => (known.verification.some((key) => key.keyId === keyId) ? known : look(entry)))
          .then(verificationOf)
      },
      publicKeys: (projectId, door) => pick(hold(requireEntry(projectId, door)), publishedOf),
      async prepare() {
        for (const entry of entries.values()) await hold(entry)
      },
      signingKeys: () =>
        [...entries.values()].flatMap(({ owner, held }) =>
          held === null ? [] : [{ ...owner, createdAt: held.keySet.current.createdAt }],
        ),
      over: (others) => ringOver(entriesOf(others, entries)),
      async idle() {
        while (background.size > 0) await Promise.all(background)
      },
    }
  }
  return ringOver(entriesOf(owners, new Map()))
}

function entriesOf(owners: readonly KeySetOwner[], known: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
  return new Map(
    owners.map((owner) => {
      const name = `${owner.door}/${owner.projectId}`
      return [name, known.get(name) ?? { owner, held: null, loading: null, extending: null, look: null }]
    }),
  )
}

const signingOf = (held: Held) => held.signing
const verificationOf = (held: Held) => held.verification
const publishedOf = (held: Held) => held.published

function pick<T>(held: Soon<Held>, part: (held: Held) => T): Soon<T> {
  return held instanceof Promise ? held.then(part) : part(held)
}
