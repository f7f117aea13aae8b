import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Door } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import { completeEmailSignIn, type EmailSignedIn } from './complete-email-sign-in.ts'
import { fulfilHandOver } from './hand-over.ts'
import { type MagicTokenProof, proveByMagicToken } from './magic-link.ts'
import type { SessionWish } from './settle-session.ts'

/** A sign-in with a magic token. */
export type MagicSignedIn<Wish extends SessionWish = SessionWish> = EmailSignedIn<Wish> & {
  /** False: the link is spent, and whoever asked for it waits in vain. */
  readonly isHandedOver: boolean
}

/**
 * Signs in with a magic token and, where somebody else asked for the link, leaves them the session. Only a session that was
 * opened for this sign-in: one that existed may hold factors that whoever asked has never shown.
 *
 * @throws {AuthError} `link_unusable`, `link_expired`, `session_unusable`, `session_mismatch`, `store_unavailable`
 */
export async function signInWithMagicToken<Wish extends SessionWish>(
  ports: { readonly stores: Stores; readonly clock: Clock; readonly random: RandomSource } & Audited,
  door: Door,
  proof: MagicTokenProof,
  wish: Wish,
): Promise<MagicSignedIn<Wish>> {
  const now = ports.clock.now()
  const proved = await proveByMagicToken(ports, proof, now)
  const signedIn = await completeEmailSignIn(ports, door, proved, wish, now)
  const session = wish.kind === 'existing' ? null : signedIn.session
  try {
    await fulfilHandOver(ports.stores.challenges, proved.challenge, { userId: signedIn.contact.userId, session }, now)
    return { ...signedIn, isHandedOver: true }
  } catch (error) {
    // The link is spent: failing now would lose the session for the one who opened it, who cannot repeat this. Whoever asked
    // keeps waiting, and asks for another link.
    if (!(error instanceof AuthError && error.code === 'store_unavailable')) throw error
    return { ...signedIn, isHandedOver: false }
  }
}
