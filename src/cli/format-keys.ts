import type { KeyPairDoor, KeyState } from '../../core/stores/key-store.ts'
import type { KeyRotation } from '../../core/tokens/rotate-keys.ts'

/** What `keys list` prints of one set; its fields are what `--json` prints. */
export interface ListedKeySet {
  readonly project: string
  readonly dialect: KeyPairDoor
  /** Empty before the first use. */
  readonly keys: readonly {
    readonly kid: string
    readonly alg: string
    readonly state: KeyState
    readonly createdAt: Date
    readonly retiredAt: Date | null
    /** `older`: the secret that sealed it must stay in WALLETGATE_SECRET. */
    readonly secret: 'newest' | 'older'
  }[]
}

/** What `keys rotate` prints of one set; its fields are what `--json` prints. */
export interface RotatedKeySet {
  readonly project: string
  readonly dialect: KeyPairDoor
  readonly outcome: KeyRotation['outcome']
  readonly current: string
  readonly next: string | null
  readonly retiring: readonly string[]
  readonly usableAt: Date | null
}

/** What `keys retire` prints; its fields are what `--json` prints. */
export interface RetiredKey {
  readonly project: string
  readonly dialect: KeyPairDoor
  readonly retired: string
  readonly current: string
  readonly next: string | null
  readonly retiring: readonly string[]
}

/** A set for people: one line, and one for each of its keys. */
export function formatKeySet({ project, dialect, keys }: ListedKeySet): string {
  if (keys.length === 0) return `${project} ${dialect}: no keys yet; the first use makes them`
  const lines = keys.map(({ kid, alg, state, createdAt, retiredAt, secret }) => {
    const times = `since ${createdAt.toISOString()}${retiredAt === null ? '' : `, retired ${retiredAt.toISOString()}`}`
    return `  ${state.padEnd(8)}  ${kid}  ${alg}  ${times}${secret === 'older' ? ', under an older secret' : ''}`
  })
  return [`${project} ${dialect}`, ...lines].join('\n')
}

/** A rotation for people, in one line. */
export function formatRotation({ project, dialect, outcome, current, usableAt }: RotatedKeySet): string {
  const told = {
    rotated: `rotated; ${current} signs now`,
    created: `had no keys; ${current} signs now`,
    too_soon: `not rotated: the next key may sign from ${usableAt?.toISOString()} on (--force does not wait)`,
  }
  return `${project} ${dialect}: ${told[outcome]}`
}

/** What a retirement means, for people, in one line. */
export function formatRetirement({ project, dialect, retired }: RetiredKey): string {
  return `${project} ${dialect}: ${retired} retired; every server refuses its tokens and publishes it no more after 30 seconds at most`
}
