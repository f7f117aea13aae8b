import type { Account } from '../accounts/account.ts'
import type { Challenge, ChallengeKey } from '../challenges/challenge.ts'
import type { User, Wallet, WalletAccess } from '../identities/identity.ts'
import type { Factor, RefreshTokenRecord, Rotation, RotationPolicy, Session } from '../sessions/session.ts'

/*
 * Every method is one atomic step that returns its outcome, and means the same in memory and in Redis. The record's own
 * `expiresAt`, judged against the `now` passed in, is the truth; a store's TTL only tidies up. A store that cannot answer
 * throws AuthError('store_unavailable'): never "unknown", never a fallback.
 */

export interface ChallengeStore {
  /** Keeps the challenge until it expires. An earlier challenge under the same key is replaced. */
  issue(challenge: Challenge): Promise<void>
  /** The live challenge under this key, or null. Takes nothing. */
  find(key: ChallengeKey, now: Date): Promise<Challenge | null>
  /** Takes exactly this challenge. Of any number of concurrent callers one gets `true`; also false when another replaced it. */
  consume(challenge: Challenge): Promise<boolean>
}

export interface IdentityStore {
  findUser(projectId: string, userId: string): Promise<User | null>
  findWallet(projectId: string, account: Account): Promise<Wallet | null>
  /**
   * Gives the account to the new user unless somebody has it already, and returns the wallet on record. When the claim is
   * lost, nothing of `user` or `wallet` remains.
   */
  claimWallet(wallet: Wallet, user: User): Promise<Wallet>
  /** The user's wallets, oldest first. */
  listWallets(projectId: string, userId: string): Promise<readonly Wallet[]>
  /** Replaces what the wallet may do. False when there is no such wallet. */
  setWalletAccess(projectId: string, account: Account, access: WalletAccess): Promise<boolean>
  /** Records that a provisioned wallet has now proved itself. No effect on one that had. */
  markWalletVerified(projectId: string, account: Account, verifiedAt: Date): Promise<void>
}

export interface SessionStore {
  /** Records a new session, with its first refresh token where the dialect has one. */
  open(session: Session, refreshToken: RefreshTokenRecord | null): Promise<void>
  /** The live session, or null when it is unknown, expired or revoked. */
  find(projectId: string, sessionId: string, now: Date): Promise<Session | null>
  /**
   * Marks activity and, where given, sets a new expiry and appends a factor (one with the same method replaces the earlier
   * one). Returns the session as it is afterwards, or null when it is not live.
   */
  renew(projectId: string, sessionId: string, change: SessionChange): Promise<Session | null>
  /**
   * Swaps the presented refresh token for the next one in one step; the session then lives as long as the successor. Within
   * the policy's grace the presented token stays usable and each use adds a live successor, up to `maxLiveTokens`.
   */
  rotateRefreshToken(rotation: RefreshTokenRotation): Promise<Rotation>
  /** True for the one caller that ended the session's life with this refresh token; false when it was not the session's live token. */
  revokeByRefreshToken(projectId: string, sessionId: string, refreshTokenHash: string): Promise<boolean>
  /** True for the one caller that ended a live session; idempotent. */
  revoke(projectId: string, sessionId: string, now: Date): Promise<boolean>
  /** The user's live sessions, oldest first. */
  list(projectId: string, userId: string, now: Date): Promise<readonly Session[]>
}

export interface SessionChange {
  readonly now: Date
  readonly expiresAt?: Date
  readonly factor?: Factor
}

export interface RefreshTokenRotation {
  readonly projectId: string
  readonly sessionId: string
  readonly presentedHash: string
  readonly next: RefreshTokenRecord
  readonly policy: RotationPolicy
  readonly now: Date
}

export interface Stores {
  readonly challenges: ChallengeStore
  readonly identities: IdentityStore
  readonly sessions: SessionStore
  /** Resolves when the store answers; throws AuthError('store_unavailable') otherwise. */
  ping(): Promise<void>
  close(): Promise<void>
}
