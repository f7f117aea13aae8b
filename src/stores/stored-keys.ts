import { AuthError } from '../../core/errors.ts'
import type { RandomSource } from '../../core/ports.ts'
import type { KeySetOwner, KeyStore } from '../../core/stores/key-store.ts'
import { openKeySet } from '../../core/tokens/key-set.ts'
import { createKeySealer } from '../../core/tokens/seal-key.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Settings } from '../config/settings.ts'

/** Whose key pairs sign: each project's, for each dialect it speaks that has some. */
export function keySetOwners(projects: Settings['projects']): readonly KeySetOwner[] {
  return projects.flatMap(({ id: projectId, moonkey, walletkit }) => [
    ...(moonkey === null ? [] : [{ projectId, door: 'moonkey' as const }]),
    ...(walletkit === null ? [] : [{ projectId, door: 'walletkit' as const }]),
  ])
}

/**
 * Opens every key set that is stored, and makes none. Returns how many there were.
 * @throws {AuthError} `store_unavailable`; `describeUnreadableKeys` tells an outage from keys that cannot be opened
 */
export async function openStoredKeys(
  { projects, secrets }: Pick<Settings, 'projects' | 'secrets'>,
  { keyStore, random }: { readonly keyStore: KeyStore; readonly random: RandomSource },
): Promise<number> {
  const sealer = createKeySealer(secrets, random)
  let opened = 0
  for (const { projectId, door } of keySetOwners(projects)) {
    const stored = await keyStore.find(projectId, door)
    if (stored === null) continue
    openKeySet(sealer, stored)
    opened += 1
  }
  return opened
}

/** What stays wrong however often it is asked. */
const UNUSABLE: ReadonlySet<string> = new Set(['key_tampered', 'key_set_malformed', 'record_corrupt'])

/** Keys that cannot be opened are no outage: somebody has to do something. For errors of reading keys; null for every other. */
export function describeUnreadableKeys(error: unknown): ConfigError | null {
  if (!(error instanceof AuthError)) return null
  const { reason } = error
  // What a parser says of a corrupt record quotes it.
  const detail = reason.startsWith('key_') && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  if (reason === 'key_secret_unknown') {
    return new ConfigError([
      {
        name: 'WALLETGATE_SECRET',
        problem: `cannot open the keys${detail}`,
        remedy: 'Add the secret they were sealed under, after the newest',
      },
    ])
  }
  if (UNUSABLE.has(reason)) {
    return new ConfigError([
      {
        name: 'REDIS_URL',
        problem: `holds keys that must not be used${detail}`,
        remedy: 'Restore the record from a backup',
      },
    ])
  }
  return null
}
