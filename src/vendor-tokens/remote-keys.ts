import { AuthError } from '../../core/errors.ts'
import type { ForeignIssuer } from '../../core/tokens/foreign-token.ts'
import { readKeySet } from '../../core/tokens/read-key-set.ts'
import type { VerificationKey } from '../../core/tokens/signing-key.ts'

/** So long a set is taken as it is, milliseconds. */
const FRESH_MS = 10 * 60_000
/** So long it is used when it cannot be read anew: an issuer that is being left may go at any time. */
const STALE_MS = 24 * 60 * 60_000
/** So often at most somebody's token makes us ask: for a key we do not know, or after a failure. */
const PAUSE_MS = 30_000

/**
 * Somebody else's keys, read when they are first needed, when they are old, and when a token names one that is not among them. A key that is
 * not in a set which was read after its token was shown is none of the issuer's; before that nobody knows.
 *
 * @param fetchSet reads the set; rejects when it cannot
 * @param elapsed milliseconds that only ever grow
 */
export function createRemoteKeys(fetchSet: () => Promise<unknown>, elapsed: () => number): ForeignIssuer['keys'] {
  let keys: readonly VerificationKey[] = []
  let readAt = -Infinity
  let triedAt = -Infinity
  let underWay: Promise<void> | null = null
  /** Shown before the newest set was read, and not in it. */
  let strangers = new Set<string | null>()

  const read = async () => {
    triedAt = elapsed()
    strangers = new Set()
    const set = readKeySet(await fetchSet())
    if (set === null || set.length === 0) throw new Error('answered with no key we can use')
    keys = set
    readAt = triedAt
  }
  const isAsOldAs = (age: number) => elapsed() - readAt > age

  return async (keyId) => {
    const shownAt = elapsed()
    const isThere = () => keyId === null || keys.some((key) => key.keyId === keyId)
    if (!isAsOldAs(FRESH_MS) && isThere()) return keys
    if (underWay !== null || elapsed() - triedAt > PAUSE_MS) {
      underWay ??= read().finally(() => {
        underWay = null
      })
      // What became of it shows in what is there now.
      await underWay.catch(() => {})
    }
    if (!isThere() && readAt >= shownAt) strangers.add(keyId)
    if ((isThere() || strangers.has(keyId)) && !isAsOldAs(STALE_MS)) return keys
    throw new AuthError('issuer_unavailable', 'key_set_unavailable')
  }
}
