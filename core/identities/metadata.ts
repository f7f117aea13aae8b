import type { User } from './identity.ts'

/** Bytes of JSON a user's metadata may be, however many updates it took. */
export const MAX_METADATA_BYTES = 16_384
/** How many objects and lists may stand in one another, the metadata itself counted. */
export const MAX_METADATA_LEVELS = 32

/**
 * Whether this may be kept as a user's metadata. Depth comes first: `JSON.parse` reads what is so deep that `JSON.stringify` runs out of stack,
 * and that would break every answer that has the user in it.
 */
export function judgeMetadata(metadata: User['metadata']): 'fine' | 'too_deep' | 'too_large' {
  if (isDeeper(metadata, MAX_METADATA_LEVELS)) return 'too_deep'
  return Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES ? 'too_large' : 'fine'
}

/** Level by level, without a call in itself: nothing that can be parsed is too deep to be looked at. */
function isDeeper(value: object, levels: number): boolean {
  let here: readonly object[] = [value]
  for (let level = 0; level < levels && here.length > 0; level += 1) {
    here = here.flatMap((each) => Object.values(each).filter((member) => typeof member === 'object' && member !== null))
  }
  return here.length > 0
}
