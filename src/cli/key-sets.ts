import { InvalidArgumentError } from 'commander'
import type { Audited } from '../../core/audit/audit-trail.ts'
import type { Clock, RandomSource } from '../../core/ports.ts'
import type { KeyPairDoor, KeySetOwner, KeyStore } from '../../core/stores/key-store.ts'
import { DEFAULT_KEY_SCHEDULE, openKeySet } from '../../core/tokens/key-set.ts'
import { retireKey } from '../../core/tokens/retire-key.ts'
import { rotateKeys } from '../../core/tokens/rotate-keys.ts'
import type { KeySealer } from '../../core/tokens/seal-key.ts'
import type { ProjectSettings } from '../config/settings.ts'
import { CommandError } from './command-error.ts'
import { EX_DATAERR } from './exit-codes.ts'
import type { ListedKeySet, RetiredKey, RotatedKeySet } from './format-keys.ts'

/** The dialects that have key pairs. */
export const DIALECTS = ['moonkey', 'walletkit'] as const satisfies readonly KeyPairDoor[]

export interface KeyCommandPorts extends Audited {
  readonly keyStore: KeyStore
  readonly sealer: KeySealer
  readonly clock: Clock
  readonly random: RandomSource
}

/** Every chosen set as it is stored, opened to see that it can be. @throws {AuthError} `store_unavailable` */
export async function listKeySets(
  { keyStore, sealer }: Pick<KeyCommandPorts, 'keyStore' | 'sealer'>,
  owners: readonly KeySetOwner[],
): Promise<readonly ListedKeySet[]> {
  const sets: ListedKeySet[] = []
  for (const { projectId, door } of owners) {
    const stored = await keyStore.find(projectId, door)
    if (stored !== null) openKeySet(sealer, stored)
    const keys = (stored?.keys ?? []).map((key) => ({
      kid: key.keyId,
      alg: key.algorithm,
      state: key.state,
      createdAt: key.createdAt,
      retiredAt: key.retiredAt,
      secret: sealer.isNewest(key) ? ('newest' as const) : ('older' as const),
    }))
    sets.push({ project: projectId, dialect: door, keys })
  }
  return sets
}

/** Rotates every chosen set, one after the other. @throws {AuthError} `store_unavailable` */
export async function rotateKeySets(
  ports: KeyCommandPorts,
  owners: readonly KeySetOwner[],
  force: boolean,
): Promise<readonly RotatedKeySet[]> {
  const sets: RotatedKeySet[] = []
  for (const owner of owners) {
    const rotation = await rotateKeys(ports, { ...owner, schedule: DEFAULT_KEY_SCHEDULE, force })
    if (rotation.outcome !== 'too_soon') {
      ports.audit?.record({ event: 'key.rotated', ...owner, keyId: rotation.keySet.current.keyId })
    }
    sets.push({
      project: owner.projectId,
      dialect: owner.door,
      outcome: rotation.outcome,
      current: rotation.keySet.current.keyId,
      next: rotation.keySet.next?.keyId ?? null,
      retiring: rotation.keySet.retiring.map(({ keyId }) => keyId),
      usableAt: rotation.outcome === 'too_soon' ? rotation.usableAt : null,
    })
  }
  return sets
}

/**
 * Ends a key of whichever chosen set has it; null when none does.
 * @throws {AuthError} `store_unavailable`
 * @throws {CommandError} it signs
 */
export async function retireKeyOf(
  ports: KeyCommandPorts,
  owners: readonly KeySetOwner[],
  keyId: string,
): Promise<RetiredKey | null> {
  for (const owner of owners) {
    const retirement = await retireKey(ports, { ...owner, keyId })
    const { projectId: project, door: dialect } = owner
    if (retirement.outcome === 'current') {
      const rotate = `walletgate keys rotate --project ${project} --dialect ${dialect}`
      throw new CommandError(
        `that key signs: run “${rotate}” first, with --force if it has leaked, then retire it`,
        EX_DATAERR,
      )
    }
    if (retirement.outcome === 'unknown') continue
    ports.audit?.record({ event: 'key.retired', ...owner, keyId })
    const { current, next, retiring } = retirement.keySet
    const left = { current: current.keyId, next: next?.keyId ?? null, retiring: retiring.map((key) => key.keyId) }
    return { project, dialect, retired: keyId, ...left }
  }
  return null
}

/** The sets that these options mean: every dialect with key pairs that a project has, unless narrowed. */
export function selectOwners(
  projects: readonly ProjectSettings[],
  { project, dialect }: { readonly project?: string; readonly dialect?: KeyPairDoor },
): readonly KeySetOwner[] {
  const chosen = projects.filter(({ id }) => project === undefined || id === project)
  if (chosen.length === 0) {
    throw new InvalidArgumentError(`--project must be one of: ${projects.map(({ id }) => id).join(', ')}`)
  }
  const owners = chosen.flatMap((settings) =>
    DIALECTS.filter((door) => settings[door] !== null && (dialect === undefined || door === dialect)).map((door) => ({
      projectId: settings.id,
      door,
    })),
  )
  if (owners.length === 0) throw new InvalidArgumentError('no such project has this dialect switched on')
  return owners
}
