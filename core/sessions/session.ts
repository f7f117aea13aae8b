import type { AccountId } from '../accounts/account.ts'

/** Which dialect opened a session. A session of one door is unknown behind another. */
export type Door = 'walletkit' | 'moonkey' | 'fourmica'

/** One proof of who somebody is. Factors of a session accumulate; one with the same `credentialId` replaces the earlier. */
export interface WalletFactor {
  readonly kind: 'wallet'
  readonly credentialId: string
  readonly accountId: AccountId
  readonly verifiedAt: Date
}
export interface ContactFactor {
  readonly kind: 'email'
  readonly credentialId: string
  readonly address: string
  readonly verifiedAt: Date
}
export interface PasskeyFactor {
  readonly kind: 'passkey'
  readonly credentialId: string
  readonly verifiedAt: Date
}
export type Factor = WalletFactor | ContactFactor | PasskeyFactor

/** What the client said about the device. Shown, never relied on. */
export interface Device {
  readonly userAgent: string
  readonly ip: string
}

/** The server-side fact that somebody signed in. It has an id, it can be revoked, it is not a token. */
export interface Session {
  /** `sess_` and a KSUID, or the id derived for an imported refresh token. */
  readonly id: string
  readonly projectId: string
  readonly userId: string
  readonly door: Door
  /** Oldest first; none where nobody was asked for a proof. */
  readonly factors: readonly Factor[]
  readonly device: Device | null
  readonly createdAt: Date
  readonly lastActiveAt: Date
  readonly expiresAt: Date
}

/** A refresh token as it is stored: by hash, with its own life. */
export interface RefreshTokenRecord {
  /** base64url SHA-256 of the whole token. */
  readonly hash: string
  readonly expiresAt: Date
}

/** How a repeated refresh token is treated: `graceSeconds: 0` means exactly one winner, ever. */
export interface RotationPolicy {
  /** How long after its first use a refresh token may be used again, seconds. */
  readonly graceSeconds: number
  /** How many refresh tokens of one session may be live at once; at least 1. */
  readonly maxLiveTokens: number
}

/**
 * - `rotated`: the presented token was usable and its successor is stored.
 * - `reused`: it was this session's token once, and was replaced (and its grace is over).
 * - `unusable`: unknown, expired or revoked, or the session has as many live tokens as it may.
 */
export type Rotation =
  | { readonly outcome: 'rotated'; readonly session: Session }
  | { readonly outcome: 'reused' }
  | { readonly outcome: 'unusable' }
