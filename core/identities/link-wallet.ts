import type { Account } from '../accounts/account.ts'
import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore } from '../stores/stores.ts'
import { auditedWallet } from './claim-wallet.ts'
import { draftWallet } from './draft.ts'
import type { Wallet } from './identity.ts'

/**
 * Gives a user a wallet on the operator's word: it counts as proved once it has signed in. Done again, it changes nothing.
 *
 * @throws {AuthError} `user_unknown`, `credential_taken` when it is another user's
 */
export async function linkWallet(
  {
    identities,
    clock,
    random,
    audit,
  }: { readonly identities: IdentityStore; readonly clock: Clock; readonly random: RandomSource } & Audited,
  { projectId, account, userId }: { readonly projectId: string; readonly account: Account; readonly userId: string },
): Promise<Wallet> {
  const user = await identities.findUser(projectId, userId)
  if (user === null) throw new AuthError('user_unknown')
  const now = clock.now()
  const draft = draftWallet(user, account, { verifiedAt: null, access: null }, now, random)
  const wallet = await identities.claimFor(draft, user)
  if (wallet === null) throw new AuthError('user_unknown')
  if (wallet.userId !== userId) throw new AuthError('credential_taken', 'wallet_taken')
  if (wallet.id === draft.id) audit?.record({ event: 'wallet.linked', ...auditedWallet(wallet) })
  return wallet
}
