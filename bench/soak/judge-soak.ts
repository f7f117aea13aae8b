import { median, slope } from '../statistics.ts'
import type { SoakBounds } from './plan.ts'
import type { Finding, Soak, SoakSample } from './results.ts'

/** The first quarter of a soak is for warming up: pools fill, code is compiled, short-lived things reach their number. */
const WARM_UP_SHARE = 0.25

type Watched = Pick<Soak, 'samples' | 'heapBytes'> & {
  readonly held: number
  readonly journeys: number
}

/** The samples that rules look at. */
export function watchedSamples(samples: readonly SoakSample[]): readonly SoakSample[] {
  return samples.slice(Math.floor(samples.length * WARM_UP_SHARE))
}

/** Whether a soak left everything as it was: the rules, and what was measured of each. */
export function judgeSoak({ samples, heapBytes, held, journeys }: Watched, bounds: SoakBounds): Finding[] {
  const watched = watchedSamples(samples)
  const third = Math.floor(watched.length / 3)
  const [first, last] = [watched.slice(0, third), watched.slice(-third)]
  const rss = watched.map(({ rssBytes }) => rssBytes)
  const seconds = (watched.at(-1)?.second ?? 0) - (watched[0]?.second ?? 0)
  const rise = slope(watched.map(({ second, rssBytes }) => ({ x: second, y: rssBytes }))) * seconds
  const usual = (of: readonly SoakSample[], read: (sample: SoakSample) => number | null) =>
    median(of.map(read).filter((value) => value !== null))
  const growth = (read: (sample: SoakSample) => number | null) => usual(last, read) - usual(first, read)
  const p99 = (of: readonly SoakSample[]) => usual(of, ({ p99Ms }) => p99Ms)
  const finding = (rule: string, measured: number, limit: number, unit: string): Finding =>
    // Not a number is not kept.
    ({ rule, measured, limit, unit, isKept: measured <= limit })
  const [heapBefore, heapAfter] = heapBytes
  return [
    finding('journeys that could not begin when they were due', (100 * held) / journeys, 100 * bounds.heldShare, '%'),
    finding('memory: rise of the straight line through it', rise / 2 ** 20, bounds.rssRiseBytes / 2 ** 20, 'MiB'),
    finding(
      'memory: between the least and the most',
      (Math.max(...rss) - Math.min(...rss)) / 2 ** 20,
      bounds.rssSpanBytes / 2 ** 20,
      'MiB',
    ),
    finding(
      'heap without garbage: from the beginning to the end',
      (heapAfter - heapBefore) / 2 ** 20,
      bounds.heapRiseBytes / 2 ** 20,
      'MiB',
    ),
    finding(
      'open files: last third above first',
      growth(({ files }) => files),
      bounds.files,
      '',
    ),
    finding(
      'handles: last third above first',
      growth(({ handles }) => handles),
      bounds.files,
      '',
    ),
    ...(watched.some(({ keys }) => keys !== null)
      ? [
          finding(
            'keys in Redis: last third above first',
            growth(({ keys }) => keys),
            bounds.keys,
            '',
          ),
        ]
      : []),
    finding(
      'slowest hundredth of answers, last third',
      p99(last),
      p99(first) * bounds.p99Factor + bounds.p99SlackMs,
      'ms',
    ),
  ]
}
