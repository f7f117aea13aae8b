import type { Operation, RequestMeter } from './meters.ts'
import { type Family, type Sample, Timings } from './timings.ts'

/** Seconds. From a nonce out of memory (under a millisecond) to a wallet that lives in a contract behind a slow RPC. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const REQUESTS = 'walletgate_http_requests_total'
const DURATIONS = 'walletgate_http_request_duration_seconds'

interface Answers {
  readonly status: number
  readonly outcome: string
  count: number
}

interface Counted {
  readonly operation: Operation
  readonly timings: Timings
  /** A handful, the usual one first. */
  readonly answers: Answers[]
}

export interface RequestCount extends RequestMeter {
  inFlight(): number
  readonly families: readonly Family[]
}

/** Counts requests in this process: by operation how long, and by status and outcome how many. */
export function countRequests(): RequestCount {
  const counted = new Map<string, Counted>()
  // A reload makes new objects for the same operations; the old ones may go.
  const byObject = new WeakMap<Operation, Counted>()
  let inFlight = 0

  const countOf = (operation: Operation): Counted => {
    const known = byObject.get(operation)
    if (known !== undefined) return known
    const name = `${operation.dialect} ${operation.operation}`
    const found = counted.get(name) ?? { operation, timings: new Timings(BOUNDS), answers: [] }
    counted.set(name, found)
    byObject.set(operation, found)
    return found
  }
  return {
    begin() {
      inFlight += 1
    },
    end(operation, status, outcome, seconds) {
      inFlight -= 1
      const { timings, answers } = countOf(operation)
      timings.observe(seconds)
      const found = answers.find((each) => each.outcome === outcome && each.status === status)
      if (found === undefined) answers.push({ status, outcome, count: 1 })
      else found.count += 1
    },
    inFlight: () => inFlight,
    families: [
      {
        name: REQUESTS,
        help: 'Requests answered, by dialect, operation, status and outcome (ok, or a stable code).',
        type: 'counter',
        samples: () =>
          [...counted.values()].flatMap(({ operation: { dialect, operation }, answers }) =>
            answers.map(({ status, outcome, count }): Sample => {
              return { labels: { dialect, operation, status, outcome }, value: count }
            }),
          ),
      },
      {
        name: DURATIONS,
        help: 'From the first look at a request to its answer.',
        type: 'histogram',
        samples: () =>
          [...counted.values()].flatMap(({ operation: { dialect, operation }, timings }) =>
            timings.samples(DURATIONS, { dialect, operation }),
          ),
      },
    ],
  }
}
