import { type Account, formatAccountId } from '../accounts/account.ts'
import type { SignatureProof } from '../audit/audit-trail.ts'
import type { Chains } from '../chains/chains.ts'
import { type Challenge, type ChallengeKey, type ChallengePurpose, isUsable } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import type { Wallet } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import { bindSignInMessage, type Expectation } from '../messages/bind-sign-in-message.ts'
import type { ParseSignInMessage } from '../messages/parse-sign-in-message.ts'
import type { MessageLeniencies, SignInMessage } from '../messages/sign-in-message.ts'
import type { ChallengeStore, IdentityStore } from '../stores/stores.ts'
import { type Charge, type SignerPorts, verifySigner } from './verify-signer.ts'

interface ProofBase {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly signature: string
  /** Absent: everybody may have everything. */
  readonly charge?: Charge | undefined
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

/** An account that has signed (a contract account is bound to its chain), and the challenge that it has not yet spent. */
export interface ProvedAccount {
  readonly account: Account
  readonly challenge: Challenge
  /** The wallet on record, if there is one. */
  readonly known: Wallet | null
  /** What was signed, to be kept by whoever keeps proofs. */
  readonly proof: SignatureProof
}

export interface ProofPorts extends SignerPorts {
  readonly parseSignInMessage: ParseSignInMessage
  /** To look, and nothing else: proving changes nothing. */
  readonly stores: {
    readonly challenges: Pick<ChallengeStore, 'find'>
    readonly identities: Pick<IdentityStore, 'findWallet'>
  }
}

/**
 * Parse, bind, verify. Spends nothing.
 *
 * @throws {AuthError} `message_malformed`, `binding_mismatch`, `challenge_unusable`, `challenge_expired`,
 * `signature_malformed`, `signature_invalid`, `chain_unavailable`, `wallet_inactive`, `store_unavailable`
 */
export async function proveByMessage(ports: ProofPorts, proof: MessageProof, now: Date): Promise<ProvedAccount> {
  const { text } = proof
  const message = ports.parseSignInMessage(text, proof.leniencies)
  const account = proof.account ?? accountOf(message, ports.chains)
  bindSignInMessage(message, { ...proof.expectation, account, now }, ports.chains[account.namespace])
  const proved = await prove(
    ports,
    { ...proof, account },
    { handle: message.nonce, chainId: message.chainId, textOf: () => text },
    now,
  )
  requireUser(proved.challenge, proof.userId)
  return proved
}

/** Verify against the pending challenge of this account. Spends nothing. @throws {AuthError} as `proveByMessage`, from `challenge_unusable` on */
export function proveByChallenge(ports: ProofPorts, proof: ChallengeProof, now: Date): Promise<ProvedAccount> {
  return prove(ports, proof, { handle: '', chainId: null, textOf: ({ context }) => context['text'] ?? '' }, now)
}

interface Signed {
  /** Of the challenge. */
  readonly handle: string
  readonly chainId: string | null
  readonly textOf: (challenge: Challenge) => string
}

async function prove(
  ports: ProofPorts,
  { projectId, purpose, account, signature, charge }: ChallengeProof,
  { handle, chainId, textOf }: Signed,
  now: Date,
): Promise<ProvedAccount> {
  const { stores } = ports
  const [found, known] = await Promise.all([
    stores.challenges.find(challengeKeyOf({ projectId, purpose, account }, handle), now),
    stores.identities.findWallet(projectId, account),
  ])
  const challenge = requireUsable(found, now)
  const text = textOf(challenge)
  const signed = { projectId, account, text, chainId, signature, charge }
  const signer = await verifySigner(ports, signed)
  // Whatever is said about the address holds for a contract account there too.
  if (known !== null) requireActiveWallet(known)
  const proof = { message: text, signature }
  if (signer.chain === null) return { account, challenge, known, proof }
  const own = await stores.identities.findWallet(projectId, signer)
  if (own !== null) requireActiveWallet(own)
  return { account: signer, challenge, known: own, proof }
}

/** Where the challenge is kept that this proof must answer. */
export function challengeKeyOf(
  { projectId, purpose, account }: Pick<ChallengeProof, 'projectId' | 'purpose' | 'account'>,
  handle: string,
): ChallengeKey {
  return { projectId, purpose, subject: formatAccountId(account), handle }
}

/** The challenge that was found, if it may still be redeemed. @throws {AuthError} `challenge_unusable`, `challenge_expired` */
export function requireUsable(found: Challenge | null, now: Date): Challenge {
  if (found === null) throw new AuthError('challenge_unusable', 'nonce_unknown')
  if (!isUsable(found, now)) throw new AuthError('challenge_expired')
  return found
}

/** Refuses a challenge that was not issued for this user. Null: the client does not say. @throws {AuthError} `challenge_unusable` */
export function requireUser({ context }: Challenge, userId: string | null): void {
  if (userId !== null && userId !== context['userId']) throw new AuthError('challenge_unusable', 'other_user')
}

/** The account that the message names, a key's. @throws {AuthError} `message_malformed` */
export function accountOf({ namespace, address: text }: SignInMessage, chains: Chains): Account {
  const address = chains[namespace].parseAddress(text)
  if (address === null) throw new AuthError('message_malformed', 'address_malformed')
  return { namespace, address, chain: null }
}
