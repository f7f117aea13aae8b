import type { Account } from '../../../core/accounts/account.ts'
import { AuthError } from '../../../core/errors.ts'
import type { SignInMessage } from '../../../core/messages/sign-in-message.ts'
import { accountOf } from '../../../core/sign-in/proof.ts'
import type { ExplainedCase, Readable } from './case.ts'
import { openEthereumSignatures } from './ethereum-signature.ts'
import { examineSignature } from './examine-signature.ts'
import { findNearTexts } from './near-texts.ts'
import { openSolanaSignatures } from './solana-signature.ts'

type Known = Omit<ExplainedCase, 'readable' | 'subject' | 'facts'>

/** What the text was probably meant to be, where it cannot be read, and what there is to say about the signature. */
export async function lookCloser(known: Known): Promise<Pick<ExplainedCase, 'readable' | 'subject' | 'facts'>> {
  const { ports, form, proof, explained } = known
  const readable = form === 'message' && explained.message === null ? findReadable(known) : null
  const signer = findSigner(known, readable)
  if (signer === null) return { readable, subject: null, facts: null }
  const [ethereum, solana] = await Promise.all([openEthereumSignatures(), openSolanaSignatures()])
  const { text, signature } = proof
  return {
    readable,
    subject: signer.account,
    facts: examineSignature({ chains: ports.chains, ethereum, solana }, { ...signer, text, signature }),
  }
}

function findReadable({ ports, proof }: Known): Readable | null {
  for (const near of findNearTexts(proof.text, null)) {
    const message = parse(() => ports.parseSignInMessage(near.text, proof.leniencies))
    if (message !== null) return { ...near, message }
  }
  return null
}

/** Whose signature it would have to be: what the request or the message names, else the first line that is an address. */
function findSigner(
  { ports: { chains }, explained, requestAccount, proof }: Known,
  readable: Readable | null,
): { readonly account: Account; readonly writtenAddress: string } | null {
  const message: SignInMessage | null = explained.message ?? readable?.message ?? null
  const named = explained.account ?? requestAccount ?? (message && parse(() => accountOf(message, chains)))
  if (named !== null) return { account: named, writtenAddress: message?.address ?? '' }
  const written = ADDRESS_LINE.exec(proof.text)?.[1] ?? ''
  for (const { namespace, parseAddress } of [chains.eip155, chains.solana]) {
    const address = parseAddress(written)
    if (address !== null) return { account: { namespace, address, chain: null }, writtenAddress: written }
  }
  return null
}

/** A line that may be an address of some chain, and nothing else. */
const ADDRESS_LINE = /^(0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})\r?$/m

function parse<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof AuthError) return null
    throw error
  }
}
