import { parseAccountId } from '../accounts/account.ts'
import { AuthError } from '../errors.ts'
import type { Wallet } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore, SessionStore } from '../stores/stores.ts'
import { draftRefreshToken } from './draft-session.ts'
import { referToRefreshToken } from './refresh-token.ts'
import type { Door, RotationPolicy, Session } from './session.ts'

export interface SessionRefresh {
  readonly projectId: string
  readonly door: Door
  readonly refreshToken: string
  /** How long the session and its next refresh token live from now, seconds. */
  readonly ttlSeconds: number
  readonly policy: RotationPolicy
}

export interface RefreshedSession {
  readonly session: Session
  /** The wallet the session was opened with, as it stands now. */
  readonly wallet: Wallet
  readonly refreshToken: string
}

/**
 * Swaps a refresh token for the next one. What the wallet may do is read anew, before anything is spent: a suspended
 * wallet's token is refused and kept.
 *
 * @throws {AuthError} `refresh_token_unusable`, `wallet_inactive`, `store_unavailable`
 */
export async function refreshSession(
  ports: { sessions: SessionStore; identities: IdentityStore; clock: Clock; random: RandomSource },
  { projectId, door, refreshToken, ttlSeconds, policy }: SessionRefresh,
): Promise<RefreshedSession> {
  const now = ports.clock.now()
  const { sessionId, hash } = referToRefreshToken(refreshToken)
  const session = await ports.sessions.find(projectId, sessionId, now)
  if (session === null || session.door !== door) throw new AuthError('refresh_token_unusable', 'session_not_live')

  const wallet = await findWalletOf(session, ports.identities)
  if (wallet === null) throw new AuthError('refresh_token_unusable', 'wallet_gone')
  requireActiveWallet(wallet)

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
  return { session: rotation.session, wallet, refreshToken: next.refreshToken }
}

async function findWalletOf(session: Session, identities: IdentityStore): Promise<Wallet | null> {
  const factor = session.factors.find((each) => each.kind === 'wallet')
  const account = factor === undefined ? null : parseAccountId(factor.accountId)
  return account === null ? null : identities.findWallet(session.projectId, account)
}
