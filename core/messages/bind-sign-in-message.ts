import type { Account } from '../accounts/account.ts'
import type { Chain } from '../chains/chain.ts'
import { AuthError } from '../errors.ts'
import { type MessageRefusal, refuseMessage } from './message-refusals.ts'
import type { SignInMessage } from './sign-in-message.ts'
import { parseTimestamp } from './timestamp.ts'

/** Every reason of AuthError('binding_mismatch'), in the order they are judged. */
export const BINDING_REFUSALS = [
  'address_mismatch',
  'version_mismatch',
  'chain_id_mismatch',
  'domain_mismatch',
  'uri_mismatch',
  'statement_mismatch',
  'issued_in_the_future',
  'issued_too_long_ago',
  'expired',
  'not_yet_valid',
] as const

export type BindingRefusal = (typeof BINDING_REFUSALS)[number]

/** What a sign-in message must say here and now. Complete on purpose: what is left out would be let through. */
export interface Expectation {
  readonly account: Account
  readonly acceptsOrigin: (scheme: string | null, domain: string) => boolean
  readonly acceptsUri: (uri: string) => boolean
  readonly acceptsStatement: (statement: string | null) => boolean
  readonly acceptsChainId: (chainId: string | null) => boolean
  /** Refused when issued more than this ago. */
  readonly maxAgeSeconds: number
  /** Refused when issued more than this ahead; only `Issued At` has a skew. */
  readonly maxClockSkewSeconds: number
  readonly now: Date
}

/**
 * Accepts the message only if it meets every expectation; the nonce is bound by finding its challenge. `chain` is the
 * chain of the account.
 *
 * @throws {AuthError} binding_mismatch, with a reason of `BINDING_REFUSALS`: the first that fails
 */
export function bindSignInMessage(message: SignInMessage, expectation: Expectation, chain: Chain): void {
  judgeSignInMessage(message, expectation, chain, refuseBinding)
}

/** Tells `refuse` of every expectation that the message does not meet, in the order of `BINDING_REFUSALS`. */
export function judgeSignInMessage(
  message: SignInMessage,
  expectation: Expectation,
  chain: Chain,
  refuse: (reason: BindingRefusal) => void,
): void {
  const { account } = expectation
  if (!isSameAccount(message, account, chain)) refuse('address_mismatch')
  if (message.version !== '1') refuse('version_mismatch')
  // A contract account exists on its own chain only.
  const isOnItsChain = account.chain === null || account.chain === message.chainId
  if (!(isOnItsChain && expectation.acceptsChainId(message.chainId))) refuse('chain_id_mismatch')
  if (!expectation.acceptsOrigin(message.scheme, message.domain)) refuse('domain_mismatch')
  if (!expectation.acceptsUri(message.uri)) refuse('uri_mismatch')
  if (!expectation.acceptsStatement(message.statement)) refuse('statement_mismatch')

  // Each comparison names what is accepted, so that NaN (an invalid Date, a missing number) refuses.
  const now = expectation.now.getTime()
  const skew = expectation.maxClockSkewSeconds * 1000
  const maxAge = expectation.maxAgeSeconds * 1000
  // `now` is whole milliseconds. Where earlier is safer, a fraction finer than that is rounded down, elsewhere up: a
  // lower bound rounded down would let a message through before its time.
  if (!(instant(message.issuedAt, 'up', 'issued_at_malformed') <= now + skew)) refuse('issued_in_the_future')
  if (!(now - instant(message.issuedAt, 'down', 'issued_at_malformed') <= maxAge)) refuse('issued_too_long_ago')
  if (message.expirationTime !== null) {
    // ERC-4361: "the time when the signed authentication message is no longer valid": at that time it is not.
    if (!(now < instant(message.expirationTime, 'down', 'expiration_time_malformed'))) refuse('expired')
  }
  if (message.notBefore !== null) {
    if (!(instant(message.notBefore, 'up', 'not_before_malformed') <= now)) refuse('not_yet_valid')
  }
}

/** @throws {AuthError} binding_mismatch, always. */
function refuseBinding(reason: BindingRefusal): never {
  throw new AuthError('binding_mismatch', reason)
}

function isSameAccount(message: SignInMessage, account: Account, chain: Chain): boolean {
  return (
    message.namespace === chain.namespace &&
    account.namespace === chain.namespace &&
    chain.parseAddress(message.address) === account.address
  )
}

/** The parser has judged these texts; a message from elsewhere is refused here. */
function instant(text: string, rounding: 'down' | 'up', reason: MessageRefusal): number {
  return (parseTimestamp(text, rounding) ?? refuseMessage(reason)).getTime()
}
