import { randomInt } from 'node:crypto'

/** How long one property is tried: what `fc.assert` takes. */
export interface FuzzBudget {
  readonly numRuns: number
  /** Always told, so that whoever prints it tells how to repeat the run. */
  readonly seed: number
  /** Milliseconds; what has passed by then has passed. */
  readonly interruptAfterTimeLimit?: number
  readonly markInterruptAsFailure?: false
}

/**
 * The one budget of all generated tests. Usually so many runs, from the same seed in every run where one is given. For longer ones:
 * `FUZZ_RUNS=20` makes it twenty times as many, `FUZZ_SECONDS=60` as many as fit into a minute for each property, both from a new seed;
 * `FUZZ_SEED` repeats what a failure has printed.
 */
export function fuzzBudget(usualRuns: number, usualSeed?: number): FuzzBudget {
  const times = numberIn('FUZZ_RUNS') ?? 1
  const seconds = numberIn('FUZZ_SECONDS')
  const isLong = times !== 1 || seconds !== null
  const seed = numberIn('FUZZ_SEED') ?? (isLong || usualSeed === undefined ? randomInt(2 ** 31) : usualSeed)
  if (seconds === null) return { numRuns: usualRuns * times, seed }
  return {
    numRuns: 2 ** 31 - 1,
    seed,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
  }
}

function numberIn(name: 'FUZZ_RUNS' | 'FUZZ_SECONDS' | 'FUZZ_SEED'): number | null {
  const text = process.env[name] ?? ''
  if (text === '') return null
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name}: write a whole number`)
  return value
}
