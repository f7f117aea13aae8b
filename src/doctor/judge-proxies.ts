import { createProxyList } from '../limits/caller-address.ts'
import { type Finding, fail, ok, unknown, warn } from './finding.ts'
import type { ProbeAnswer } from './send-probe.ts'

/** What a server of ours saw of our request. */
export type Sighting = Extract<ProbeAnswer, { from: 'us' }>

/**
 * Whose address a request through PUBLIC_URL counts for. We send no `X-Forwarded-For` of our own in the first one, so whatever the
 * server saw of it the proxies wrote, the outermost first: that entry is our own address, and must be who the request counts for.
 *
 * @param isClaimBelieved whether an address that we made up counts
 */
export function judgeProxies(plain: Sighting, isClaimBelieved: boolean, trustedProxies: readonly string[]): Finding {
  const { sight, isDirect } = plain
  const { peer, isTrusted, forwardedFor, caller } = sight
  const isProxy = createProxyList(trustedProxies)
  if (forwardedFor === null && isDirect) {
    return trustedProxies.length === 0
      ? ok('public.proxies', 'none in front, as far as can be seen from here')
      : unknown('public.proxies', 'From here the server is reached without a proxy: look from outside')
  }
  // Where we are a trusted address ourselves, what we say of others is believed with reason.
  if (isClaimBelieved && (forwardedFor === null || !isProxy(caller))) {
    return fail('public.proxies', 'An X-Forwarded-For that we made up was believed: callers choose their addresses')
  }
  if (forwardedFor === null && isTrusted) {
    return fail('public.proxies', `The proxy ${peer.address} sends no X-Forwarded-For: all its callers count as one`)
  }
  if (forwardedFor === null) {
    // A proxy that says nothing and a router that rewrites addresses look alike.
    return warn(
      'public.proxies',
      `Requests arrive from ${peer.address} without X-Forwarded-For: behind a proxy, all its callers count as one`,
    )
  }
  if (!isTrusted) {
    return fail(
      'public.proxies',
      `X-Forwarded-For comes from ${peer.address}, which TRUSTED_PROXIES does not name: all its callers count as one`,
    )
  }
  const [outermost] = forwardedFor
  if (caller !== outermost && !isProxy(caller)) {
    return fail(
      'public.proxies',
      `${caller} is a proxy too, and TRUSTED_PROXIES does not name it: all its callers count as one`,
    )
  }
  if (isProxy(caller)) {
    return unknown('public.proxies', 'We ourselves are at an address that TRUSTED_PROXIES names: look from outside')
  }
  return ok('public.proxies', `${forwardedFor.length} in front, and each caller counts for itself`)
}
