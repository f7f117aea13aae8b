import type { Chain } from '../chains/chain.ts'
import { ALPHANUMERIC, DIGIT, isAllEncodedClass, isAllOfClass, PCHAR, STATEMENT } from './character-classes.ts'
import { LineCursor } from './line-cursor.ts'
import { refuseMessage as refuse } from './message-refusals.ts'
import type { MessageLeniencies, SignInMessage } from './sign-in-message.ts'
import { parseTimestamp } from './timestamp.ts'
import { isAuthority, isScheme, isUri } from './uri.ts'

/** UTF-16 units. Wallets show the whole text to a person: what nobody can read is no sign-in message. */
export const MAX_MESSAGE_LENGTH = 16_384
/** ERC-4361 asks for at least 8 and names no upper bound. */
const NONCE_LENGTH = { min: 8, max: 128 }
/** CAIP-2: a reference has at most 32 characters; Solana's line may hold a whole chain id, at most 41. */
const CHAIN_ID_LENGTH = { eip155: 32, solana: 41 }

/** Reads a sign-in text as CAIP-122 (ERC-4361 and its Solana twin) or refuses it; whether it is *wanted*, `bind` decides. */
export type ParseSignInMessage = (text: string, leniencies: MessageLeniencies) => SignInMessage

/**
 * The one parser for the texts of these chains: one pass, linear, no backtracking. Strict unless a leniency says
 * otherwise; fields come in order and once, and nothing unknown is skipped over.
 *
 * @throws {AuthError} message_malformed, with a reason of `MESSAGE_REFUSALS`
 */
export function createSignInMessageParser(chains: readonly Chain[]): ParseSignInMessage {
  const headers = chains.map((chain) => ({ chain, tail: ` wants you to sign in with your ${chain.name} account:` }))

  return (text, leniencies) => {
    if (text.length > MAX_MESSAGE_LENGTH) refuse('too_long')
    // With the u flag only a surrogate without its pair matches: such a text has no UTF-8 to sign.
    if (/\p{Surrogate}/u.test(text)) refuse('ill_formed_text')
    const lines = new LineCursor(text, leniencies)

    const header = lines.current ?? ''
    const { chain, tail } = headers.find((candidate) => header.endsWith(candidate.tail)) ?? refuse('header_malformed')
    const { scheme, domain } = parseOrigin(header.slice(0, -tail.length))
    lines.advance()
    const address = parseAddress(lines, chain, leniencies)
    const statement = parseStatement(lines, leniencies)
    const uri = lines.take('URI: ') ?? refuse('uri_missing')
    if (!isUri(uri)) refuse('uri_malformed')
    const version = lines.take('Version: ') ?? refuse('version_missing')
    if (version !== '1' && !(leniencies.anyNonceAndVersion && isOneLine(version))) refuse('version_unsupported')
    const chainId = parseChainId(lines, chain)
    const nonce = lines.take('Nonce: ') ?? refuse('nonce_missing')
    if (!(leniencies.anyNonceAndVersion ? isOneLine(nonce) : isNonce(nonce))) refuse('nonce_malformed')
    const issuedAt = lines.take('Issued At: ') ?? refuse('issued_at_missing')
    if (parseTimestamp(issuedAt) === null) refuse('issued_at_malformed')
    const expirationTime = lines.take('Expiration Time: ')
    if (expirationTime !== null && parseTimestamp(expirationTime) === null) refuse('expiration_time_malformed')
    const notBefore = lines.take('Not Before: ')
    if (notBefore !== null && parseTimestamp(notBefore) === null) refuse('not_before_malformed')
    const requestId = lines.take('Request ID: ')
    if (requestId !== null && !isAllEncodedClass(requestId, PCHAR)) refuse('request_id_malformed')
    const resources = parseResources(lines)
    // Also an unknown line, a field out of order, and a field for the second time.
    if (lines.current !== null) refuse('trailing_content')

    return {
      namespace: chain.namespace,
      scheme,
      domain,
      address,
      statement,
      uri,
      version,
      chainId,
      nonce,
      issuedAt,
      expirationTime,
      notBefore,
      requestId,
      resources,
    }
  }
}

