import type { Account } from '../accounts/account.ts'
import { newKsuid } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore } from '../stores/stores.ts'
import type { Wallet, WalletAccess } from './identity.ts'

interface Ports {
  readonly identities: IdentityStore
  readonly clock: Clock
  readonly random: RandomSource
}

/**
 * The wallet of an account that has just proved itself: the one on record, or, the first time, a new one with a new user.
 * Of any number of concurrent first sign-ins one user results.
 */
export async function claimAccount(
  { identities, clock, random }: Ports,
  projectId: string,
  account: Account,
  known: Wallet | null,
): Promise<Wallet> {
  const now = clock.now()
  const wallet = known ?? (await identities.claimWallet(...draftWallet(projectId, account, now, now, null, random)))
  if (wallet.verifiedAt === null) {
    await identities.markWalletVerified(projectId, account, now)
    return { ...wallet, verifiedAt: now }
  }
  return wallet
}

/** Sets what a wallet may do; a wallet nobody has signed in with yet is provisioned, unverified, with a user of its own. */
export async function grantWalletAccess(
  { identities, clock, random }: Ports,
  projectId: string,
  account: Account,
  access: WalletAccess,
): Promise<void> {
  if (await identities.setWalletAccess(projectId, account, access)) return
  await identities.claimWallet(...draftWallet(projectId, account, clock.now(), null, access, random))
  // The claim may have been lost to a first sign-in, whose wallet has no access yet.
  await identities.setWalletAccess(projectId, account, access)
}

function draftWallet(
  projectId: string,
  account: Account,
  createdAt: Date,
  verifiedAt: Date | null,
  access: WalletAccess | null,
  random: RandomSource,
): Parameters<IdentityStore['claimWallet']> {
  const userId = `user_${newKsuid(createdAt, random)}`
  const id = `wallet_${newKsuid(createdAt, random)}`
  return [
    { id, projectId, account, userId, createdAt, verifiedAt, access },
    { id: userId, projectId, createdAt },
  ]
}
