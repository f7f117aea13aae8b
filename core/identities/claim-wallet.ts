import type { Account } from '../accounts/account.ts'
import { AuthError } from '../errors.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore } from '../stores/stores.ts'
import { walletKey } from './credential-key.ts'
import { draftUser, draftWallet } from './draft.ts'
import type { User, Wallet, WalletAccess } from './identity.ts'

interface Ports {
  readonly identities: IdentityStore
  readonly random: RandomSource
}

export interface WalletClaim {
  readonly projectId: string
  /** The account has proved itself. */
  readonly account: Account
  /** The wallet on record, if there is one. */
  readonly known: Wallet | null
  /** Whose it must become or be. Null: whoever has it or was promised it, else a new user. */
  readonly userId: string | null
}

/**
 * The wallet of an account that has just proved itself, verified and with an active user. Of any number of concurrent first
 * sign-ins one user results. A wallet never moves between users.
 *
 * @throws {AuthError} `credential_taken` when it is another user's, `user_unknown`
 */
export async function claimWallet(ports: Ports, claim: WalletClaim, now: Date): Promise<Wallet> {
  const wallet = claim.known ?? (await claimUnowned(ports, claim, now))
  if (claim.userId !== null && wallet.userId !== claim.userId) throw new AuthError('credential_taken')
  if (wallet.verifiedAt !== null) return wallet
  await ports.identities.markVerified(wallet, now)
  return { ...wallet, verifiedAt: now }
}

async function claimUnowned({ identities, random }: Ports, claim: WalletClaim, now: Date): Promise<Wallet> {
  const owner = await ownerOf({ identities, random }, claim, now)
  const wallet = draftWallet(owner, claim.account, { verifiedAt: now, access: null }, now, random)
  return identities.claim(wallet, owner)
}

async function ownerOf({ identities, random }: Ports, claim: WalletClaim, now: Date): Promise<User> {
  const { projectId, account, userId } = claim
  if (userId === null) {
    const promised = await identities.findReservation(projectId, walletKey(account), now)
    return promised ?? draftUser(projectId, now, random)
  }
  const user = await identities.findUser(projectId, userId)
  if (user === null) throw new AuthError('user_unknown')
  return user
}

/** Sets what a wallet may do; a wallet nobody has signed in with yet is provisioned, unverified, with a user of its own. */
export async function grantWalletAccess(
  { identities, clock, random }: Ports & { readonly clock: Clock },
  projectId: string,
  account: Account,
  access: WalletAccess,
): Promise<void> {
  if (await identities.setWalletAccess(projectId, account, access)) return
  const now = clock.now()
  const user = draftUser(projectId, now, random)
  await identities.claim(draftWallet(user, account, { verifiedAt: null, access }, now, random), user)
  // The claim may have been lost to a first sign-in, whose wallet has no access yet.
  await identities.setWalletAccess(projectId, account, access)
}
