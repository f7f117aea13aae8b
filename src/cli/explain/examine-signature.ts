import type { Account } from '../../../core/accounts/account.ts'
import type { Chains } from '../../../core/chains/chains.ts'
import type { SignedForm } from '../../../core/chains/solana/signed-form.ts'
import { type EthereumSignatures, mendSignature } from './ethereum-signature.ts'
import { type Hint, hintOf } from './hints.ts'
import { EDITS, type Edit, findNearTexts, type NearText } from './near-texts.ts'
import { respellSignature } from './respell-signature.ts'
import type { SolanaSignatures } from './solana-signature.ts'

export interface SignatureTools {
  readonly chains: Chains
  readonly ethereum: EthereumSignatures
  readonly solana: SolanaSignatures
}

export interface SignatureQuestion {
  readonly account: Account
  /** The address as the text has it. */
  readonly writtenAddress: string
  readonly text: string
  readonly signature: string
}

export interface SignatureFacts {
  /** Decoded; null: in none of the chain's encodings. */
  readonly bytes: number | null
  /** How the account's own key signed exactly this text; null: it did not. */
  readonly form: 'personal_sign' | SignedForm | null
  /** Ethereum: whose key signed exactly this text, canonical. Any 65 bytes have such an owner, nearly. */
  readonly recovered: string | null
  /** How a text that the account did sign comes from this one; null: none was found. */
  readonly edits: readonly Edit[] | null
  readonly hints: readonly Hint[]
}

/** Says what there is to say about a signature, right or wrong. Local: contract accounts are not asked here. */
export function examineSignature(tools: SignatureTools, question: SignatureQuestion): SignatureFacts {
  const { chains, solana } = tools
  const { account, text, signature: spelled } = question
  const chain = chains[account.namespace]
  const bytes = chain.decodeSignature(spelled)
  if (bytes === null)
    return { bytes: null, form: null, recovered: null, edits: null, hints: explainSpelling(question, tools) }

  const facts = {
    bytes: bytes.length,
    recovered: account.namespace === 'eip155' ? tools.ethereum.recover(text, bytes) : null,
  }
  if (chain.verify(account.address, Buffer.from(text, 'utf8'), bytes) === 'valid') {
    const form = account.namespace === 'eip155' ? 'personal_sign' : solana.findForm(account.address, text, bytes)
    return { ...facts, form, edits: null, hints: [] }
  }
  const wrong = { ...facts, form: null }
  const mended = account.namespace === 'eip155' ? mendSignature(bytes) : { hints: [], meant: [bytes] }
  const hints = mended.hints.map((hint) => hintOf(hint))
  const isMeantFor = (near: string) =>
    mended.meant.some((meant) => chain.verify(account.address, Buffer.from(near, 'utf8'), meant) === 'valid')
  if (hints.length > 0 && isMeantFor(text)) return { ...wrong, edits: null, hints }

  const misuse = findMisuse(tools, question, bytes)
  if (misuse !== null) return { ...wrong, edits: null, hints: [...hints, misuse] }
  const near = mended.meant.length === 0 ? null : findSigned(question, tools, isMeantFor)
  if (near !== null) {
    return {
      ...wrong,
      edits: near.edits,
      hints: [...hints, hintOf('text_altered', ` (it is this one ${describeEdits(near.edits)})`)],
    }
  }
  return { ...wrong, edits: null, hints: hints.length > 0 ? hints : [hintOf('other_signer')] }
}

/** How the text that is meant comes from the one that is here. */
export function describeEdits(edits: readonly Edit[]): string {
  return edits.map((edit) => EDITS[edit]).join(', and ')
}

function findMisuse(
  { ethereum, solana }: SignatureTools,
  { account, text }: SignatureQuestion,
  bytes: Uint8Array,
): Hint | null {
  const find = account.namespace === 'eip155' ? ethereum.findMisuse : solana.findPacketFault
  const misuse = find(account.address, text, bytes)
  return misuse === null ? null : hintOf(misuse)
}

function findSigned(
  { account, writtenAddress, text }: SignatureQuestion,
  { chains }: SignatureTools,
  isSigned: (text: string) => boolean,
): NearText | null {
  const checksummed = chains[account.namespace].formatAddress(account.address)
  const spellings = { asWritten: writtenAddress, checksummed, lowerCased: account.address }
  const nearTexts = findNearTexts(text, writtenAddress === '' ? null : spellings)
  return nearTexts.find((near) => isSigned(near.text)) ?? null
}

/** The signature is not in an encoding of its chain: in which one it is, and whether it would be right in ours. */
function explainSpelling({ account, text, signature }: SignatureQuestion, { chains }: SignatureTools): readonly Hint[] {
  const respelled = respellSignature(signature, account.namespace)
  if (respelled === null) return []
  const chain = chains[account.namespace]
  const bytes = chain.decodeSignature(respelled.spelling)
  const isRight = bytes !== null && chain.verify(account.address, Buffer.from(text, 'utf8'), bytes) === 'valid'
  return [hintOf(respelled.hint), ...(isRight ? [hintOf('spelled_right_otherwise')] : [])]
}
