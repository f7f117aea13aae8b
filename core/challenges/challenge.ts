/** What a challenge may be redeemed for. A challenge of one purpose is never redeemed for another. */
export const CHALLENGE_PURPOSES = [
  'fourmica.sign-in',
  'moonkey.challenge',
  'moonkey.sign-in-message',
  'moonkey.email-code',
  'moonkey.magic-link',
  'moonkey.hand-over',
  'walletkit.sign-in-message',
  'walletkit.email-code',
  'walletkit.magic-link',
  'walletkit.session-challenge',
  'walletkit.passkey-registration',
  'walletkit.passkey-login',
] as const
export type ChallengePurpose = (typeof CHALLENGE_PURPOSES)[number]

/** Where a challenge is kept: every field binds. */
export interface ChallengeKey {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /** Whom it was issued to (an account id, a credential's or a user's id), or the hash of a token that names it. */
  readonly subject: string
  /** The nonce where several challenges may be outstanding; empty where the newest replaces the earlier one. */
  readonly handle: string
}

/** What was stored when a nonce was issued. */
export interface Challenge extends ChallengeKey {
  readonly nonce: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** What the purpose needs to remember besides, as plain text. */
  readonly context: Readonly<Record<string, string>>
}

/**
 * Whether it may still be redeemed. Where the dialect tells an expired challenge from an unknown one, the challenge is kept
 * longer than it is usable, and its context says until when (milliseconds).
 */
export function isUsable({ context }: Challenge, now: Date): boolean {
  const usableUntil = context['usableUntil']
  return usableUntil === undefined || Number(usableUntil) > now.getTime()
}
