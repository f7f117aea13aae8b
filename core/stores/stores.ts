import type { Account } from '../accounts/account.ts'
import type { Challenge, ChallengeKey } from '../challenges/challenge.ts'
import type { CredentialKey } from '../identities/credential-key.ts'
import type { Contact, Credential, Passkey, User, Wallet, WalletAccess } from '../identities/identity.ts'
import type { Factor, RefreshTokenRecord, Rotation, RotationPolicy, Session } from '../sessions/session.ts'
import type { ApiKeyStore } from './api-key-store.ts'
import type { KeyStore } from './key-store.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { UserImportStore } from './user-import-store.ts'
import type { WindowStore } from './window-store.ts'

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
  /**
   * The live challenge, for one comparison with a guess. The attempt is counted in the same step, before anything is compared:
   * of any number of concurrent callers at most `limit` ever get the challenge, and the rest null. Whoever got it may still
   * consume it.
   */
  attempt(key: ChallengeKey, limit: number, now: Date): Promise<Challenge | null>
  /** Takes exactly this challenge. Of any number of concurrent callers one gets `true`; also false when another replaced it. */
  consume(challenge: Challenge): Promise<boolean>
}

export interface IdentityStore {
  findUser(projectId: string, userId: string): Promise<User | null>
  findWallet(projectId: string, account: Account): Promise<Wallet | null>
  findContact(projectId: string, kind: Contact['kind'], value: string): Promise<Contact | null>
  /** The passkey that its authenticator calls this, or null. */
  findPasskey(projectId: string, credentialId: Passkey['credentialId']): Promise<Passkey | null>
  /** The credential with this id (`wallet_…`, `email_…`, `passkey_…`), or null. */
  findCredential(projectId: string, credentialId: string): Promise<Credential | null>
  /** Whether this credential, by its id, is still its user's, who is still there. */
  isHeld(credential: Credential): Promise<boolean>
  /** The user's credentials, oldest first. @param kinds only these; others are not even read */
  listCredentials(
    projectId: string,
    userId: string,
    kinds?: readonly Credential['kind'][],
  ): Promise<readonly Credential[]>
  /**
   * Gives the credential to its user unless somebody has it already, and returns the one on record. `owner` is written when
   * no such user exists yet, and becomes active if the credential is proved. When the claim is lost, nothing of it remains.
   */
  claim<C extends Credential>(credential: C, owner: User): Promise<C>
  /** As `claim`, for an owner that must be there: null, and nothing changed, when it is gone. A deleted user never comes back. */
  claimFor<C extends Credential>(credential: C, owner: User): Promise<C | null>
  /**
   * As `claimFor`, and null too when the owner has another wallet. Of any number of concurrent callers with different accounts one
   * gets through.
   */
  claimAsFirst(wallet: Wallet, owner: User): Promise<Wallet | null>
  /** Takes the credential from its user. False when that user did not have it. */
  release(credential: Credential): Promise<boolean>
  /** Records that a credential has now proved itself, and that its user is active. No effect on one that had. */
  markVerified(credential: Credential, verifiedAt: Date): Promise<void>
  /**
   * Records one use of a passkey with the counter its authenticator signed, which must have grown unless it never counted (both 0).
   * False, and nothing changed, when it had not (a copy of the authenticator, or the same use again), or the passkey is gone.
   * Of any number of concurrent uses with one count above 0, one gets `true`.
   */
  recordPasskeyUse(passkey: Passkey, signCount: number): Promise<boolean>
  /** Replaces what the wallet may do. False when there is no such wallet. */
  setWalletAccess(projectId: string, account: Account, access: WalletAccess): Promise<boolean>
  /**
   * Names the user who will own a credential once it is proved: the earlier reservation's where one is alive, else this
   * pending one, who is then kept as long as the reservation. A reservation is never shortened. Returns that user's id. Now is the pending user's
   * `createdAt`.
   */
  reserve(key: CredentialKey, pending: User, ttlSeconds: number): Promise<string>
  /** The user named by a live reservation, or null. */
  findReservation(projectId: string, key: CredentialKey, now: Date): Promise<User | null>
  /** Ends the reservation if it names this user. The user stays. */
  endReservation(projectId: string, key: CredentialKey, userId: string): Promise<void>
  /** A user without credentials. */
  createUser(user: User): Promise<void>
  /** Replaces a user's name and metadata if it is still as `expected`. False otherwise: read again. */
  updateUser(expected: User, changed: User): Promise<boolean>
  /** Forgets the user, its credentials and its place in lists. False when there is none. Sessions are revoked elsewhere. */
  deleteUser(projectId: string, userId: string): Promise<boolean>
  /**
   * Ids of a project's users in the order of their ids, after this one: of those who are active or were ever given a credential, proved or
   * not. Who was only promised one, and who is anonymous, is not among them.
   */
  listUserIds(projectId: string, after: string | null, limit: number): Promise<readonly string[]>
  /**
   * Ids of users who are kept for good and are not active, each at least once, in no order; `next` is where to go on, null at the end. Looks
   * at everything the store holds: for exports.
   */
  listPendingUserIds(
    projectId: string,
    cursor: string | null,
  ): Promise<{ readonly ids: readonly string[]; readonly next: string | null }>
  /** How many `listUserIds` would list. */
  countUsers(projectId: string): Promise<number>
}

