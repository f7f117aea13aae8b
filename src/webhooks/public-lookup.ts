import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address.ts'

/** A refusal of ours, before a byte was sent. */
export class AddressRefused extends Error {}

/** Is the host of a URL an address that is not public? Such a literal is never looked up, so it is judged before. */
export function isPrivateLiteral(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '')
  return isIP(literal) !== 0 && !isPublicAddress(literal)
}

/** Looks a name up. All its addresses must be public: which one is tried first is not ours to choose. */
export const lookupPublic: LookupFunction = (hostname, { family, hints }, done) => {
  const wanted = { all: true, verbatim: true, family: family ?? 0, ...(hints === undefined ? {} : { hints }) } as const
  lookup(hostname, wanted, (error, addresses: LookupAddress[]) => {
    if (error !== null) done(error, [])
    else if (addresses.some(({ address }) => !isPublicAddress(address))) done(new AddressRefused(), [])
    else done(null, addresses)
  })
}
