import { parseAccountId } from '../accounts/account.ts'
import { AuthError } from '../errors.ts'
import type { Credential } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore, SessionStore } from '../stores/stores.ts'
import { draftRefreshToken } from './draft-session.ts'
import { referToRefreshToken } from './refresh-token.ts'
import type { Door, Factor, RotationPolicy, Session } from './session.ts'

export interface SessionRefresh {
  readonly projectId: string
  readonly door: Door
  readonly refreshToken: string
  /** The session it must be a token of; null where the client does not say. */
  readonly sessionId: string | null
  /** How long the session and its next refresh token live from now, seconds. */
  readonly ttlSeconds: number
  readonly policy: RotationPolicy
}

export interface RefreshedSession {
  readonly session: Session
  /** What the session was opened with, as it stands now; null where nobody was asked for a proof. */
  readonly credential: Credential | null
  readonly refreshToken: string
}

/**
 * Swaps a refresh token for the next one. The credential that opened the session is read anew, before anything is spent: gone or
 * another user's, it opens nothing any more, and a suspended wallet's token is refused and kept.
 *
 * @throws {AuthError} `refresh_token_unusable`, `wallet_inactive`, `store_unavailable`
 */
export async function refreshSession(
  ports: { sessions: SessionStore; identities: IdentityStore; clock: Clock; random: RandomSource },
  { projectId, door, refreshToken, sessionId: expected, ttlSeconds, policy }: SessionRefresh,
): Promise<RefreshedSession> {
  const now = ports.clock.now()
  const { sessionId, hash } = referToRefreshToken(refreshToken)
  if (expected !== null && expected !== sessionId) throw new AuthError('refresh_token_unusable', 'other_session')
  const session = await ports.sessions.find(projectId, sessionId, now)
  if (session === null || session.door !== door) throw new AuthError('refresh_token_unusable', 'session_not_live')

  const credential = await requireOpener(session, ports.identities)

  const next = draftRefreshToken(sessionId, new Date(now.getTime() + ttlSeconds * 1000), ports.random)
  const rotation = await ports.sessions.rotateRefreshToken({
    projectId,
    sessionId,
    userId: session.userId,
    presentedHash: hash,
    next: next.record,
    policy,
    now,
  })
  if (rotation.outcome !== 'rotated') throw new AuthError('refresh_token_unusable', `token_${rotation.outcome}`)
  return { session: rotation.session, credential, refreshToken: next.refreshToken }
}

/** The credential that opened the session, still its user's; null for a session without a proof, whose user is still there. */
async function requireOpener(session: Session, identities: IdentityStore): Promise<Credential | null> {
  const { projectId, userId } = session
  const [factor] = session.factors
  if (factor === undefined) {
    if ((await identities.findUser(projectId, userId)) === null) {
      throw new AuthError('refresh_token_unusable', 'user_gone')
    }
    return null
  }
  const credential = await findCredentialOf(factor, projectId, identities)
  if (credential?.userId !== userId) throw new AuthError('refresh_token_unusable', `${factor.kind}_gone`)
  if (credential.kind === 'wallet') requireActiveWallet(credential)
  return credential
}

/** A wallet by its account, which is one look; others by their id. */
async function findCredentialOf(
  factor: Factor,
  projectId: string,
  identities: IdentityStore,
): Promise<Credential | null> {
  const account = factor.kind === 'wallet' ? parseAccountId(factor.accountId) : null
  return account === null
    ? identities.findCredential(projectId, factor.credentialId)
    : identities.findWallet(projectId, account)
}