export interface SessionStore {
  /**
   * Records a new session, with its first refresh token where the dialect has one. A user has at most `MAX_SESSIONS_PER_USER`: of
   * more, the others that would end first are revoked.
   */
  open(session: Session, refreshToken: RefreshTokenRecord | null): Promise<void>
  /** The live session, or null when it is unknown, expired or revoked. */
  find(projectId: string, sessionId: string, now: Date): Promise<Session | null>
  /**
   * Marks activity and, where given, sets a new expiry and adds a factor. Returns the session as it is afterwards, or null
   * when it is not live. One step: a session that was revoked is never brought back.
   */
  renew(projectId: string, sessionId: string, change: SessionChange): Promise<Session | null>
  /**
   * Swaps the presented refresh token for the next one in one step; the session then lives as long as the successor. Within
   * the policy's grace the presented token stays usable and each use adds a live successor. Where `maxLiveTokens` live, one makes
   * room: the one replaced first, then the oldest unused one.
   */
  rotateRefreshToken(rotation: RefreshTokenRotation): Promise<Rotation>
  /**
   * One more live refresh token of a live session, which then lives as long as it. Null, and nothing changed, when the session is
   * not live or has as many unexpired tokens as it may.
   */
  addRefreshToken(addition: RefreshTokenAddition): Promise<Session | null>
  /**
   * Ends the session if this is a refresh token of it that was not replaced (an expired one counts). True for the one caller
   * that did.
   */
  revokeByRefreshToken(projectId: string, sessionId: string, refreshTokenHash: string): Promise<boolean>
  /** True for the one caller that ended a live session; idempotent. */
  revoke(projectId: string, sessionId: string, now: Date): Promise<boolean>
  /** The user's live sessions, oldest first. */
  list(projectId: string, userId: string, now: Date): Promise<readonly Session[]>
}

export interface SessionChange {
  readonly now: Date
  /** The session's user, who keeps the list of sessions; needed to change the expiry. */
  readonly userId: string | null
  readonly expiresAt: Date | null
  readonly factor: Factor | null
}

export interface RefreshTokenRotation {
  readonly projectId: string
  readonly sessionId: string
  readonly userId: string
  readonly presentedHash: string
  readonly next: RefreshTokenRecord
  readonly policy: RotationPolicy
  readonly now: Date
}

export interface RefreshTokenAddition {
  readonly projectId: string
  readonly sessionId: string
  readonly userId: string
  readonly token: RefreshTokenRecord
  /** At least 1. */
  readonly maxLiveTokens: number
  readonly now: Date
}

export interface Stores {
  readonly challenges: ChallengeStore
  readonly identities: IdentityStore
  readonly imports: UserImportStore
  readonly sessions: SessionStore
  readonly keys: KeyStore
  readonly apiKeys: ApiKeyStore
  readonly outbox: OutboxStore
  /** A queue of this name, apart from the outbox and from every other. Of one name there is one, whoever asks. */
  queue(name: string): OutboxStore
  /** Null: there is one process, and nothing to share. */
  readonly windows: WindowStore | null
  /** Resolves when the store answers and can be written to; throws AuthError('store_unavailable') otherwise. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Beyond any honest user: a process that signs in every hour for a month leaves 720. Bounds what deleting a user has to end. */
export const MAX_SESSIONS_PER_USER = 1_000

/** How long a session's record outlives it, milliseconds: logging out an expired session is still known to be a first time. */
export const SESSION_RETENTION_MS = 24 * 60 * 60 * 1000
