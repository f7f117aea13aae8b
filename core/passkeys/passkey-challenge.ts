import { type Challenge, type ChallengeKey, type ChallengePurpose, isUsable } from '../challenges/challenge.ts'
import type { RandomSource } from '../ports.ts'
import type { Stores } from '../stores/stores.ts'
import { refusePasskey } from './passkey-refusals.ts'

/** 256 bits; WebAuthn §13.4.3 asks for 128. */
const CHALLENGE_BYTES = 32

interface PasskeyChallengeRequest {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /** Who may redeem it; null: whoever has a passkey, as far as the context says. */
  readonly userId: string | null
  readonly ttlSeconds: number
  readonly context: Challenge['context']
}

/** What to sign next. Earlier ones stay usable. @throws {AuthError} `store_unavailable` */
export async function issuePasskeyChallenge(
  { stores, random }: { readonly stores: Pick<Stores, 'challenges'>; readonly random: RandomSource },
  { projectId, purpose, userId, ttlSeconds, context }: PasskeyChallengeRequest,
  now: Date,
): Promise<string> {
  const nonce = Buffer.from(random.bytes(CHALLENGE_BYTES)).toString('base64url')
  const usableUntil = now.getTime() + ttlSeconds * 1000
  await stores.challenges.issue({
    ...locate({ projectId, purpose, userId }, nonce),
    nonce,
    issuedAt: now,
    // Kept as long again, so that an expired one can be told from an unknown one.
    expiresAt: new Date(usableUntil + ttlSeconds * 1000),
    context: { ...context, usableUntil: String(usableUntil) },
  })
  return nonce
}

/** The challenge that a browser says it was given. Spends nothing. @throws {AuthError} `passkey_unusable`, `store_unavailable` */
export async function requirePasskeyChallenge(
  { challenges }: Pick<Stores, 'challenges'>,
  of: Pick<PasskeyChallengeRequest, 'projectId' | 'purpose' | 'userId'>,
  nonce: string,
  now: Date,
): Promise<Challenge> {
  const challenge = await challenges.find(locate(of, nonce), now)
  if (challenge === null) refusePasskey('challenge_unknown')
  if (!isUsable(challenge, now)) refusePasskey('challenge_expired')
  return challenge
}

/** One for nobody is its own subject, so that a cluster spreads them. */
function locate(
  { projectId, purpose, userId }: Pick<PasskeyChallengeRequest, 'projectId' | 'purpose' | 'userId'>,
  nonce: string,
): ChallengeKey {
  return userId === null
    ? { projectId, purpose, subject: nonce, handle: '' }
    : { projectId, purpose, subject: userId, handle: nonce }
}
