import type { Account } from '../accounts/account.ts'
import { newKsuid } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore } from '../stores/stores.ts'
import { walletKey } from './credential-key.ts'
import type { User, Wallet, WalletAccess } from './identity.ts'

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
  const wallet = known ?? (await claimForNewUser(identities, projectId, account, now, random))
  if (wallet.verifiedAt !== null) return wallet
  await identities.markVerified(wallet, now)
  return { ...wallet, verifiedAt: now }
}

/** Sets what a wallet may do; a wallet nobody has signed in with yet is provisioned, unverified, with a user of its own. */
export async function grantWalletAccess(
  { identities, clock, random }: Ports,
  projectId: string,
  account: Account,
  access: WalletAccess,
): Promise<void> {
  if (await identities.setWalletAccess(projectId, account, access)) return
  const user = draftUser(projectId, clock.now(), random)
  await identities.claim(draftWallet(user, account, null, access, random), user)
  // The claim may have been lost to a first sign-in, whose wallet has no access yet.
  await identities.setWalletAccess(projectId, account, access)
}

/** Somebody may have been promised the account while it was unproved: then it is theirs. */
async function claimForNewUser(
  identities: IdentityStore,
  projectId: string,
  account: Account,
  now: Date,
  random: RandomSource,
): Promise<Wallet> {
  const reserved = await identities.findReservation(projectId, walletKey(account), now)
  const user = reserved ?? draftUser(projectId, now, random)
  return identities.claim(draftWallet(user, account, now, null, random), user)
}

/** A user who begins now and has proved nothing yet. */
export function draftUser(projectId: string, now: Date, random: RandomSource): User {
  const name = { first: '', middle: '', last: '' }
  return {
    id: `user_${newKsuid(now, random)}`,
    projectId,
    status: 'pending',
    name,
    metadata: {},
    createdAt: now,
    updatedAt: now,
  }
}

function draftWallet(
  user: User,
  account: Account,
  verifiedAt: Date | null,
  access: WalletAccess | null,
  random: RandomSource,
): Wallet {
  const { id: userId, projectId } = user
  const createdAt = verifiedAt ?? user.createdAt
  const id = `wallet_${newKsuid(createdAt, random)}`
  return { kind: 'wallet', id, projectId, account, userId, createdAt, verifiedAt, access }
}
