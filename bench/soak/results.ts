import type { RunFacts } from '../results.ts'
import type { SoakPlan } from './plan.ts'

/** `npm run soak`. */
export interface SoakResults {
  readonly run: RunFacts
  readonly plan: SoakPlan
  readonly soaks: readonly Soak[]
}

export interface Soak {
  readonly store: 'memory' | 'redis'
  /** Journeys a second that the server could do, and that were asked of it. */
  readonly capacity: number
  readonly asked: number
  readonly journeys: number
  readonly requests: number
  readonly samples: readonly SoakSample[]
  /** After garbage collection, at the beginning and at the end of the watched time. */
  readonly heapBytes: readonly [before: number, after: number]
  readonly findings: readonly Finding[]
}

/** One look, and the answers since the last one. */
export interface SoakSample {
  readonly second: number
  readonly rssBytes: number
  readonly files: number
  readonly handles: number
  /** Null without Redis. */
  readonly keys: number | null
  /** Milliseconds; null where no answer came. */
  readonly p99Ms: number | null
}

/** A rule, and whether it was kept. */
export interface Finding {
  readonly rule: string
  readonly limit: number
  readonly measured: number
  readonly unit: string
  readonly isKept: boolean
}