function parseOrigin(origin: string): { scheme: string | null; domain: string } {
  // No authority contains "://", so the first one ends a scheme.
  const separator = origin.indexOf('://')
  const scheme = separator === -1 ? null : origin.slice(0, separator)
  if (scheme !== null && !isScheme(scheme)) refuse('scheme_malformed')
  const domain = scheme === null ? origin : origin.slice(separator + 3)
  if (domain === '' || !isAuthority(domain)) refuse('domain_malformed')
  return { scheme, domain }
}

function parseAddress(lines: LineCursor, chain: Chain, leniencies: MessageLeniencies): string {
  const line = lines.current ?? ''
  const canonical = chain.parseAddress(line)
  // The same characters but for their case: a chain may know shorter spellings, a sign-in message has none.
  if (canonical === null || canonical.length !== line.length) refuse('address_malformed')
  // EIP-55.
  if (!leniencies.anyAddressCase && !chain.isCanonicalSpelling(line)) refuse('address_malformed')
  lines.advance()
  return line
}

/** ERC-4361: a blank line, then the statement and its line end if there is one, then a blank line. */
function parseStatement(lines: LineCursor, leniencies: MessageLeniencies): string | null {
  if (lines.current !== '') refuse('blank_line_missing')
  lines.advance()
  const line = lines.current
  const isFollowedByBlank = lines.following() === ''
  if (line === '' && !isFollowedByBlank) {
    lines.advance()
    return null
  }
  if (line === null || !isFollowedByBlank) {
    // Solana's builder leaves out the statement together with its blank line; the URI is then what stands here.
    if (leniencies.singleBlankLine && line?.startsWith('URI: ')) return null
    refuse('statement_malformed')
  }
  if (!(leniencies.anyStatementText ? isPrintable(line) : isAllOfClass(line, STATEMENT))) refuse('statement_malformed')
  lines.advance()
  lines.advance()
  return line
}

function parseChainId(lines: LineCursor, chain: Chain): string | null {
  const chainId = lines.take('Chain ID: ')
  if (chain.namespace === 'solana') {
    if (chainId !== null && (chainId.length > CHAIN_ID_LENGTH.solana || !isPrintableAscii(chainId))) {
      refuse('chain_id_malformed')
    }
    return chainId
  }
  if (chainId === null) refuse('chain_id_missing')
  // No leading zeros: one chain, one spelling (CAIP-2), so that comparing texts compares chains.
  const isDecimal = chainId !== '' && isAllOfClass(chainId, DIGIT) && (chainId[0] !== '0' || chainId === '0')
  if (!isDecimal || chainId.length > CHAIN_ID_LENGTH.eip155) refuse('chain_id_malformed')
  return chainId
}

function parseResources(lines: LineCursor): string[] | null {
  if (lines.current !== 'Resources:') return null
  lines.advance()
  const resources: string[] = []
  for (let resource = lines.take('- '); resource !== null; resource = lines.take('- ')) {
    if (!isUri(resource)) refuse('resource_malformed')
    resources.push(resource)
  }
  return resources
}

function isNonce(text: string): boolean {
  return text.length >= NONCE_LENGTH.min && text.length <= NONCE_LENGTH.max && isAllOfClass(text, ALPHANUMERIC)
}

/** A line holds no line feed; a carriage return left in it would still show as a line break. */
function isOneLine(text: string): boolean {
  return !text.includes('\r')
}

/** No control characters (C0, DEL, C1), and no line or paragraph separator, which would show as a line break. */
function isPrintable(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029) return false
  }
  return true
}

function isPrintableAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code > 0x7e) return false
  }
  return text !== ''
}
