import type { StoreMeter } from './meters.ts'
import { type Family, type Sample, Timings } from './timings.ts'

/** Seconds. A command is given up after two. */
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2]

const DURATIONS = 'walletgate_store_operation_duration_seconds'
const FAILURES = 'walletgate_store_failures_total'

/** Counts what stores do in this process: by operation how long, and by reason how often they could not. */
export function countStoreActs(): { readonly meter: StoreMeter; readonly families: readonly Family[] } {
  const timings = new Map<string, Timings>()
  const failures = new Map<string, Map<string, number>>()
  return {
    meter: {
      of(operation) {
        const own = timings.get(operation) ?? new Timings(BOUNDS)
        timings.set(operation, own)
        return {
          acted: (seconds) => own.observe(seconds),
          failed(seconds, reason) {
            own.observe(seconds)
            const reasons = failures.get(operation) ?? new Map<string, number>()
            failures.set(operation, reasons.set(reason, (reasons.get(reason) ?? 0) + 1))
          },
        }
      },
    },
    families: [
      {
        name: DURATIONS,
        help: 'How long the store took, failures included.',
        type: 'histogram',
        samples: () => [...timings].flatMap(([operation, own]) => own.samples(DURATIONS, { operation })),
      },
      {
        name: FAILURES,
        help: 'Store operations that failed, by reason: an outage of the store, or a defect (crashed).',
        type: 'counter',
        samples: () =>
          [...failures].flatMap(([operation, reasons]) =>
            [...reasons].map(([reason, value]): Sample => ({ labels: { operation, reason }, value })),
          ),
      },
    ],
  }
}
