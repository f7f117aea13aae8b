import { createSystemRandom } from '../../../core/random.ts'
import type { Door } from '../../../core/sessions/session.ts'
import type { KeySetOwner, KeyStore } from '../../../core/stores/key-store.ts'
import { createMemoryKeyStore } from '../../../core/stores/memory/memory-key-store.ts'
import { generateKey } from '../../../core/tokens/generate-key.ts'
import { newKeySet, sealKeySet } from '../../../core/tokens/key-set.ts'
import { createKeySealer, type KeySealer } from '../../../core/tokens/seal-key.ts'
import { signJwt } from '../../../core/tokens/sign-jwt.ts'
import { createStoredKeyRing, type StoredKeyRing } from '../../../core/tokens/stored-key-ring.ts'
import { TestClock } from '../../support/clock.ts'

export const random = createSystemRandom()
export const SECRET = new TextEncoder().encode('a secret of the first year, long enough')
export const NEWER_SECRET = new TextEncoder().encode('a secret of the second year, long enough')

export const MOONKEY: KeySetOwner = { projectId: 'demo', door: 'moonkey' }
export const WALLETKIT: KeySetOwner = { projectId: 'demo', door: 'walletkit' }
export const OTHER_PROJECT: KeySetOwner = { projectId: 'other', door: 'moonkey' }
export const OWNERS = [MOONKEY, WALLETKIT, OTHER_PROJECT]

/** A replica's view: its own ring over a store that it may share. Background faults are collected, never lost. */
export interface Replica {
  readonly ring: StoredKeyRing
  readonly keyStore: KeyStore
  readonly sealer: KeySealer
  readonly clock: TestClock
  readonly faults: unknown[]
}

export function openReplica(options: {
  readonly keyStore?: KeyStore
  readonly secrets?: readonly Uint8Array[]
  readonly clock?: TestClock
  readonly owners?: readonly KeySetOwner[]
  readonly retentionSeconds?: number
}): Replica {
  const { keyStore = createMemoryKeyStore(), secrets = [SECRET], clock = new TestClock(), owners = OWNERS } = options
  const sealer = createKeySealer(secrets, random)
  const faults: unknown[] = []
  const report = (fault: unknown) => void faults.push(fault)
  const ports = { keyStore, sealer, clock, random, report }
  const ring = createStoredKeyRing(ports, owners, { retentionSeconds: options.retentionSeconds ?? 86_400 })
  return { ring, keyStore, sealer, clock, faults }
}

/** A store that already holds a set for this owner, as a first use would have left it. */
export async function seedKeySet(
  keyStore: KeyStore,
  owner: KeySetOwner,
  clock: TestClock,
  secret = SECRET,
): Promise<void> {
  const sealer = createKeySealer([secret], random)
  const [current, next] = await Promise.all([
    generateKey({ clock, random }, owner.door),
    generateKey({ clock, random }, owner.door),
  ])
  const keySet = newKeySet(owner, current, next, clock.now())
  if (!(await keyStore.replace(sealKeySet(sealer, keySet), 0))) throw new Error('the store already had a set')
}

/** A token this replica signs now, valid for five minutes. */
export async function issueToken({ ring, clock }: Replica, { projectId, door }: { projectId: string; door: Door }) {
  const iat = Math.floor(clock.now().getTime() / 1000)
  return signJwt(await ring.signingKey(projectId, door), { sub: 'user_1', iat, nbf: iat, exp: iat + 300 })
}

export function decodeHeader(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>
}

/** A store that counts its reads, and can be made to fail like one that is down. */
export function watchStore(keyStore: KeyStore): KeyStore & { reads: number; writes: number; outage: Error | null } {
  return {
    reads: 0,
    writes: 0,
    outage: null,
    async find(projectId, door) {
      this.reads += 1
      if (this.outage !== null) throw this.outage
      return keyStore.find(projectId, door)
    },
    async replace(keySet, expectedVersion) {
      this.writes += 1
      if (this.outage !== null) throw this.outage
      return keyStore.replace(keySet, expectedVersion)
    },
  }
}
