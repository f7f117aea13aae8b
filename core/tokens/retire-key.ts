import { AuthError } from '../errors.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { KeySetOwner, KeyStore } from '../stores/key-store.ts'
import { generateKey } from './generate-key.ts'
import { type KeySet, openKeySet, sealKeySet, withNextKey } from './key-set.ts'
import type { KeySealer } from './seal-key.ts'

/** Each lost race means that somebody else changed the set; this many in a row is no race any more. */
const MAX_ATTEMPTS = 8

/**
 * - `retired`: the key is in the set no more; a next key that went has a successor.
 * - `current`: it signs, and nothing changed: rotate first.
 * - `unknown`: the set has no such key.
 */
export type KeyRetirement =
  | { readonly outcome: 'retired'; readonly keySet: KeySet }
  | { readonly outcome: 'current' }
  | { readonly outcome: 'unknown' }

/**
 * Takes a key that does not sign out of its set in one atomic step. Whoever holds the set refuses its tokens and publishes it no
 * more as soon as it reads again: 30 seconds later at most.
 * @throws {AuthError} `store_unavailable`, also when the set cannot be opened: it is then left as it is
 */
export async function retireKey(
  ports: {
    readonly keyStore: KeyStore
    readonly sealer: KeySealer
    readonly clock: Clock
    readonly random: RandomSource
  },
  { projectId, door, keyId }: KeySetOwner & { readonly keyId: string },
): Promise<KeyRetirement> {
  const { keyStore, sealer, clock } = ports
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const stored = await keyStore.find(projectId, door)
    const keySet = stored === null ? null : openKeySet(sealer, stored)
    if (stored === null || keySet === null || !stored.keys.some((key) => key.keyId === keyId)) {
      return { outcome: 'unknown' }
    }
    if (keySet.current.keyId === keyId) return { outcome: 'current' }
    const after =
      keySet.next?.keyId === keyId
        ? withNextKey(keySet, await generateKey(ports, door), clock.now())
        : { ...keySet, retiring: keySet.retiring.filter((key) => key.keyId !== keyId) }
    if (await keyStore.replace(sealKeySet(sealer, after), stored.version)) return { outcome: 'retired', keySet: after }
  }
  throw new AuthError('store_unavailable', 'key_set_contended')
}
