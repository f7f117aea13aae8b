import type { Context } from 'hono'
import { FailureError } from '../../adapters/shared/failure.ts'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import { isNearbyAddress, isNearbyHost } from './nearby.ts'

/** Does the request come from a nearby machine, under a name that no stranger's page can have? */
export function isNearby(c: Context<HttpEnv>): boolean {
  const peer = peerOf(c)
  return isNearbyHost(new URL(c.req.url).hostname) && (peer === null || isNearbyAddress(peer))
}

/** For everybody else there is nothing here. @throws {FailureError} `not_found` */
export function requireNearby(c: Context<HttpEnv>): void {
  if (!isNearby(c)) throw new FailureError({ kind: 'not_found' })
}

/** The address at the other end of the socket; null where there is no socket. */
function peerOf(c: Context): string | null {
  const env: { incoming?: { socket?: { remoteAddress?: unknown } } } | undefined = c.env
  const address = env?.incoming?.socket?.remoteAddress
  return typeof address === 'string' ? address : null
}
