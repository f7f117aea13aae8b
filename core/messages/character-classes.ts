/*
 * RFC 5234 and RFC 3986 character classes as one table of bits. A class is a sum of bits; a run of a class is found in one
 * pass without backtracking.
 */
export const ALPHA = 1
export const DIGIT = 2
export const HEX_DIGIT = 4
/** `-` `.` `_` `~` */
const MARK = 8
/** RFC 3986 §2.2 sub-delims. */
const SUB_DELIM = 16
const COLON = 32
const AT = 64
/** `/` `?` */
const SLASH = 128
/** `#` `[` `]` */
const BRACKET = 256
const SPACE = 512
/** `+` `-` `.` */
const SCHEME_MARK = 1024

export const ALPHANUMERIC = ALPHA | DIGIT
export const SCHEME = ALPHANUMERIC | SCHEME_MARK
export const REG_NAME = ALPHANUMERIC | MARK | SUB_DELIM
export const USERINFO = REG_NAME | COLON
export const PCHAR = USERINFO | AT
/** pchar, `/` and `?`: RFC 3986 query and fragment. */
export const QUERY = PCHAR | SLASH
/** ERC-4361 statement: reserved, unreserved and space. */
export const STATEMENT = QUERY | BRACKET | SPACE

const CLASS_OF = new Uint16Array(128)

function mark(characters: string, bit: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i)
    CLASS_OF[code] = (CLASS_OF[code] ?? 0) | bit
  }
}
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', ALPHA)
mark('0123456789', DIGIT)
mark('0123456789ABCDEFabcdef', HEX_DIGIT)
mark('-._~', MARK)
mark("!$&'()*+,;=", SUB_DELIM)
mark(':', COLON)
mark('@', AT)
mark('/?', SLASH)
mark('#[]', BRACKET)
mark(' ', SPACE)
mark('+-.', SCHEME_MARK)

/** Is the character at `index` of this class? False past the end and outside ASCII. */
export function isOfClass(text: string, index: number, mask: number): boolean {
  // charCodeAt past the end is NaN, which no table index is.
  return ((CLASS_OF[text.charCodeAt(index)] ?? 0) & mask) !== 0
}

/** The index of the first character at or after `from` that is not of this class. */
export function skip(text: string, from: number, mask: number): number {
  let index = from
  while (isOfClass(text, index, mask)) index++
  return index
}

/** As `skip`, and also over `%` followed by two hex digits (RFC 3986 §2.1). */
export function skipEncoded(text: string, from: number, mask: number): number {
  let index = skip(text, from, mask)
  while (
    text.charCodeAt(index) === 0x25 &&
    isOfClass(text, index + 1, HEX_DIGIT) &&
    isOfClass(text, index + 2, HEX_DIGIT)
  ) {
    index = skip(text, index + 3, mask)
  }
  return index
}

/** Is the whole text of this class? True for the empty text. */
export function isAllOfClass(text: string, mask: number): boolean {
  return skip(text, 0, mask) === text.length
}

/** As `isAllOfClass`, percent-encodings allowed. */
export function isAllEncodedClass(text: string, mask: number): boolean {
  return skipEncoded(text, 0, mask) === text.length
}
