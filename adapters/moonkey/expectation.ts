import type { MessageLeniencies, MessageProof } from '../../core/index.ts'
import { allowsDomain, allowsUri } from '../shared/origins.ts'
import type { MoonKeyTenant } from './tenants.ts'

/** The departures from ERC-4361 that the vendor's message builders make (MoonKey digest §4). */
export const LENIENCIES: MessageLeniencies = {
  anyAddressCase: true,
  carriageReturns: false,
  outerSpace: false,
  anyNonceAndVersion: false,
  anyStatementText: true,
  singleBlankLine: true,
}

/** What a message must say to sign in to this App. The vendor pins no statement and no chain: its Apps configure neither. */
export function expectationOf({ origins }: MoonKeyTenant): MessageProof['expectation'] {
  return {
    acceptsOrigin: (scheme, domain) => allowsDomain(origins, scheme, domain),
    acceptsUri: (uri) => allowsUri(origins, uri),
    acceptsStatement: () => true,
    acceptsChainId: () => true,
    // `Issued At` is the client's clock. How fresh a message is, its nonce says, which is ours and lives 10 minutes.
    maxAgeSeconds: Number.POSITIVE_INFINITY,
    maxClockSkewSeconds: Number.POSITIVE_INFINITY,
  }
}
