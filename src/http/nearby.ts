import { BlockList, isIP } from 'node:net'

const NEARBY = new BlockList()
NEARBY.addSubnet('127.0.0.0', 8)
NEARBY.addSubnet('10.0.0.0', 8) // RFC 1918
NEARBY.addSubnet('172.16.0.0', 12)
NEARBY.addSubnet('192.168.0.0', 16)
NEARBY.addSubnet('169.254.0.0', 16) // RFC 3927
NEARBY.addSubnet('100.64.0.0', 10) // RFC 6598: private overlay networks
NEARBY.addAddress('::1', 'ipv6')
NEARBY.addSubnet('fc00::', 7, 'ipv6') // RFC 4193
NEARBY.addSubnet('fe80::', 10, 'ipv6')

/** Names that nobody can register: RFC 6761, RFC 6762, RFC 8375, and `internal`, which ICANN set aside. */
const NEARBY_NAME = /^(?:[a-z0-9_-]+|.+\.(?:localhost|local|test|internal|home\.arpa))$/

/** Is it an address of this machine or of a private network? */
export function isNearbyAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  const family = isIP(plain)
  return family !== 0 && NEARBY.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Does this host name, as in a URL, mean a machine nearby? Not a name in the public DNS: one of those can be pointed at this
 * machine by a page that wants to read its answers (DNS rebinding).
 */
export function isNearbyHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? NEARBY_NAME.test(host) : isNearbyAddress(host)
}
