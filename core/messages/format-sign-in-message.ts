import type { Namespace } from '../accounts/account.ts'
import type { SignInMessage } from './sign-in-message.ts'

const ACCOUNT_KIND = { eip155: 'Ethereum', solana: 'Solana' } as const satisfies Record<Namespace, string>

/**
 * The text of a sign-in message, in ERC-4361's layout: `format(parse(text)) === text` for every text the strict parser
 * accepts. It judges nothing: fields that did not come from the parser must be free of line breaks.
 */
export function formatSignInMessage(message: SignInMessage): string {
  const origin = message.scheme === null ? message.domain : `${message.scheme}://${message.domain}`
  let text = `${origin} wants you to sign in with your ${ACCOUNT_KIND[message.namespace]} account:\n${message.address}\n\n`
  // An empty statement still has its line; a missing one has none.
  if (message.statement !== null) text += `${message.statement}\n`
  text += `\nURI: ${message.uri}\nVersion: ${message.version}`
  if (message.chainId !== null) text += `\nChain ID: ${message.chainId}`
  text += `\nNonce: ${message.nonce}\nIssued At: ${message.issuedAt}`
  if (message.expirationTime !== null) text += `\nExpiration Time: ${message.expirationTime}`
  if (message.notBefore !== null) text += `\nNot Before: ${message.notBefore}`
  if (message.requestId !== null) text += `\nRequest ID: ${message.requestId}`
  if (message.resources !== null) {
    text += '\nResources:'
    for (const resource of message.resources) text += `\n- ${resource}`
  }
  return text
}
