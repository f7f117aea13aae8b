import type { Audited, SignatureProof } from '../audit/audit-trail.ts'
import type { Challenge } from '../challenges/challenge.ts'
import { AuthError, type AuthErrorCode } from '../errors.ts'
import type { Credential } from '../identities/identity.ts'
import type { RandomSource } from '../ports.ts'
import { draftRefreshToken, draftSession } from '../sessions/draft-session.ts'
import type { Device, Door, Factor, Session } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'

/** What a sign-in shall result in. */
export type SessionWish =
  /** Only the proof counts. */
  | { readonly kind: 'none' }
  /** A new session without a refresh token. */
  | { readonly kind: 'plain'; readonly ttlSeconds: number; readonly device: Device | null }
  | { readonly kind: 'refreshable'; readonly ttlSeconds: number; readonly device: Device | null }
  /** The proof is added to a session of the same user; its life is set anew where a time is given. */
  | { readonly kind: 'existing'; readonly sessionId: string; readonly ttlSeconds: number | null }

/** What came of the wish. */
export interface Settled<Wish extends SessionWish = SessionWish> {
  readonly session: Wish['kind'] extends 'none' ? null : 'none' extends Wish['kind'] ? Session | null : Session
  /** Shown once and stored as a hash. */
  readonly refreshToken: Wish['kind'] extends 'refreshable' ? string : string | null
}

export interface SettlePorts extends Audited {
  readonly stores: Pick<Stores, 'challenges' | 'identities' | 'sessions'>
  readonly random: RandomSource
}

export interface Settlement {
  readonly owner: { readonly projectId: string; readonly userId: string; readonly door: Door }
  /** Proved, and not yet spent. */
  readonly challenge: Challenge
  /** What to say when somebody else spends it first. */
  readonly spent: AuthErrorCode
  /** What proved it, as it was read before, and what of that a session says. */
  readonly credential: Credential
  readonly factor: Factor
  /** What a wallet signed; null or absent for other factors. */
  readonly proof?: SignatureProof | null
}

/**
 * Gives a proved user the session that was wished for, and takes the challenge, which is the commit. Of any number of racers
 * with one challenge, one gets through.
 *
 * @throws {AuthError} `spent`, `user_unknown`, `session_unusable`, `store_unavailable`
 */
export async function settleSession<Wish extends SessionWish>(
  ports: SettlePorts,
  settlement: Settlement,
  wish: Wish,
  now: Date,
): Promise<Settled<Wish>> {
  const settled = await settle(ports, settlement, wish, now)
  const { owner, factor, proof = null } = settlement
  ports.audit?.record({
    event: EVENTS[wish.kind],
    ...owner,
    sessionId: settled.session?.id ?? null,
    factor: factor.kind,
    credentialId: factor.credentialId,
    accountId: factor.kind === 'wallet' ? factor.accountId : null,
    proof,
  })
  return settled as Settled<Wish>
}

const EVENTS = {
  none: 'sign_in.proved',
  plain: 'session.opened',
  refreshable: 'session.opened',
  existing: 'session.extended',
} as const satisfies Record<SessionWish['kind'], string>

async function settle(
  ports: SettlePorts,
  settlement: Settlement,
  wish: SessionWish,
  now: Date,
): Promise<{ session: Session | null; refreshToken: string | null }> {
  const { stores, random } = ports
  const { owner, challenge, spent, credential, factor } = settlement
  if (wish.kind === 'refreshable' || wish.kind === 'plain') {
    // The session is opened first and the challenge taken last: a store that fails in between leaves a session whose token
    // nobody has, and a challenge that still works, so a retried request succeeds.
    const session = draftSession(owner, [factor], wish, now, random)
    const token = wish.kind === 'refreshable' ? draftRefreshToken(session.id, session.expiresAt, random) : null
    try {
      await stores.sessions.open(session, token?.record ?? null)
      // One with refresh tokens looks at its credential at every refresh instead.
      if (wish.kind === 'plain' && !(await stores.identities.isHeld(credential))) throw unlinked(credential)
      if (await stores.challenges.consume(challenge)) return { session, refreshToken: token?.refreshToken ?? null }
    } catch (error) {
      // It may have been opened, and nobody has its token. Not waited for: the client hears of the failure at once.
      void stores.sessions.revoke(owner.projectId, session.id, now).catch(() => {})
      throw error
    }
    await stores.sessions.revoke(owner.projectId, session.id, now)
    throw new AuthError(spent, 'nonce_spent')
  }
  const session = wish.kind === 'none' ? null : await renew(ports, settlement, wish, now)
  if (!(await stores.challenges.consume(challenge))) throw new AuthError(spent, 'nonce_spent')
  return { session, refreshToken: null }
}

/**
 * Whoever takes a credential from its user, or deletes the user, ends sessions after it is gone; we ask whether it is held once the session
 * is there: either they see this one, or we see that.
 */
function unlinked({ kind }: Credential): AuthError {
  return new AuthError('user_unknown', `${kind}_unlinked`)
}

/** Before the challenge is taken, so that a failure in between can be repeated: the same factor once more changes nothing. */
async function renew(
  { stores, audit }: SettlePorts,
  { owner, credential, factor }: Settlement,
  { sessionId, ttlSeconds }: Extract<SessionWish, { kind: 'existing' }>,
  now: Date,
): Promise<Session> {
  const expiresAt = ttlSeconds === null ? null : new Date(now.getTime() + ttlSeconds * 1000)
  const { projectId, userId } = owner
  const session = await stores.sessions.renew(projectId, sessionId, { now, userId, expiresAt, factor })
  if (session === null) throw new AuthError('session_unusable')
  if (await stores.identities.isHeld(credential)) return session
  // What was taken away has a part in this session now, which ends as the others did.
  if (await stores.sessions.revoke(projectId, sessionId, now)) {
    audit?.record({ event: 'session.revoked', ...owner, sessionId })
  }
  throw unlinked(credential)
}

/**
 * Refuses a wish for an existing session that is not this user's. Ask before anything changes.
 *
 * @throws {AuthError} `session_unusable`, `session_mismatch`
 */
export async function requireOwnSession(
  { sessions }: Pick<Stores, 'sessions'>,
  { projectId, userId, door }: { projectId: string; userId: string | undefined; door: Door },
  wish: SessionWish,
  now: Date,
): Promise<void> {
  if (wish.kind !== 'existing') return
  const session = await sessions.find(projectId, wish.sessionId, now)
  if (session === null || session.door !== door) throw new AuthError('session_unusable')
  if (session.userId !== userId) throw new AuthError('session_mismatch')
}
