import type { Audited } from '../audit/audit-trail.ts'
import type { Passkey } from '../identities/identity.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Door, PasskeyFactor } from '../sessions/session.ts'
import { requireOwnSession, type SessionWish, type Settled, settleSession } from '../sign-in/settle-session.ts'
import type { Stores } from '../stores/stores.ts'
import { refusePasskey } from './passkey-refusals.ts'
import { type PasskeyProof, provePasskey } from './prove-passkey.ts'

/** A sign-in with a passkey. */
export type PasskeySignedIn<Wish extends SessionWish = SessionWish> = Settled<Wish> & { readonly passkey: Passkey }

/**
 * Signs in the owner of a passkey: its use is counted, then the session, and last of all the taking of the challenge. A refused
 * assertion leaves the challenge as it is.
 *
 * @throws {AuthError} `passkey_unusable`, `user_unknown`, `session_unusable`, `session_mismatch`, `store_unavailable`
 */
export async function signInWithPasskey<Wish extends SessionWish>(
  {
    stores,
    clock,
    random,
    audit,
  }: { readonly stores: Stores; readonly clock: Clock; readonly random: RandomSource } & Audited,
  door: Door,
  proof: PasskeyProof,
  wish: Wish,
): Promise<PasskeySignedIn<Wish>> {
  const now = clock.now()
  const { passkey, signCount, challenge } = await provePasskey({ stores }, proof, now)
  const owner = { projectId: passkey.projectId, userId: passkey.userId, door }
  await requireOwnSession(stores, owner, wish, now)
  // Before the session: where an authenticator counts, a store that fails afterwards costs the user one more gesture.
  if (!(await stores.identities.recordPasskeyUse(passkey, signCount))) refusePasskey('counter_replayed')
  const factor: PasskeyFactor = { kind: 'passkey', credentialId: passkey.id, verifiedAt: now }
  const settlement = { owner, challenge, spent: 'passkey_unusable', credential: passkey, factor } as const
  return {
    passkey: { ...passkey, signCount },
    ...(await settleSession({ stores, random, audit }, settlement, wish, now)),
  }
}
