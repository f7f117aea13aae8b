import type { MessageLeniencies, MessageProof } from '../../core/index.ts'
import { expectAllowedOrigin } from '../shared/message-origin.ts'
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
  return expectAllowedOrigin(origins)
}
