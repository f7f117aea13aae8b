import type { Account } from '../accounts/account.ts'
import type { Chains } from '../chains/chains.ts'
import type { ContractAccounts } from '../chains/contract-accounts.ts'
import { AuthError } from '../errors.ts'

/**
 * Charges whoever shows a proof for what it turns out to cost besides: a question to a chain, or a wallet that was nobody's and is kept
 * for good. Throws when the caller has had its share.
 */
export type Charge = (expense: 'chain_question' | 'new_wallet') => Promise<void>

export interface SignerPorts {
  readonly chains: Chains
  /** Null: contract accounts are refused. */
  readonly contractAccounts: ContractAccounts | null
}

export interface SignedText {
  readonly projectId: string
  /** Whom the challenge was issued to. */
  readonly account: Account
  /** Exactly as it was signed. */
  readonly text: string
  /** The chain it names, as a CAIP-2 reference; null: none. */
  readonly chainId: string | null
  readonly signature: string
  /** Absent: nothing is charged. */
  readonly charge?: Charge | undefined
}

/**
 * The account that signed the text. A key is decided here and now, and no network is asked about it. What no key of the address
 * has signed may be a contract account's signature, which its chain is asked about: that account is bound to the chain (CAIP-10).
 *
 * @throws {AuthError} `signature_malformed`, `signature_invalid`, `chain_unavailable` when the chain could not be asked
 */
export async function verifySigner(
  { chains, contractAccounts }: SignerPorts,
  { projectId, account, text, chainId, signature: signatureText, charge }: SignedText,
): Promise<Account> {
  const chain = chains[account.namespace]
  const signature = chain.decodeSignature(signatureText)
  if (signature === null) throw new AuthError('signature_malformed')
  const message = Buffer.from(text, 'utf8')
  if (chain.verify(account.address, message, signature) === 'valid') return account

  const isAskable = account.namespace === 'eip155' && contractAccounts !== null
  // A text without a chain means the only one there is; of several it would not say which account signed.
  const asked = isAskable ? (chainId ?? onlyOne(contractAccounts.chainsOf(projectId))) : null
  if (!isAskable || asked === null || !contractAccounts.serves(projectId, asked))
    throw new AuthError('signature_invalid')
  await charge?.('chain_question')
  const question = { projectId, chain: asked, address: account.address, message, signature }
  const { verdict, reason } = await contractAccounts.verify(question)
  if (verdict === 'unchecked') throw new AuthError('chain_unavailable', reason)
  if (verdict === 'invalid') throw new AuthError('signature_invalid', reason)
  return { ...account, chain: asked }
}

function onlyOne(chains: readonly string[]): string | null {
  return chains.length === 1 ? (chains[0] ?? null) : null
}
