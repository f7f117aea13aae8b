import type { User } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'

type Metadata = User['metadata']

/** Bytes of JSON a user's metadata may be, however many updates it took. */
const MAX_METADATA_BYTES = 16_384

/**
 * What an update makes of a user's metadata: merged key by key, a null value deletes its key, an empty object clears, and no
 * object changes nothing; or replaced (MoonKey digest §3). The result refuses what is too large as `malformed`.
 */
export function metadataChange(given: Metadata | null, replaces: boolean): (current: Metadata) => Metadata {
  if (given === null) return (current) => current
  const isFresh = replaces || Object.keys(given).length === 0
  return (current) => {
    const merged = Object.entries({ ...(isFresh ? {} : current), ...given }).filter(([, value]) => value !== null)
    const changed = Object.fromEntries(merged)
    if (Buffer.byteLength(JSON.stringify(changed)) > MAX_METADATA_BYTES) {
      throw new FailureError({ kind: 'malformed', detail: `metadata: larger than ${MAX_METADATA_BYTES} bytes` })
    }
    return changed
  }
}
