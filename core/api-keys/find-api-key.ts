import type { Clock } from '../ports.ts'
import type { ApiKeyStore } from '../stores/api-key-store.ts'
import type { Soon } from '../tokens/key-ring.ts'
import type { ApiKey, ApiKeyKind } from './api-key.ts'
import { digestApiKey, hasApiKeyForm, isApiKeyText } from './key-text.ts'

/** A key is accepted by a roll read at most so long ago: when it was revoked, every replica refuses it after this time. */
const MAX_AGE_MS = 2_000
/** A roll in use is read again after this long, in the background, so that nobody waits for the store. */
const REFRESH_MS = 1_000
/** A key is refused as unknown by a roll read at most so long ago; made-up keys cost one read in this time, however many they are. */
const LOOK_MS = 50
/** A read that failed is not tried again for so long: a request that asks twice waits once for a store that hangs. */
const RETRY_MS = 50

export interface ApiKeyFinder {
  /**
   * The project whose live key of this kind it is, or null. At once where the roll is fresh, as nearly always.
   * @throws {AuthError} `store_unavailable` when the roll is too old to judge by and the store cannot be asked
   */
  projectOf(kind: ApiKeyKind, text: string): Soon<string | null>
}

/** What a process knows of the keys in the store. */
interface Roll {
  readonly version: string
  readonly live: ReadonlyMap<string, Pick<ApiKey, 'projectId' | 'kind'>>
  /** When the read began: what the roll says was so at that moment or later. */
  readonly readAt: number
}

/**
 * Finds keys in a copy of the whole roll, which is asked for again only where its version has changed: what it costs depends
 * neither on how many keys there are nor on how many strangers try. Nothing is read before somebody shows a key of our making.
 */
export function createApiKeyFinder({ apiKeys, clock }: { apiKeys: ApiKeyStore; clock: Clock }): ApiKeyFinder {
  let held: Roll | null = null
  let reading: { readonly startedAt: number; readonly done: Promise<Roll> } | null = null
  let failure: { readonly at: number; readonly error: unknown } | null = null

  async function load(startedAt: number): Promise<Roll> {
    const before = held
    const changed = await apiKeys.read(before?.version ?? null).catch((error: unknown) => {
      failure = { at: clock.now().getTime(), error }
      throw error
    })
    if (changed !== null) held = { version: changed.version, live: indexOf(changed.keys), readAt: startedAt }
    else if (before !== null) held = { ...before, readAt: startedAt }
    if (held === null) throw new TypeError('a first read has nothing to be unchanged from')
    return held
  }

  function read(): Promise<Roll> {
    const startedAt = clock.now().getTime()
    const done = load(startedAt).finally(() => {
      reading = null
    })
    reading = { startedAt, done }
    return done
  }

  function hasJustFailed(): boolean {
    return failure !== null && Math.abs(clock.now().getTime() - failure.at) < RETRY_MS
  }

  /** A roll whose read began at this time or later. A clock that stepped back makes it too old. */
  function readSince(time: number): Soon<Roll> {
    if (held !== null && held.readAt >= time && held.readAt <= clock.now().getTime()) return held
    if (reading === null) return hasJustFailed() ? Promise.reject(failure?.error) : read()
    if (reading.startedAt >= time) return reading.done
    // It began too early to say how things are now, and what becomes of it does not matter.
    const again = () => readSince(time)
    return reading.done.then(again, again)
  }

  async function findInStore(kind: ApiKeyKind, digest: string, askedAt: number): Promise<string | null> {
    const roll = await readSince(askedAt - MAX_AGE_MS)
    if (roll.live.has(digest)) return projectIn(roll, kind, digest)
    return projectIn(await readSince(askedAt - LOOK_MS), kind, digest)
  }

  return {
    projectOf(kind, text) {
      if (!hasApiKeyForm(kind, text)) return null
      // Found by its hash, whose characters nobody can choose one by one: the time taken tells nothing about a key.
      const digest = digestApiKey(text)
      const now = clock.now().getTime()
      const roll = held
      if (roll === null || !roll.live.has(digest) || now - roll.readAt > MAX_AGE_MS || now < roll.readAt) {
        return isApiKeyText(kind, text) ? findInStore(kind, digest, now) : null
      }
      // A failure here is nobody's yet: who needs the answer asks again, and is told.
      if (now - roll.readAt >= REFRESH_MS && reading === null && !hasJustFailed()) read().catch(() => {})
      return projectIn(roll, kind, digest)
    },
  }
}

function indexOf(keys: readonly ApiKey[]): Roll['live'] {
  return new Map(
    keys.flatMap(({ digest, projectId, kind, revokedAt }) =>
      revokedAt === null ? [[digest, { projectId, kind }] as const] : [],
    ),
  )
}

function projectIn({ live }: Roll, kind: ApiKeyKind, digest: string): string | null {
  const found = live.get(digest)
  return found?.kind === kind ? found.projectId : null
}
