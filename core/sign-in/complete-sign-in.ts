import { formatAccountId } from '../accounts/account.ts'
import type { Challenge } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { claimWallet } from '../identities/claim-wallet.ts'
import type { Wallet } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import type { RandomSource } from '../ports.ts'
import { draftRefreshToken, draftSession } from '../sessions/draft-session.ts'
import type { Device, Door, Factor, Session } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import type { ProvedAccount } from './proof.ts'

/** What a sign-in shall result in. */
export type SessionWish =
  /** Only the proof counts. */
  | { readonly kind: 'none' }
  /** A new session without a refresh token. */
  | { readonly kind: 'plain'; readonly ttlSeconds: number; readonly device: Device | null }
  | { readonly kind: 'refreshable'; readonly ttlSeconds: number; readonly device: Device | null }
  /** The proof is added to a session of the same user; its life is set anew where a time is given. */
  | { readonly kind: 'existing'; readonly sessionId: string; readonly ttlSeconds: number | null }

export interface SignedIn<Wish extends SessionWish = SessionWish> {
  readonly wallet: Wallet
  readonly session: Wish['kind'] extends 'none' ? null : 'none' extends Wish['kind'] ? Session | null : Session
  /** Shown once and stored as a hash. */
  readonly refreshToken: Wish['kind'] extends 'refreshable' ? string : string | null
}

interface Ports {
  readonly stores: Stores
  readonly random: RandomSource
}

/**
 * Makes a sign-in of a proved account: its wallet and user, the session, and last of all the taking of the challenge, which is
 * the commit. Of any number of racers with one challenge, one gets through.
 *
 * @throws {AuthError} `wallet_inactive`, `credential_taken`, `user_unknown`, `session_unusable`, `session_mismatch`,
 * `challenge_unusable`, `store_unavailable`
 */
export async function completeSignIn<Wish extends SessionWish>(
  { stores, random }: Ports,
  door: Door,
  { account, challenge, known }: ProvedAccount,
  wish: Wish,
  now: Date,
): Promise<SignedIn<Wish>> {
  const { projectId, context } = challenge
  const claim = { projectId, account, known, userId: context['userId'] ?? null }
  if (wish.kind === 'existing')
    await requireOwnSession(stores, door, claim.userId ?? known?.userId, projectId, wish, now)

  const wallet = await claimWallet({ identities: stores.identities, random }, claim, now)
  requireActiveWallet(wallet)
  const factor = {
    kind: 'wallet',
    credentialId: wallet.id,
    accountId: formatAccountId(account),
    verifiedAt: now,
  } as const
  const owner = { projectId, userId: wallet.userId, door }
  const result = await settle({ stores, random }, owner, challenge, factor, wish, now)
  return { wallet, ...result } as SignedIn<Wish>
}

async function settle(
  { stores, random }: Ports,
  owner: { readonly projectId: string; readonly userId: string; readonly door: Door },
  challenge: Challenge,
  factor: Factor,
  wish: SessionWish,
  now: Date,
): Promise<{ session: Session | null; refreshToken: string | null }> {
  if (wish.kind === 'refreshable' || wish.kind === 'plain') {
    // The session is opened first and the challenge taken last: a store that fails in between leaves a session whose token
    // nobody has, and a challenge that still works, so a retried request succeeds.
    const session = draftSession(owner, factor, wish, now, random)
    const token = wish.kind === 'refreshable' ? draftRefreshToken(session.id, session.expiresAt, random) : null
    await stores.sessions.open(session, token?.record ?? null)
    if (await stores.challenges.consume(challenge)) return { session, refreshToken: token?.refreshToken ?? null }
    await stores.sessions.revoke(owner.projectId, session.id, now)
    throw new AuthError('challenge_unusable', 'nonce_spent')
  }
  // A session that exists cannot be taken back, so here the challenge is taken first.
  if (!(await stores.challenges.consume(challenge))) throw new AuthError('challenge_unusable', 'nonce_spent')
  if (wish.kind === 'none') return { session: null, refreshToken: null }
  const expiresAt = wish.ttlSeconds === null ? null : new Date(now.getTime() + wish.ttlSeconds * 1000)
  const change = { now, userId: owner.userId, expiresAt, factor }
  const session = await stores.sessions.renew(owner.projectId, wish.sessionId, change)
  if (session === null) throw new AuthError('session_unusable')
  return { session, refreshToken: null }
}

async function requireOwnSession(
  stores: Stores,
  door: Door,
  userId: string | undefined,
  projectId: string,
  { sessionId }: { readonly sessionId: string },
  now: Date,
): Promise<void> {
  const session = await stores.sessions.find(projectId, sessionId, now)
  if (session === null || session.door !== door) throw new AuthError('session_unusable')
  if (session.userId !== userId) throw new AuthError('session_mismatch')
}
