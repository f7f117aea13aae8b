import type { Audited } from '../audit/audit-trail.ts'
import { draftUser } from '../identities/draft.ts'
import type { User } from '../identities/identity.ts'
import type { Clock, RandomSource } from '../ports.ts'
import { draftRefreshToken, draftSession } from '../sessions/draft-session.ts'
import type { Door, Session } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import type { SessionWish } from './settle-session.ts'

export interface AnonymouslySignedIn {
  readonly user: User
  readonly session: Session
  /** Shown once and stored as a hash. */
  readonly refreshToken: string
}

/**
 * A new user whom nobody knows, and a session without a proof. The user is pending until a credential is proved.
 *
 * @throws {AuthError} `store_unavailable`
 */
export async function signInAnonymously(
  {
    stores,
    clock,
    random,
    audit,
  }: { readonly stores: Stores; readonly clock: Clock; readonly random: RandomSource } & Audited,
  { projectId, door }: { readonly projectId: string; readonly door: Door },
  wish: Extract<SessionWish, { kind: 'refreshable' }>,
): Promise<AnonymouslySignedIn> {
  const now = clock.now()
  const user = draftUser(projectId, now, random)
  const session = draftSession({ projectId, userId: user.id, door }, [], wish, now, random)
  const { refreshToken, record } = draftRefreshToken(session.id, session.expiresAt, random)
  // The user first: a session without its user would be one of nobody's.
  await stores.identities.createUser(user)
  await stores.sessions.open(session, record)
  const userId = user.id
  audit?.record({ event: 'user.created', projectId, userId, status: user.status })
  audit?.record({ event: 'session.opened_anonymously', projectId, userId, door, sessionId: session.id })
  return { user, session, refreshToken }
}
