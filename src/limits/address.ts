import { isIP } from 'node:net'

/** Longer than every address with a zone (RFC 4007 §11.2) that an operating system gives. */
const MAX_LENGTH = 64

/**
 * The address in one spelling, or null for what is none: IPv4 in dots, IPv6 as RFC 5952 §4 writes it. An IPv4-mapped address
 * (RFC 4291 §2.5.5.2) is the IPv4 address; a zone is dropped.
 */
export function parseAddress(text: string): string | null {
  if (text.length > MAX_LENGTH) return null
  const family = isIP(text)
  if (family !== 6) return family === 4 ? text : null
  const groups = groupsOf(text)
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, high = 0, low = 0] = groups
  const isMapped = (g0 | g1 | g2 | g3 | g4) === 0 && g5 === 0xffff
  if (isMapped) return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`
  return shorten(groups.map((group) => group.toString(16)).join(':'))
}

/**
 * Who is counted as one caller: an IPv4 address, or the /64 that a network gives one customer at least (RFC 6177), within which
 * a machine picks addresses as it likes. @param address as `parseAddress` spells it
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0] = groupsOf(address)
  return `${g0.toString(16)}:${g1.toString(16)}:${g2.toString(16)}:${g3.toString(16)}::/64`
}

/** RFC 5952 §4.2: `::` for the longest run of zero groups, the first of several, and for no single group. */
function shorten(groups: string): string {
  const [longest] = (groups.match(/\b0(?::0)+\b/g) ?? []).sort((a, b) => b.length - a.length)
  return longest === undefined ? groups : groups.replace(new RegExp(`:?\\b${longest}\\b:?`), '::')
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(text: string): readonly number[] {
  const [before = '', after] = text.replace(/%.*$/, '').split('::')
  const head = readGroups(before)
  if (after === undefined) return head
  const tail = readGroups(after)
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function readGroups(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
