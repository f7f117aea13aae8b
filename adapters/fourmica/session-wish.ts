import type { RotationPolicy, SessionWish } from '../../core/index.ts'
import type { FourMicaTenant } from './tenants.ts'

/** Exactly one winner, no grace: the vendor's rule (4mica digest §3.3). Its clients recover from a 401 by themselves. */
export const ROTATION: RotationPolicy = { graceSeconds: 0, maxLiveTokens: 1 }

/** The session that every sign-in asks for. */
export function wishOf({ refreshTtlSeconds }: FourMicaTenant): Extract<SessionWish, { kind: 'refreshable' }> {
  return { kind: 'refreshable', ttlSeconds: refreshTtlSeconds, device: null }
}
