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
  const { account } = expectation
  demand(isSameAccount(message, account, chain), 'address_mismatch')
  demand(message.version === '1', 'version_mismatch')
  // A contract account exists on its own chain only.
  demand(account.chain === null || account.chain === message.chainId, 'chain_id_mismatch')
  demand(expectation.acceptsChainId(message.chainId), 'chain_id_mismatch')
  demand(expectation.acceptsOrigin(message.scheme, message.domain), 'domain_mismatch')
  demand(expectation.acceptsUri(message.uri), 'uri_mismatch')
  demand(expectation.acceptsStatement(message.statement), 'statement_mismatch')

  // Each comparison names what is accepted, so that NaN (an invalid Date, a missing number) refuses.
  const now = expectation.now.getTime()
  const skew = expectation.maxClockSkewSeconds * 1000
  const maxAge = expectation.maxAgeSeconds * 1000
  // `now` is whole milliseconds. Where earlier is safer, a fraction finer than that is rounded down, elsewhere up: a
  // lower bound rounded down would let a message through before its time.
  demand(instant(message.issuedAt, 'up', 'issued_at_malformed') <= now + skew, 'issued_in_the_future')
  demand(now - instant(message.issuedAt, 'down', 'issued_at_malformed') <= maxAge, 'issued_too_long_ago')
  if (message.expirationTime !== null) {
    // ERC-4361: "the time when the signed authentication message is no longer valid": at that time it is not.
    demand(now < instant(message.expirationTime, 'down', 'expiration_time_malformed'), 'expired')
  }
  if (message.notBefore !== null) {
    demand(instant(message.notBefore, 'up', 'not_before_malformed') <= now, 'not_yet_valid')
  }
}

function demand(isMet: boolean, reason: BindingRefusal): void {
  if (!isMet) throw new AuthError('binding_mismatch', reason)
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
