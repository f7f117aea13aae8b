import type { Audited } from '../audit/audit-trail.ts'
import { type Challenge, type ChallengePurpose, isUsable } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import type { User } from '../identities/identity.ts'
import { newAlphanumeric } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Session } from '../sessions/session.ts'
import type { ChallengeStore, Stores } from '../stores/stores.ts'
import { lifeOf } from './mailed-challenge.ts'
import { locateToken } from './secret-token.ts'

/*
 * A link may be opened on another device than the one that asked for it. Whoever asked holds a token of their own, and with it
 * gets, once, the session that the opened link made.
 */

export interface HandOverRequest {
  readonly purpose: ChallengePurpose
  /** What the ticket shows beside its token: the id of the contact, or a new one with this prefix, which tells nothing of it. */
  readonly shows: 'contact' | { readonly prefix: string }
}

/** For whoever asked, and for nobody else. */
export interface HandOverTicket {
  /** Shown once and stored as a hash. */
  readonly token: string
  /** What to show beside it. */
  readonly id: string
}

/** Where a link's challenge says its hand-over is. */
interface HandOverReference extends Record<string, string> {
  readonly handOver: string
  readonly handOverPurpose: string
}

/** What whoever asked shows. */
export interface HandOverProof {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly token: string
  /** As the ticket shows. */
  readonly id: string
}

export interface HandOver {
  readonly user: User
  /** Null: the link was opened without a session of its own. */
  readonly session: Session | null
}

/** 762 bits. */
const TOKEN_LENGTH = 128
/** How long a session waits to be collected once the link was opened, milliseconds. */
export const COLLECTION_MS = 10 * 60 * 1000

interface Ports {
  readonly stores: Pick<Stores, 'challenges'>
  readonly random: RandomSource
}

/** Begins a hand-over that lives as long as its link. @throws {AuthError} `store_unavailable` */
export async function openHandOver(
  { stores, random }: Ports,
  {
    projectId,
    purpose,
    id,
    ttlMinutes,
  }: { projectId: string; purpose: ChallengePurpose; id: string; ttlMinutes: number },
  now: Date,
): Promise<{ readonly ticket: HandOverTicket; readonly reference: HandOverReference }> {
  const token = newAlphanumeric(TOKEN_LENGTH, random)
  const subject = locateToken(token)
  const { usableUntil, expiresAt } = lifeOf(now, ttlMinutes)
  await stores.challenges.issue({
    projectId,
    purpose,
    subject,
    handle: '',
    nonce: subject,
    issuedAt: now,
    expiresAt,
    context: { id, usableUntil: String(usableUntil.getTime()) },
  })
  return { ticket: { token, id }, reference: { handOver: subject, handOverPurpose: purpose } }
}

/**
 * Leaves the session for whoever asked for the link. Call it once the link is spent: there is one sign-in to hand over.
 *
 * @param session null where none was opened for this sign-in alone
 * @throws {AuthError} `store_unavailable`
 */
export async function fulfilHandOver(
  challenges: ChallengeStore,
  link: Challenge,
  { userId, session }: { readonly userId: string; readonly session: Session | null },
  now: Date,
): Promise<void> {
  const { handOver: subject, handOverPurpose } = link.context
  if (subject === undefined) return
  const key = { projectId: link.projectId, purpose: handOverPurpose as ChallengePurpose, subject, handle: '' }
  const pending = await challenges.find(key, now)
  if (pending === null) return
  await challenges.issue({
    ...pending,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + COLLECTION_MS),
    context: { ...pending.context, userId, sessionId: session?.id ?? '' },
  })
}

/**
 * The sign-in that a link has made, for whoever asked for the link. Of any number of callers one gets it.
 *
 * @throws {AuthError} `hand_over_pending` while the link is unopened, `link_expired`, `hand_over_unusable`, `store_unavailable`
 */
export async function collectHandOver(
  { stores, clock, audit }: { readonly stores: Stores; readonly clock: Clock } & Audited,
  { projectId, purpose, token, id }: HandOverProof,
): Promise<HandOver> {
  const now = clock.now()
  const subject = locateToken(token)
  const offer = await stores.challenges.find({ projectId, purpose, subject, handle: '' }, now)
  if (offer === null || offer.context['id'] !== id) throw new AuthError('hand_over_unusable')
  const { userId, sessionId = '' } = offer.context
  if (userId === undefined) throw new AuthError(isUsable(offer, now) ? 'hand_over_pending' : 'link_expired')

  const [user, session] = await Promise.all([
    stores.identities.findUser(projectId, userId),
    sessionId === '' ? null : stores.sessions.find(projectId, sessionId, now),
  ])
  const isRevoked = sessionId !== '' && session === null
  if (user === null || isRevoked || !(await stores.challenges.consume(offer))) throw new AuthError('hand_over_unusable')
  if (session !== null) {
    audit?.record({ event: 'session.handed_over', projectId, userId, door: session.door, sessionId: session.id })
  }
  return { user, session }
}
