import type { MessageLeniencies, MessageProof } from '../../core/index.ts'
import type { FourMicaTenant } from './tenants.ts'

/** The departures from ERC-4361 that the vendor's server makes and its clients may rely on (4mica digest §2.2). */
export const LENIENCIES: MessageLeniencies = {
  anyAddressCase: true,
  carriageReturns: true,
  outerSpace: true,
  anyNonceAndVersion: true,
  anyStatementText: true,
  singleBlankLine: true,
}

/** How far ahead of our clock `Issued At` may be, seconds (4mica digest §1.2, 9b). */
const MAX_CLOCK_SKEW_SECONDS = 30

/** What a message must say to sign in to this tenant (4mica digest §2.1). Its configuration is the template of `/auth/nonce`. */
export function expectationOf(tenant: FourMicaTenant): MessageProof['expectation'] {
  const domain = tenant.siweDomain.toLowerCase()
  const statement = tenant.siweStatement.trim()
  const chainId = String(tenant.chainId)
  return {
    // A scheme in the header would be part of the domain for the vendor's server, and never match.
    acceptsOrigin: (scheme, given) => scheme === null && given.toLowerCase() === domain,
    acceptsUri: (uri) => uri === tenant.siweUri,
    acceptsStatement: (given) => (given ?? '').trim() === statement,
    acceptsChainId: (given) => given === chainId,
    maxAgeSeconds: tenant.nonceTtlSeconds,
    maxClockSkewSeconds: MAX_CLOCK_SKEW_SECONDS,
  }
}
