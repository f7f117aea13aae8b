import { AuthError } from '../errors.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { KeySetOwner, KeyStore } from '../stores/key-store.ts'
import { generateKey } from './generate-key.ts'
import { type KeySchedule, type KeySet, newKeySet, openKeySet, rotated, sealKeySet, withNextKey } from './key-set.ts'
import type { KeySealer } from './seal-key.ts'

/** Each lost race means that somebody else rotated; this many in a row is no race any more. */
const MAX_ATTEMPTS = 8

export interface KeyRotationRequest extends KeySetOwner {
  readonly schedule: KeySchedule
  /** Rotate even when the next key is too young: verifiers elsewhere may refuse its tokens until they look for keys again. */
  readonly force: boolean
}

/**
 * - `rotated`: the next key signs from now on, and another is published in its place.
 * - `created`: there was no set; its first keys stand.
 * - `too_soon`: the next key may sign from `usableAt`; nothing else changed.
 */
export type KeyRotation =
  | { readonly outcome: 'rotated' | 'created'; readonly keySet: KeySet }
  | { readonly outcome: 'too_soon'; readonly keySet: KeySet; readonly usableAt: Date }

/**
 * Rotates one key set in one atomic step; of any number of concurrent callers without `force`, one rotates. Whatever it
 * writes lies under the newest secret.
 * @throws {AuthError} `store_unavailable`, also when the set cannot be opened: it is then left as it is
 */
export async function rotateKeys(
  ports: {
    readonly keyStore: KeyStore
    readonly sealer: KeySealer
    readonly clock: Clock
    readonly random: RandomSource
  },
  { projectId, door, schedule, force }: KeyRotationRequest,
): Promise<KeyRotation> {
  const { keyStore, sealer, clock } = ports
  const newKey = () => generateKey(ports, door)
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const stored = await keyStore.find(projectId, door)
    const replace = (keySet: KeySet) => keyStore.replace(sealKeySet(sealer, keySet), stored?.version ?? 0)
    if (stored === null) {
      const [current, next] = await Promise.all([newKey(), newKey()])
      const keySet = newKeySet({ projectId, door }, current, next, clock.now())
      if (await replace(keySet)) return { outcome: 'created', keySet }
      continue
    }
    const keySet = openKeySet(sealer, stored)
    const { next } = keySet
    if (next !== null && !force) {
      const usableAt = new Date(next.createdAt.getTime() + schedule.publicationSeconds * 1000)
      if (clock.now() < usableAt) return { outcome: 'too_soon', keySet, usableAt }
    }
    const fresh = await newKey()
    // A key's age counts from when it is stored, so the clock is read after the slow part.
    const now = clock.now()
    if (next === null) {
      await replace(withNextKey(keySet, fresh, now)) // Whoever won, there is a next key now: judge that one.
      continue
    }
    const after = rotated(keySet, next, fresh, now, schedule)
    if (await replace(after)) return { outcome: 'rotated', keySet: after }
  }
  throw new AuthError('store_unavailable', 'key_set_contended')
}
