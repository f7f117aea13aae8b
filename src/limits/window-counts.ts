import type { Clock } from '../../core/ports.ts'
import type { WindowCount, WindowStore } from '../../core/stores/window-store.ts'
import { RecentMap } from './recent-map.ts'

/** How many points in so many seconds, from the first of them. */
export interface Window {
  readonly points: number
  readonly seconds: number
  /** Every point is told to the other replicas, and their answer awaited, before it is granted. */
  readonly isExact: boolean
}

interface Count {
  readonly id: string
  /** All points that are known of: those of the last answer from the store, and ours since. */
  points: number
  /** Ours that the store does not know of. */
  untold: number
  isTelling: boolean
  endsAt: number
}

export interface WindowCountsPorts {
  readonly clock: Clock
  /** Null: there are no other replicas. */
  readonly store: WindowStore | null
  /** What the store may know of a count's id: it says whose address or account it is. */
  readonly nameOf: (id: string) => string
  /** Told when the store fails, once for each outage. */
  readonly report: (error: unknown) => void
}

/** How many counts a process keeps, about 250 bytes each: what an attacker with many addresses can fill. */
const CAPACITY = 50_000
/** A replica keeps back at most this share of a window's points, so that few requests cost a command. */
const UNTOLD_SHARE = 1 / 200
/** How long a store may hold up a request, milliseconds; it then counts alone. */
const ANSWER_LIMIT_MS = 500
/** How long a store that failed is left alone, milliseconds. */
const PAUSE_MS = 1_000

/**
 * Counts points in windows, in this process at once and with the other replicas through the store. A store that is down is no
 * reason to refuse or to wait: each replica then counts by itself.
 *
 * What is granted beyond a window's points, in all replicas together: nothing where the window is exact; otherwise what each
 * replica keeps back, and what it grants while an answer is on its way.
 */
export class WindowCounts {
  readonly #ports: WindowCountsPorts
  readonly #counts: RecentMap<Count>
  #pausedUntil = 0
  #hasFailed = false

  constructor(ports: WindowCountsPorts, capacity: number = CAPACITY) {
    this.#ports = ports
    this.#counts = new RecentMap(capacity)
  }

  /** How many counts are kept. */
  get size(): number {
    return this.#counts.size
  }

  /** Takes points from this window: 0 when they are granted, else how long until it ends, milliseconds. */
  take(id: string, window: Window, points = 1): number | Promise<number> {
    const now = this.#ports.clock.now().getTime()
    const count = this.#find(id, window, now)
    // Also where every point is awaited: what is known can only have grown meanwhile.
    if (count.points + points > window.points) return count.endsAt - now
    count.points += points
    const { store } = this.#ports
    if (store === null) return 0
    if (window.isExact) return this.#takeExactly(store, count, window, points, now)
    count.untold += points
    if (!count.isTelling && count.untold >= window.points * UNTOLD_SHARE) void this.#tell(store, count, window, now)
    return 0
  }

  #find(id: string, { seconds }: Window, now: number): Count {
    const known = this.#counts.get(id)
    // A window that would end later than a whole one from now is of a clock that was set back.
    if (known !== undefined && known.endsAt > now && known.endsAt - now <= seconds * 1000) return known
    const count = { id, points: 0, untold: 0, isTelling: false, endsAt: now + seconds * 1000 }
    this.#counts.set(id, count)
    return count
  }

  async #takeExactly(
    store: WindowStore,
    count: Count,
    window: Window,
    points: number,
    askedAt: number,
  ): Promise<number> {
    const answer = await this.#ask(store, count, points, window)
    if (answer === null) return 0
    count.points = Math.max(count.points, answer.points)
    // From when it was asked: rather a little early, when the store is asked again, than late.
    count.endsAt = askedAt + answer.msLeft
    return answer.points > window.points ? answer.msLeft : 0
  }

  async #tell(store: WindowStore, count: Count, window: Window, askedAt: number): Promise<void> {
    const points = count.untold
    count.untold = 0
    count.isTelling = true
    const answer = await this.#ask(store, count, points, window)
    count.isTelling = false
    if (answer === null) count.untold += points
    else {
      count.points = answer.points + count.untold
      count.endsAt = askedAt + answer.msLeft
    }
  }

  /** What the store says, or null when it says nothing in time. Never throws. */
  async #ask(store: WindowStore, { id }: Count, points: number, { seconds }: Window): Promise<WindowCount | null> {
    if (performance.now() < this.#pausedUntil) return null
    try {
      const answer = await inTime(store.add(this.#ports.nameOf(id), points, seconds))
      this.#hasFailed = false
      return answer
    } catch (error) {
      this.#pausedUntil = performance.now() + PAUSE_MS
      if (!this.#hasFailed) this.#ports.report(error)
      this.#hasFailed = true
      return null
    }
  }
}

function inTime(answer: Promise<WindowCount>): Promise<WindowCount> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error('the shared counts did not answer in time')),
      ANSWER_LIMIT_MS,
    ).unref()
    answer.then(resolve, reject).finally(() => clearTimeout(limit))
  })
}
