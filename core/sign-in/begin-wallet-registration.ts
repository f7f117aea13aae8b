import { type Account, formatAccountId } from '../accounts/account.ts'
import type { ChallengePurpose } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { walletKey } from '../identities/credential-key.ts'
import { draftUser } from '../identities/draft.ts'
import { newAlphanumeric, newKsuid } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Stores } from '../stores/stores.ts'

export interface WalletRegistrationRequest {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly account: Account
  /** Attach to this user; null: to the account's owner, or a new user. */
  readonly userId: string | null
  /** How long the challenge may be redeemed, seconds. */
  readonly ttlSeconds: number
  /** The text to sign, around the nonce; null where the client builds a sign-in message itself. */
  readonly textAround: ((nonce: string) => string) | null
}

export interface WalletRegistration {
  /** `walletrr_` and a KSUID. */
  readonly id: string
  readonly userId: string
  readonly userCreated: boolean
  readonly nonce: string
  /** What to sign; equals the nonce where the client builds the message. */
  readonly text: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** A nonce of 43 alphanumeric characters: about 256 bits. */
const NONCE_LENGTH = 43
/** A user who was promised an account and never proved it is forgotten after this. */
const PENDING_USER_TTL_SECONDS = 24 * 60 * 60

/**
 * Names the user an account will belong to once it has signed, and issues the challenge. Without a proof nothing changes
 * hands: an account that has an owner keeps it.
 *
 * @throws {AuthError} `user_unknown`, `credential_taken`, `store_unavailable`
 */
export async function beginWalletRegistration(
  { stores, clock, random }: { stores: Pick<Stores, 'challenges' | 'identities'>; clock: Clock; random: RandomSource },
  request: WalletRegistrationRequest,
): Promise<WalletRegistration> {
  const { projectId, purpose, account, ttlSeconds, textAround } = request
  const now = clock.now()
  const { userId, userCreated } = await promise({ identities: stores.identities, random }, request, now)
  const id = `walletrr_${newKsuid(now, random)}`
  const nonce = newAlphanumeric(NONCE_LENGTH, random)
  const text = textAround === null ? nonce : textAround(nonce)
  const usableUntil = now.getTime() + ttlSeconds * 1000
  await stores.challenges.issue({
    projectId,
    purpose,
    subject: formatAccountId(account),
    // A text of ours is looked up by its account, and the newest counts; a client's message names its nonce.
    handle: textAround === null ? nonce : '',
    nonce,
    issuedAt: now,
    // Kept as long again, so that an expired one can be told from an unknown one.
    expiresAt: new Date(usableUntil + ttlSeconds * 1000),
    context: { userId, text, usableUntil: String(usableUntil) },
  })
  return { id, userId, userCreated, nonce, text, createdAt: now, expiresAt: new Date(usableUntil) }
}

async function promise(
  { identities, random }: { identities: Stores['identities']; random: RandomSource },
  { projectId, account, userId }: WalletRegistrationRequest,
  now: Date,
): Promise<{ userId: string; userCreated: boolean }> {
  const wallet = await identities.findWallet(projectId, account)
  if (userId !== null) {
    if ((await identities.findUser(projectId, userId)) === null) throw new AuthError('user_unknown')
    if (wallet !== null && wallet.userId !== userId) throw new AuthError('credential_taken')
    return { userId, userCreated: false }
  }
  if (wallet !== null) return { userId: wallet.userId, userCreated: false }
  const pending = draftUser(projectId, now, random)
  const promised = await identities.reserve(walletKey(account), pending, PENDING_USER_TTL_SECONDS)
  return { userId: promised, userCreated: promised === pending.id }
}
