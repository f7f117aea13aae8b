import { BlockList } from 'node:net'
import { parseAddress } from './address.ts'

/** An honest chain has a few proxies. What is further left is not looked at. */
const MAX_HOPS = 32
/** An address with a port (some balancers append it), and IPv6 in brackets or not. */
const WITH_PORT = /^(?:\[([^\]]{1,64})\]|([\d.]{7,15}))(?::\d{1,5})?$/

/**
 * The address a request comes from: the peer's, or, where the peer is a trusted proxy, what the chain of trusted proxies says of
 * their own peers. `X-Forwarded-For` is read from its right end, to which each proxy appends whom it saw, up to the first address
 * that is no trusted proxy: everything left of it is that caller's own claim. An entry that is no address ends the walk at the proxy
 * that wrote it. `Forwarded` (RFC 7239) is not read: a proxy that sets one of the two and passes on the other would let
 * callers choose.
 *
 * @param peer as `parseAddress` spells it
 */
export function callerAddress(
  peer: string,
  forwardedFor: string | undefined,
  isProxy: (address: string) => boolean,
  parse: (text: string) => string | null = parseAddress,
): string {
  let caller = peer
  let end = forwardedFor?.length ?? 0
  for (let hops = 0; end > 0 && hops < MAX_HOPS && isProxy(caller); hops += 1) {
    const comma = forwardedFor?.lastIndexOf(',', end - 1) ?? -1
    const hop = parse(addressIn(forwardedFor?.slice(comma + 1, end) ?? ''))
    if (hop === null) return caller
    caller = hop
    end = comma
  }
  return caller
}

/** The entry without white space, brackets and port. */
function addressIn(entry: string): string {
  const hop = entry.trim()
  const [, inBrackets, beforePort] = WITH_PORT.exec(hop) ?? []
  return inBrackets ?? beforePort ?? hop
}

/** Whether an address, as `parseAddress` spells it, is in one of these ranges. @param ranges addresses and CIDR ranges */
export function createProxyList(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => false
  const list = new BlockList()
  for (const range of ranges) {
    const [text = '', prefixText] = range.split('/')
    const address = parseAddress(text) ?? text
    const isV4 = !address.includes(':')
    // A range of IPv4-mapped addresses is one of IPv4 addresses.
    const skipped = isV4 && text.includes(':') ? 96 : 0
    const prefix = prefixText === undefined ? (isV4 ? 32 : 128) : Math.max(Number(prefixText) - skipped, 0)
    list.addSubnet(address, prefix, isV4 ? 'ipv4' : 'ipv6')
  }
  return (address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
}
