import type { Audited } from '../audit/audit-trail.ts'
import { type Challenge, type ChallengePurpose, isUsable } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { newKsuid } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import { draftRefreshToken } from '../sessions/draft-session.ts'
import type { Session } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import { COLLECTION_MS, openHandOver } from './hand-over.ts'
import { locateToken } from './secret-token.ts'

/*
 * The hand-over of a dialect whose clients ask over and over: whoever asked polls the state, and redeems the session once it is
 * there. Polls overlap, so a redemption may be repeated for a while, and gives the same session.
 */

export interface SessionChallengeRequest {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly idPrefix: string
  readonly ttlMinutes: number
}

/** What whoever asked shows. */
export interface SessionChallengeProof {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly token: string
}

export interface SessionChallenge {
  readonly id: string
  /** Shown once and stored as a hash: with it the session is redeemed. */
  readonly token: string
  /** `completed` is never `expired`: it can still be collected. */
  readonly state: 'pending' | 'completed' | 'expired'
}

export interface RedeemedSession {
  readonly session: Session
  readonly refreshToken: string
}

/** How long after its first redemption a challenge gives its session again, milliseconds: the polls under way, and no more. */
const REPEAT_MS = 60 * 1000

/** A challenge that nothing completes but a link or a provider that knows it. @throws {AuthError} `store_unavailable` */
export async function openSessionChallenge(
  { stores, clock, random }: { readonly stores: Stores; readonly clock: Clock; readonly random: RandomSource },
  { projectId, purpose, idPrefix, ttlMinutes }: SessionChallengeRequest,
): Promise<SessionChallenge> {
  const now = clock.now()
  const id = `${idPrefix}${newKsuid(now, random)}`
  const { ticket } = await openHandOver({ stores, random }, { projectId, purpose, id, ttlMinutes }, now)
  return { ...ticket, state: 'pending' }
}

/** How it stands. Spends nothing. @throws {AuthError} `hand_over_unusable` when it is unknown or long over, `store_unavailable` */
export async function readSessionChallenge(
  { stores, clock }: { readonly stores: Stores; readonly clock: Clock },
  proof: SessionChallengeProof,
): Promise<SessionChallenge> {
  const now = clock.now()
  const offer = await findOffer(stores, proof, now)
  const { id = '', userId } = offer.context
  const state = userId !== undefined ? 'completed' : isUsable(offer, now) ? 'pending' : 'expired'
  return { id, token: proof.token, state }
}

/**
 * The session that completing the challenge made, with a refresh token of the caller's own. Repeated within a minute it is the
 * same session again.
 *
 * @param ttlSeconds how long the session and the refresh token live from now
 * @param maxLiveTokens how many refresh tokens the session may have
 * @throws {AuthError} `hand_over_pending`, `link_expired`, `hand_over_unusable` when it is unknown or was redeemed, or its session
 * is revoked, `store_unavailable`
 */
export async function redeemSessionChallenge(
  {
    stores,
    clock,
    random,
    audit,
  }: { readonly stores: Stores; readonly clock: Clock; readonly random: RandomSource } & Audited,
  { ttlSeconds, maxLiveTokens, ...proof }: SessionChallengeProof & { ttlSeconds: number; maxLiveTokens: number },
): Promise<RedeemedSession> {
  const now = clock.now()
  const { projectId } = proof
  const offer = await findOffer(stores, proof, now)
  const { userId, sessionId, redeemedAt } = offer.context
  if (userId === undefined) throw new AuthError(isUsable(offer, now) ? 'hand_over_pending' : 'link_expired')
  const isOver = redeemedAt !== undefined && Number(redeemedAt) + REPEAT_MS <= now.getTime()
  if (isOver || sessionId === undefined) throw new AuthError('hand_over_unusable', 'redeemed')
  if ((await stores.identities.findUser(projectId, userId)) === null) {
    throw new AuthError('hand_over_unusable', 'user_gone')
  }

  const { refreshToken, record } = draftRefreshToken(sessionId, new Date(now.getTime() + ttlSeconds * 1000), random)
  const addition = { projectId, sessionId, userId, token: record, maxLiveTokens, now }
  const session = await stores.sessions.addRefreshToken(addition)
  if (session === null) throw new AuthError('hand_over_unusable', 'session_gone')
  audit?.record({ event: 'session.handed_over', projectId, userId, door: session.door, sessionId })
  // Of two that redeem at once the later mark stands: both are within the time for repeating.
  if (redeemedAt === undefined) {
    await stores.challenges.issue({
      ...offer,
      // Readable for as long again: a client that polls on must not be told that it expired.
      expiresAt: new Date(now.getTime() + COLLECTION_MS),
      context: { ...offer.context, redeemedAt: String(now.getTime()) },
    })
  }
  return { session, refreshToken }
}

async function findOffer(
  { challenges }: Stores,
  { projectId, purpose, token }: SessionChallengeProof,
  now: Date,
): Promise<Challenge> {
  const offer = await challenges.find({ projectId, purpose, subject: locateToken(token), handle: '' }, now)
  if (offer === null) throw new AuthError('hand_over_unusable', 'hand_over_unknown')
  return offer
}
