import { type Account, formatAccountId } from '../accounts/account.ts'
import type { Chains } from '../chains/chains.ts'
import { type Challenge, type ChallengePurpose, isUsable } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import type { Wallet } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import { bindSignInMessage, type Expectation } from '../messages/bind-sign-in-message.ts'
import type { ParseSignInMessage } from '../messages/parse-sign-in-message.ts'
import type { MessageLeniencies, SignInMessage } from '../messages/sign-in-message.ts'
import type { Stores } from '../stores/stores.ts'

interface ProofBase {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly signature: string
}

/** A sign-in message that the client built around our nonce. */
export interface MessageProof extends ProofBase {
  /** Who the client says it is; the message must name the same account. Null: the message alone says. */
  readonly account: Account | null
  /** The user the client was told when it asked for the nonce. Null: it does not say. */
  readonly userId: string | null
  /** Exactly as it was signed. */
  readonly text: string
  readonly leniencies: MessageLeniencies
  readonly expectation: Omit<Expectation, 'account' | 'now'>
}

/** The text of a challenge, signed as it is. The client sends only the signature; the text is ours. */
export interface ChallengeProof extends ProofBase {
  /** Who the client says it is; the challenge must have been issued to it. */
  readonly account: Account
}

/** An account that has signed, and the challenge that it has not yet spent. */
export interface ProvedAccount {
  readonly account: Account
  readonly challenge: Challenge
  /** The wallet on record, if there is one. */
  readonly known: Wallet | null
}

export interface ProofPorts {
  readonly parseSignInMessage: ParseSignInMessage
  readonly chains: Chains
  readonly stores: Pick<Stores, 'challenges' | 'identities'>
}

/**
 * Parse, bind, verify. Spends nothing.
 *
 * @throws {AuthError} `message_malformed`, `binding_mismatch`, `challenge_unusable`, `challenge_expired`,
 * `signature_malformed`, `signature_invalid`, `wallet_inactive`, `store_unavailable`
 */
export async function proveByMessage(ports: ProofPorts, proof: MessageProof, now: Date): Promise<ProvedAccount> {
  const { text } = proof
  const message = ports.parseSignInMessage(text, proof.leniencies)
  const account = proof.account ?? accountOf(message, ports.chains)
  bindSignInMessage(message, { ...proof.expectation, account, now }, ports.chains[account.namespace])
  const proved = await prove(ports, { ...proof, account }, message.nonce, () => text, now)
  if (proof.userId !== null && proof.userId !== proved.challenge.context['userId']) {
    throw new AuthError('challenge_unusable', 'other_user')
  }
  return proved
}

/** Verify against the pending challenge of this account. Spends nothing. @throws {AuthError} as `proveByMessage`, from `challenge_unusable` on */
export function proveByChallenge(ports: ProofPorts, proof: ChallengeProof, now: Date): Promise<ProvedAccount> {
  return prove(ports, proof, '', ({ context }) => context['text'] ?? '', now)
}

async function prove(
  { chains, stores }: ProofPorts,
  { projectId, purpose, account, signature }: ChallengeProof,
  handle: string,
  signedText: (challenge: Challenge) => string,
  now: Date,
): Promise<ProvedAccount> {
  const [challenge, known] = await Promise.all([
    stores.challenges.find({ projectId, purpose, subject: formatAccountId(account), handle }, now),
    stores.identities.findWallet(projectId, account),
  ])
  if (challenge === null) throw new AuthError('challenge_unusable', 'nonce_unknown')
  if (!isUsable(challenge, now)) throw new AuthError('challenge_expired')
  requireSignature(chains, account, signedText(challenge), signature)
  if (known !== null) requireActiveWallet(known)
  return { account, challenge, known }
}

/** @throws {AuthError} `message_malformed` */
function accountOf({ namespace, address: text }: SignInMessage, chains: Chains): Account {
  const address = chains[namespace].parseAddress(text)
  if (address === null) throw new AuthError('message_malformed', 'address_malformed')
  return { namespace, address, chain: null }
}

function requireSignature(chains: Chains, account: Account, text: string, signatureText: string): void {
  const chain = chains[account.namespace]
  const signature = chain.decodeSignature(signatureText)
  if (signature === null) throw new AuthError('signature_malformed')
  const verdict = chain.verify(account.address, Buffer.from(text, 'utf8'), signature)
  if (verdict !== 'valid') throw new AuthError('signature_invalid')
}
