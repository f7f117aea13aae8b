import { type Account, formatAccountId } from '../accounts/account.ts'
import type { Audited } from '../audit/audit-trail.ts'
import type { Challenge } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { claimWallet, type WalletClaim } from '../identities/claim-wallet.ts'
import type { Wallet } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import type { RandomSource } from '../ports.ts'
import type { Door, WalletFactor } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import type { ProvedAccount } from './proof.ts'
import { requireOwnSession, type SessionWish, type Settled, settleSession } from './settle-session.ts'
import type { Charge } from './verify-signer.ts'

/** A sign-in with a wallet. */
export type SignedIn<Wish extends SessionWish = SessionWish> = Settled<Wish> & { readonly wallet: Wallet }

/**
 * Makes a sign-in of a proved account: its wallet and user, the session, and last of all the taking of the challenge.
 *
 * @param charge may refuse a wallet that is nobody's yet; what was signed then stays good
 * @throws {AuthError} `wallet_inactive`, `credential_taken`, `user_unknown`, `session_unusable`, `session_mismatch`,
 * `challenge_unusable`, `store_unavailable`
 */
export async function completeSignIn<Wish extends SessionWish>(
  { stores, random, audit }: { readonly stores: Stores; readonly random: RandomSource } & Audited,
  door: Door,
  { account, challenge, known, proof }: ProvedAccount,
  wish: Wish,
  now: Date,
  charge?: Charge,
): Promise<SignedIn<Wish>> {
  const { projectId } = challenge
  const claim = { projectId, account, known, ...ownerOf(challenge, account, known) }
  const expected = claim.userId ?? claim.promised ?? known?.userId
  await requireOwnSession(stores, { projectId, userId: expected, door }, wish, now)

  if (known === null) await charge?.('new_wallet')
  const wallet = await claimWallet({ identities: stores.identities, random, audit }, claim, now)
  requireActiveWallet(wallet)
  if (wish.kind === 'existing' && wallet.userId !== expected) throw new AuthError('session_mismatch')
  const factor: WalletFactor = {
    kind: 'wallet',
    credentialId: wallet.id,
    accountId: formatAccountId(account),
    verifiedAt: now,
  }
  const owner = { projectId, userId: wallet.userId, door }
  const settlement = { owner, challenge, spent: 'challenge_unusable', credential: wallet, factor, proof } as const
  return { wallet, ...(await settleSession({ stores, random, audit }, settlement, wish, now)) }
}

/** Whose the account must be, or who was promised it. */
function ownerOf(
  { context }: Challenge,
  account: Account,
  known: Wallet | null,
): Pick<WalletClaim, 'userId' | 'promised'> {
  const { userId = null, attaches, owned } = context
  if (attaches !== undefined) return { userId, promised: null }
  // The user was named before the chain was known: a contract account that is somebody's stays theirs.
  if (known !== null) return { userId: account.chain === null ? userId : known.userId, promised: null }
  // It was somebody's when this was begun, and was taken from them since: it does not come back by what was begun before.
  if (owned === formatAccountId(account)) throw new AuthError('user_unknown', 'wallet_unlinked')
  // Whoever had another account of this address was no promise to whoever signs now.
  return { userId: null, promised: owned === undefined ? userId : null }
}
