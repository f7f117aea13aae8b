import { matching, type Reader, wholeNumber } from './reader.ts'

const DAY = 86_400

/**
 * The RP id of passkeys (WebAuthn §5.1.2): a domain name, in lower case and without a port; an IP address is none. Passkeys are bound
 * to it for good.
 */
export const relyingPartyId: Reader<string> = matching(
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  'a domain name in lower case',
  'Write the domain that the pages share, without port: example.com',
)

/** A quarter of an hour at least: iOS clients refresh before each call when five minutes are left (WalletKit digest §3.6). */
export const accessTtl: Reader<number> = wholeNumber(900, DAY)
export const refreshTtl: Reader<number> = wholeNumber(3600, 366 * DAY)
