import type { Account } from '../accounts/account.ts'
import type { Challenge, ChallengeKey } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import { judgeSignInMessage } from '../messages/bind-sign-in-message.ts'
import type { SignInMessage } from '../messages/sign-in-message.ts'
import {
  accountOf,
  type ChallengeProof,
  challengeKeyOf,
  type MessageProof,
  type ProofPorts,
  proveByChallenge,
  proveByMessage,
  requireUsable,
  requireUser,
} from './proof.ts'
import { verifySigner } from './verify-signer.ts'

/** What a proof comes to, and how it fares at every step, whatever came of the steps before. */
export interface ProofExplanation {
  /** What signing in with it is refused for, or cannot be decided for; null: it is accepted. */
  readonly refusal: AuthError | null
  /** What would refuse it besides, in the order in which it would be met. */
  readonly also: readonly AuthError[]
  /** Null where the text is none, or is our own challenge. */
  readonly message: SignInMessage | null
  /** The account that is to have signed. */
  readonly account: Account | null
  /** What was stored when the nonce was issued, expired or not. */
  readonly challenge: Challenge | null
  /** Who did sign: the account as a key, or as a contract on its chain. Null: not this account, or it could not be checked. */
  readonly signer: Account | null
}

/**
 * Explains a signed message. The verdict is that of `proveByMessage` itself; then every step is taken by itself, with the same
 * functions. A contract account may be asked about twice, and about a challenge that is dead. Changes nothing and throws no refusal.
 */
export async function explainMessageProof(
  ports: ProofPorts,
  proof: MessageProof,
  now: Date,
): Promise<ProofExplanation> {
  const { chains } = ports
  const refusal = await refusalOf(proveByMessage(ports, proof, now))
  const { attempt, record, refusals } = createRecorder()
  const message = await attempt(() => ports.parseSignInMessage(proof.text, proof.leniencies))
  if (message === null) return { ...refuse(refusal, refusals), message, account: proof.account, ...NOTHING }
  const account = proof.account ?? (await attempt(() => accountOf(message, chains)))
  if (account === null) return { ...refuse(refusal, refusals), message, account, ...NOTHING }

  const expectation = { ...proof.expectation, account, now }
  judgeSignInMessage(message, expectation, chains[account.namespace], (reason) =>
    record(new AuthError('binding_mismatch', reason)),
  )
  const key = challengeKeyOf({ ...proof, account }, message.nonce)
  const challenge = await look(ports, key, now, attempt)
  const { text, signature, projectId } = proof
  const signer = await attempt(() =>
    verifySigner(ports, { projectId, account, text, chainId: message.chainId, signature }),
  )
  for (const each of [account, signer]) await attempt(() => requireActive(ports, projectId, each))
  if (challenge !== null) await attempt(() => requireUser(challenge, proof.userId))
  return { ...refuse(refusal, refusals), message, account, challenge, signer }
}

/** Explains a signature of the pending challenge of this account, in the same way. */
export async function explainChallengeProof(
  ports: ProofPorts,
  proof: ChallengeProof,
  now: Date,
): Promise<ProofExplanation> {
  const { projectId, account, signature } = proof
  const refusal = await refusalOf(proveByChallenge(ports, proof, now))
  const { attempt, refusals } = createRecorder()
  const challenge = await look(ports, challengeKeyOf(proof, ''), now, attempt)
  const text = challenge?.context['text'] ?? null
  const signer =
    text === null
      ? null
      : await attempt(() => verifySigner(ports, { projectId, account, text, chainId: null, signature }))
  for (const each of [account, signer]) await attempt(() => requireActive(ports, projectId, each))
  return { ...refuse(refusal, refusals), message: null, account, challenge, signer }
}

type Attempt = <T>(step: () => T | Promise<T>) => Promise<T | null>

/** What was found, usable or not; a store that is down has found nothing, and has not found that there is nothing. */
async function look({ stores }: ProofPorts, key: ChallengeKey, now: Date, attempt: Attempt): Promise<Challenge | null> {
  const found = await attempt(async () => ({ challenge: await stores.challenges.find(key, now) }))
  if (found === null) return null
  await attempt(() => requireUsable(found.challenge, now))
  return found.challenge
}

const NOTHING = { challenge: null, signer: null } as const

async function requireActive({ stores }: ProofPorts, projectId: string, account: Account | null): Promise<void> {
  const wallet = account === null ? null : await stores.identities.findWallet(projectId, account)
  if (wallet !== null) requireActiveWallet(wallet)
}

async function refusalOf(act: Promise<unknown>): Promise<AuthError | null> {
  try {
    await act
    return null
  } catch (error) {
    if (error instanceof AuthError) return error
    throw error
  }
}

/** Takes steps one by one; what refuses is kept, and the next is taken. */
function createRecorder() {
  const refusals: AuthError[] = []
  const record = (refusal: AuthError) => void refusals.push(refusal)
  const attempt: Attempt = async (step) => {
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      record(error)
      return null
    }
  }
  return { attempt, record, refusals }
}

/** Each code and reason once, and the verdict's own not again. */
function refuse(refusal: AuthError | null, refusals: readonly AuthError[]): Pick<ProofExplanation, 'refusal' | 'also'> {
  const seen = new Set(refusal === null ? [] : [refusal.message])
  const also = refusals.filter(({ message }) => !seen.has(message) && seen.add(message))
  return { refusal, also }
}
