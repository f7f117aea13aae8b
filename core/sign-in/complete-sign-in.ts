import { formatAccountId } from '../accounts/account.ts'
import { claimWallet } from '../identities/claim-wallet.ts'
import type { Wallet } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import type { RandomSource } from '../ports.ts'
import type { Door, WalletFactor } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import type { ProvedAccount } from './proof.ts'
import { requireOwnSession, type SessionWish, type Settled, settleSession } from './settle-session.ts'

/** A sign-in with a wallet. */
export type SignedIn<Wish extends SessionWish = SessionWish> = Settled<Wish> & { readonly wallet: Wallet }

/**
 * Makes a sign-in of a proved account: its wallet and user, the session, and last of all the taking of the challenge.
 *
 * @throws {AuthError} `wallet_inactive`, `credential_taken`, `user_unknown`, `session_unusable`, `session_mismatch`,
 * `challenge_unusable`, `store_unavailable`
 */
export async function completeSignIn<Wish extends SessionWish>(
  { stores, random }: { readonly stores: Stores; readonly random: RandomSource },
  door: Door,
  { account, challenge, known }: ProvedAccount,
  wish: Wish,
  now: Date,
): Promise<SignedIn<Wish>> {
  const { projectId, context } = challenge
  const claim = { projectId, account, known, userId: context['userId'] ?? null }
  await requireOwnSession(stores, { projectId, userId: claim.userId ?? known?.userId, door }, wish, now)

  const wallet = await claimWallet({ identities: stores.identities, random }, claim, now)
  requireActiveWallet(wallet)
  const factor: WalletFactor = {
    kind: 'wallet',
    credentialId: wallet.id,
    accountId: formatAccountId(account),
    verifiedAt: now,
  }
  const owner = { projectId, userId: wallet.userId, door }
  const settlement = { owner, challenge, spent: 'challenge_unusable', factor } as const
  return { wallet, ...(await settleSession({ stores, random }, settlement, wish, now)) }
}
