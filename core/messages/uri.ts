import {
  ALPHA,
  DIGIT,
  HEX_DIGIT,
  isAllEncodedClass,
  isAllOfClass,
  isOfClass,
  PCHAR,
  QUERY,
  REG_NAME,
  SCHEME,
  skip,
  skipEncoded,
  USERINFO,
} from './character-classes.ts'

/** Is the text an RFC 3986 §3.1 scheme? */
export function isScheme(text: string): boolean {
  return isOfClass(text, 0, ALPHA) && isAllOfClass(text, SCHEME)
}

/** Is the text an RFC 3986 §3 URI (absolute, with its scheme)? Linear in its length; nothing is normalised. */
export function isUri(text: string): boolean {
  const colon = text.indexOf(':')
  if (colon === -1 || !isScheme(text.slice(0, colon))) return false
  let index = colon + 1
  if (text.startsWith('//', index)) {
    const authority = index + 2
    index = authority
    // RFC 3986 §3.2: the authority ends at the next "/", "?" or "#", or with the text.
    while (index < text.length && !isAuthorityEnd(text.charCodeAt(index))) index++
    if (!isAuthority(text.slice(authority, index))) return false
  }
  index = skipPath(text, index)
  if (text[index] === '?') index = skipEncoded(text, index + 1, QUERY)
  if (text[index] === '#') index = skipEncoded(text, index + 1, QUERY)
  return index === text.length
}

function isAuthorityEnd(code: number): boolean {
  return code === 0x2f || code === 0x3f || code === 0x23
}

/** Over pchars and slashes. Which of RFC 3986's path forms it is, the characters before it have already decided. */
function skipPath(text: string, from: number): number {
  let index = skipEncoded(text, from, PCHAR)
  while (text.charCodeAt(index) === 0x2f) index = skipEncoded(text, index + 1, PCHAR)
  return index
}

/** Is the text an RFC 3986 §3.2 authority? The empty text is one: a caller that needs a host must say so. */
export function isAuthority(text: string): boolean {
  // Neither userinfo nor host can contain "@": the first one separates them, and a second one is refused below.
  const at = text.indexOf('@')
  if (at !== -1 && !isAllEncodedClass(text.slice(0, at), USERINFO)) return false
  let index = at + 1
  if (text[index] === '[') {
    const close = text.indexOf(']', index)
    if (close === -1 || !isIpLiteral(text.slice(index + 1, close))) return false
    index = close + 1
  } else {
    // Every IPv4address is a reg-name too.
    index = skipEncoded(text, index, REG_NAME)
  }
  if (text[index] === ':') index = skip(text, index + 1, DIGIT)
  return index === text.length
}

function isIpLiteral(text: string): boolean {
  return text[0] === 'v' || text[0] === 'V' ? isIpvFuture(text) : isIpv6(text)
}

function isIpvFuture(text: string): boolean {
  const dot = skip(text, 1, HEX_DIGIT)
  return dot > 1 && text[dot] === '.' && dot + 1 < text.length && skip(text, dot + 1, USERINFO) === text.length
}

/** RFC 3986 IPv6address: eight groups, or fewer with one `::`; the last two may be written as an IPv4 address. */
function isIpv6(text: string): boolean {
  let groups = 0
  let isCompressed = text.startsWith('::')
  let index = isCompressed ? 2 : 0
  while (index < text.length) {
    const end = skip(text, index, HEX_DIGIT)
    if (text[end] === '.') {
      return (isCompressed ? groups <= 5 : groups === 6) && isIpv4(text.slice(index))
    }
    if (end === index || end - index > 4) return false
    groups++
    index = end
    if (index === text.length) break
    if (text[index] !== ':') return false
    index++
    if (text[index] === ':') {
      if (isCompressed) return false
      isCompressed = true
      index++
    } else if (index === text.length) {
      return false
    }
  }
  return isCompressed ? groups <= 7 : groups === 8
}

/** RFC 3986 dec-octet: no leading zeros, because some resolvers read them as octal. */
function isIpv4(text: string): boolean {
  let index = 0
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && text[index++] !== '.') return false
    const end = skip(text, index, DIGIT)
    const length = end - index
    if (length < 1 || length > 3 || (length > 1 && text[index] === '0')) return false
    if (Number(text.slice(index, end)) > 255) return false
    index = end
  }
  return index === text.length
}
