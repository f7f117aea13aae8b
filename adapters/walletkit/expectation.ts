import type { MessageLeniencies, MessageProof } from '../../core/index.ts'
import { expectAllowedOrigin } from '../shared/message-origin.ts'
import type { WalletKitTenant } from './tenants.ts'

/** The message is built by the app, with whatever builder it has (WalletKit digest §2.1): what common builders depart in. */
export const LENIENCIES: MessageLeniencies = {
  anyAddressCase: true,
  carriageReturns: false,
  outerSpace: false,
  anyNonceAndVersion: false,
  anyStatementText: true,
  singleBlankLine: true,
}

/** What a message must say to sign in to this project. Its domain is the app's, not ours (WalletKit digest §2.1). */
export function expectationOf({ origins }: WalletKitTenant): MessageProof['expectation'] {
  return expectAllowedOrigin(origins)
}
