import { parseAccountId } from '../accounts/account.ts'
import { AuthError } from '../errors.ts'
import type { Credential, Wallet } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import type { IdentityStore } from '../stores/stores.ts'
import type { Factor, Session } from './session.ts'

/**
 * The credential that opened the session, still its user's; null for a session without a proof, whose user is still there. Asked
 * before a session gives anything that outlives its access token.
 *
 * @throws {AuthError} `gone` when it is not there any more, `wallet_inactive` when it is suspended, `store_unavailable`
 */
export async function requireOpener(
  session: Session,
  identities: IdentityStore,
  gone: 'refresh_token_unusable' | 'session_unusable',
): Promise<Credential | null> {
  const { projectId, userId } = session
  const [factor] = session.factors
  if (factor === undefined) {
    if ((await identities.findUser(projectId, userId)) === null) throw new AuthError(gone, 'user_gone')
    return null
  }
  const credential = await findCredentialOf(factor, projectId, identities)
  // Its id too, as `isHeld` compares: a wallet that was taken away and linked again is another credential.
  if (credential?.userId !== userId || credential.id !== factor.credentialId) {
    throw new AuthError(gone, `${factor.kind}_gone`)
  }
  if (credential.kind === 'wallet') {
    requireActiveWallet(credential)
    await requireActiveAddress(credential, identities)
  }
  return credential
}

/** Whatever is said about an address holds for its contract accounts too, as it does when they sign in. */
async function requireActiveAddress({ projectId, account }: Wallet, identities: IdentityStore): Promise<void> {
  if (account.chain === null) return
  const ofAddress = await identities.findWallet(projectId, { ...account, chain: null })
  if (ofAddress !== null) requireActiveWallet(ofAddress)
}

/** A wallet by its account, which is one look; others by their id. */
async function findCredentialOf(
  factor: Factor,
  projectId: string,
  identities: IdentityStore,
): Promise<Credential | null> {
  const account = factor.kind === 'wallet' ? parseAccountId(factor.accountId) : null
  return account === null
    ? identities.findCredential(projectId, factor.credentialId)
    : identities.findWallet(projectId, account)
}
