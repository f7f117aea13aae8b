import type { RunFacts } from './results.ts'
import { formatTable } from './table.ts'

/** `npm run bench:import`. */
export interface ImportResults {
  readonly run: RunFacts
  readonly users: number
  readonly rows: readonly ImportRow[]
  /** Of Redis, keys included. */
  readonly bytesPerUser: number
}

export interface ImportRow {
  readonly name: string
  readonly seconds: number
  readonly cpuSeconds: number
  /** The most memory of the process. */
  readonly peakBytes: number
  readonly imported: number
  readonly unchanged: number
}

/** What each run of an import took. */
export function importTable({ users, rows }: ImportResults): string {
  return formatTable(
    [['run'], ['seconds', 'CPU seconds', 'users a second', 'most RSS, MB', 'imported', 'unchanged']],
    rows.map(({ name, seconds, cpuSeconds, peakBytes, imported, unchanged }) => [
      name,
      seconds.toFixed(1),
      cpuSeconds.toFixed(1),
      users / seconds,
      peakBytes / 1e6,
      imported,
      unchanged,
    ]),
  )
}
