import type { Account } from '../accounts/account.ts'
import { formatAccountId } from '../accounts/account.ts'
import type { Chains } from '../chains/chains.ts'
import type { ChallengePurpose } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { claimAccount } from '../identities/claim-account.ts'
import type { Wallet } from '../identities/identity.ts'
import { requireActiveWallet } from '../identities/wallet-access.ts'
import { bindSignInMessage, type Expectation } from '../messages/bind-sign-in-message.ts'
import type { ParseSignInMessage } from '../messages/parse-sign-in-message.ts'
import type { MessageLeniencies } from '../messages/sign-in-message.ts'
import type { Clock, RandomSource } from '../ports.ts'
import { draftSession } from '../sessions/draft-session.ts'
import type { Door, Session } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'

export interface MessageSignIn {
  readonly projectId: string
  readonly door: Door
  readonly purpose: ChallengePurpose
  /** Who the client says it is. The signed text must name the same account. */
  readonly account: Account
  /** The sign-in message exactly as it was signed. */
  readonly text: string
  readonly signature: string
  readonly leniencies: MessageLeniencies
  readonly expectation: Omit<Expectation, 'account' | 'now'>
  readonly sessionTtlSeconds: number
}

export interface SignedIn {
  readonly wallet: Wallet
  readonly session: Session
  readonly refreshToken: string
}

interface Ports {
  readonly parseSignInMessage: ParseSignInMessage
  readonly chains: Chains
  readonly stores: Stores
  readonly clock: Clock
  readonly random: RandomSource
}

/**
 * Signs an account in with a sign-in message: parse, bind, verify, then take the challenge, which is the commit. What fails
 * before leaves the challenge usable and nothing behind; of any number of racers with one challenge, one signs in.
 *
 * @throws {AuthError} `message_malformed`, `binding_mismatch`, `challenge_unusable`, `signature_malformed`,
 * `signature_invalid`, `wallet_inactive`, `store_unavailable`
 */
export async function signInWithMessage(ports: Ports, request: MessageSignIn): Promise<SignedIn> {
  const { chains, stores, clock, random } = ports
  const { projectId, door, purpose, account } = request
  const now = clock.now()
  const accountId = formatAccountId(account)
  const message = ports.parseSignInMessage(request.text, request.leniencies)
  bindSignInMessage(message, { ...request.expectation, account, now }, chains[account.namespace])

  const [challenge, known] = await Promise.all([
    stores.challenges.find({ projectId, purpose, subject: accountId, handle: message.nonce }, now),
    stores.identities.findWallet(projectId, account),
  ])
  if (challenge === null) throw new AuthError('challenge_unusable', 'nonce_unknown')
  requireSignature(chains, account, request.text, request.signature)
  if (known !== null) requireActiveWallet(known)

  const wallet = await claimAccount({ ...stores, clock, random }, projectId, account, known)
  requireActiveWallet(wallet)
  const factor = { kind: 'wallet', credentialId: wallet.id, accountId, verifiedAt: now } as const
  const owner = { projectId, userId: wallet.userId, door }
  const { session, refreshToken, refreshTokenRecord } = draftSession(
    owner,
    factor,
    request.sessionTtlSeconds,
    now,
    random,
  )

  // The session is opened first and the challenge taken last: a store that fails in between leaves a session whose token
  // nobody has, and a challenge that still works, so a retried request succeeds.
  await stores.sessions.open(session, refreshTokenRecord)
  if (!(await stores.challenges.consume(challenge))) {
    await stores.sessions.revoke(projectId, session.id, now)
    throw new AuthError('challenge_unusable', 'nonce_spent')
  }
  return { wallet, session, refreshToken }
}

function requireSignature(chains: Chains, account: Account, text: string, signatureText: string): void {
  const chain = chains[account.namespace]
  const signature = chain.decodeSignature(signatureText)
  if (signature === null) throw new AuthError('signature_malformed')
  const verdict = chain.verify(account.address, Buffer.from(text, 'utf8'), signature)
  if (verdict !== 'valid') throw new AuthError('signature_invalid')
}
