import { type Account, formatAccountId } from '../accounts/account.ts'
import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore } from '../stores/stores.ts'
import { type WalletKey, walletKey } from './credential-key.ts'
import { draftUser, draftWallet } from './draft.ts'
import type { User, Wallet, WalletAccess } from './identity.ts'

interface Ports extends Audited {
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
  /**
   * Who was promised it before anybody proved anything. The promise is kept to the first account that proves itself: an address is
   * another account on every chain, and whoever has it elsewhere must not come into this user. Null: see the reservations.
   */
  readonly promised: string | null
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
  ports.audit?.record({ event: 'wallet.verified', ...auditedWallet(wallet) })
  return { ...wallet, verifiedAt: now }
}

/** How facts name a wallet. */
export function auditedWallet({ projectId, userId, id: credentialId, account }: Wallet) {
  return { projectId, userId, credentialId, accountId: formatAccountId(account) }
}

async function claimUnowned(ports: Ports, claim: WalletClaim, now: Date): Promise<Wallet> {
  const { identities, random, audit } = ports
  const { projectId, account, userId } = claim
  const draftFor = (owner: User) => draftWallet(owner, account, { verifiedAt: now, access: null }, now, random)
  const recordLink = (drafted: Wallet, claimed: Wallet): void => {
    if (claimed.id === drafted.id) audit?.record({ event: 'wallet.linked', ...auditedWallet(claimed) })
  }
  if (userId !== null) {
    const owner = await requireUser(identities, projectId, userId)
    const drafted = draftFor(owner)
    const claimed = await identities.claimFor(drafted, owner)
    if (claimed === null) throw new AuthError('user_unknown')
    recordLink(drafted, claimed)
    return claimed
  }
  const promised = await findPromised(identities, claim, now)
  if (promised !== null) {
    const drafted = draftFor(promised)
    const claimed = await identities.claimAsFirst(drafted, promised)
    // The claim of a key ends its reservation by itself. Afterwards, so that whoever comes meanwhile finds the one or the other.
    if (account.chain !== null) await identities.endReservation(projectId, reservedKey(account), promised.id)
    if (claimed !== null) {
      recordLink(drafted, claimed)
      // The client was told of a user, and somebody else has got the wallet meanwhile.
      if (claim.promised !== null && claimed.userId !== promised.id) throw new AuthError('credential_taken')
      return claimed
    }
  }
  const owner = draftUser(projectId, now, random)
  const drafted = draftFor(owner)
  const claimed = await identities.claim(drafted, owner)
  if (claimed.id === drafted.id) {
    audit?.record({ event: 'user.created', projectId, userId: owner.id, status: 'active' })
    recordLink(drafted, claimed)
  }
  return claimed
}

async function findPromised(identities: IdentityStore, claim: WalletClaim, now: Date): Promise<User | null> {
  const { projectId, account, promised } = claim
  if (promised !== null) return requireUser(identities, projectId, promised)
  return identities.findReservation(projectId, reservedKey(account), now)
}

/** Promises are made for an address: on which chain its account is, nobody knew. */
function reservedKey(account: Account): WalletKey {
  return walletKey({ ...account, chain: null })
}

async function requireUser(identities: IdentityStore, projectId: string, userId: string): Promise<User> {
  const user = await identities.findUser(projectId, userId)
  if (user === null) throw new AuthError('user_unknown')
  return user
}

/** Sets what a wallet may do; a wallet nobody has signed in with yet is provisioned, unverified, with a user of its own. */
export async function grantWalletAccess(
  { identities, clock, random, audit }: Ports & { readonly clock: Clock },
  projectId: string,
  account: Account,
  access: WalletAccess,
): Promise<void> {
  const record = () => {
    const { role, scopes, status } = access
    const accountId = formatAccountId(account)
    audit?.record({ event: 'access.changed', projectId, accountId, role, scopes, status })
  }
  if (await identities.setWalletAccess(projectId, account, access)) return record()
  const now = clock.now()
  const user = draftUser(projectId, now, random)
  const wallet = draftWallet(user, account, { verifiedAt: null, access }, now, random)
  const claimed = await identities.claim(wallet, user)
  if (claimed.id === wallet.id) {
    audit?.record({ event: 'user.created', projectId, userId: user.id, status: user.status })
    audit?.record({ event: 'wallet.linked', ...auditedWallet(claimed) })
  }
  // The claim may have been lost to a first sign-in, whose wallet has no access yet.
  await identities.setWalletAccess(projectId, account, access)
  record()
}
