import { isAllOfClass, STATEMENT } from '../../../core/messages/character-classes.ts'
import { isAuthority, isUri } from '../../../core/messages/uri.ts'
import { accept, kindOf, matching, type Reader, refuse, wholeNumber } from './reader.ts'

const MAX_LENGTH = 1000
const DAY = 86_400

/** RFC 3986 authority with a host: what stands in the header of a sign-in message. */
export const siweDomain: Reader<string> = (text) =>
  text.length <= MAX_LENGTH && /[^@:]/.test(text.slice(text.indexOf('@') + 1)[0] ?? '') && isAuthority(text)
    ? accept(text)
    : refuse(
        `is ${kindOf(text)}, not an RFC 3986 authority`,
        'Write the host, and the port if there is one: app.example.com',
      )

/** RFC 3986 URI with its scheme. It is compared as text, so nothing is normalised. */
export const siweUri: Reader<string> = (text) =>
  text.length <= MAX_LENGTH && isUri(text) && !text.endsWith(':')
    ? accept(text)
    : refuse(`is ${kindOf(text)}, not an absolute RFC 3986 URI`, 'Write it in full: https://app.example.com')

/**
 * ERC-4361 statement: RFC 3986 reserved and unreserved characters and spaces, on one line. Never blank, because 4mica's
 * TypeScript SDK refuses a blank one; no outer space, because clients sign the text as it is and servers trim it.
 */
export const siweStatement: Reader<string> = (text) => {
  const remedy = "Write one line of letters, digits, spaces and -._~:/?#[]@!$&'()*+,;="
  if (text.trim() === '') return refuse('is blank', remedy)
  if (/[\r\n]/.test(text)) return refuse('has more than one line', remedy)
  if (text !== text.trim()) return refuse('begins or ends with a space', remedy)
  if (text.length > MAX_LENGTH) return refuse(`has more than ${MAX_LENGTH} characters`, remedy)
  if (!isAllOfClass(text, STATEMENT))
    return refuse('has a character that ERC-4361 does not allow in a statement', remedy)
  // A lenient parser takes a first line that begins so for the field.
  if (text.startsWith('URI:')) return refuse('begins like another field of the message', remedy)
  return accept(text)
}

/** `iss` or `aud`: printable ASCII, compared exactly by the resource server. */
export const jwtName: Reader<string> = matching(
  /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/,
  'a printable name',
  'Set the name the resource server expects',
)

export const chainNumber: Reader<number> = wholeNumber(1, Number.MAX_SAFE_INTEGER)
export const nonceTtl: Reader<number> = wholeNumber(1, DAY)
/** A day at most: a 4mica access token cannot be revoked. */
export const accessTtl: Reader<number> = wholeNumber(1, DAY)
export const refreshTtl: Reader<number> = wholeNumber(1, 366 * DAY)

/** A `Host` header: host and, if it is not the scheme's own, port; in lower case. */
export const requestHost: Reader<string> = (text) => {
  const reading = siweDomain(text)
  return reading.ok && !text.includes('@')
    ? accept(text.toLowerCase())
    : refuse(`is ${kindOf(text)}, not a host`, 'Write auth.example.com or auth.example.com:8443')
}
