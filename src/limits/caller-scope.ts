import type { MiddlewareHandler } from 'hono'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import { isNearbyAddress } from '../http/nearby.ts'
import { parseAddress } from './address.ts'
import { callerAddress, createProxyList } from './caller-address.ts'
import { remember } from './recent-map.ts'

/** Stands for a peer whose socket says no address any more, because it has gone: all of them count as one. */
const GONE = '0.0.0.0'
/** How many addresses are kept read, and looked up among the proxies. */
const REMEMBERED = 4_096
/** How often it is asked whether a proxy stands in front of us: it would come soon. */
const LOOKS = 1_000

/**
 * Notes the address every request comes from, the trusted proxies' callers' included; none where there is no socket.
 *
 * @param warn told once when a proxy seems to stand in front of us that nobody said to trust: all its callers then count as one
 */
export function callerScope(trustedProxies: readonly string[], warn: () => void): MiddlewareHandler<HttpEnv> {
  const isProxy = remember(createProxyList(trustedProxies), REMEMBERED)
  const parse = remember(parseAddress, REMEMBERED)
  const hasProxies = trustedProxies.length > 0
  let looksLeft = hasProxies ? 0 : LOOKS
  return (c, next) => {
    const socket = c.env?.incoming?.socket
    if (socket === undefined) return next()
    const peer = parse(socket.remoteAddress ?? '') ?? GONE
    if (hasProxies) {
      c.set('callerAddress', callerAddress(peer, c.req.header('x-forwarded-for'), isProxy, parse))
      return next()
    }
    c.set('callerAddress', peer)
    if (looksLeft > 0 && c.req.header('x-forwarded-for') !== undefined) {
      looksLeft -= 1
      if (isNearbyAddress(peer)) {
        looksLeft = 0
        warn()
      }
    }
    return next()
  }
}
