import { judgeMetadata, MAX_METADATA_BYTES, MAX_METADATA_LEVELS, type User } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'

type Metadata = User['metadata']

const REFUSALS = {
  too_deep: `metadata: nested deeper than ${MAX_METADATA_LEVELS} levels`,
  too_large: `metadata: larger than ${MAX_METADATA_BYTES} bytes`,
} as const

/**
 * What an update makes of a user's metadata: merged key by key, a null value deletes its key, an empty object clears, and no
 * object changes nothing; or replaced (MoonKey digest §3). The result refuses what is too deep or too large as `malformed`.
 */
export function metadataChange(given: Metadata | null, replaces: boolean): (current: Metadata) => Metadata {
  if (given === null) return (current) => current
  const isFresh = replaces || Object.keys(given).length === 0
  return (current) => {
    const merged = Object.entries({ ...(isFresh ? {} : current), ...given }).filter(([, value]) => value !== null)
    const changed = Object.fromEntries(merged)
    const verdict = judgeMetadata(changed)
    if (verdict !== 'fine') throw new FailureError({ kind: 'malformed', detail: REFUSALS[verdict] })
    return changed
  }
}
