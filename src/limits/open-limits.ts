import { createHmac, createSecretKey, hkdfSync } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'
import type { WindowStore } from '../../core/stores/window-store.ts'
import type { ServerSettings } from '../config/settings.ts'
import { createLimiter, type Limiter } from './limiter.ts'
import { WindowCounts } from './window-counts.ts'

const NAMING = 'walletgate/limits/name/v1'

export interface LimitsPorts {
  readonly clock: Clock
  /** Null: there are no other replicas. */
  readonly windows: WindowStore | null
  /** Newest first. The store learns nobody's address or account: counts are named by an HMAC under the newest. */
  readonly secrets: readonly Uint8Array[]
  readonly report: (error: unknown) => void
}

/** Limits over one set of counts: a function from what the settings say to them, or to null when they are off. */
export function openLimits({
  clock,
  windows,
  secrets,
  report,
}: LimitsPorts): (rateLimits: ServerSettings['rateLimits']) => Limiter | null {
  const [newest] = secrets
  if (newest === undefined) throw new RangeError('naming counts takes a secret')
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', newest, '', NAMING, 32)))
  const nameOf = (id: string) => createHmac('sha256', key).update(id).digest('base64url')
  const counts = new WindowCounts({ clock, store: windows, nameOf, report })
  return (rateLimits) => (rateLimits === 'off' ? null : createLimiter(counts, rateLimits === 'on' ? 1 : rateLimits))
}
