import { type BenchOptions, readOptions } from './options.ts'
import { setMeasuredCoreApart } from './pin.ts'

/** Begins a benchmark as a command: reads what it was asked for, and has what it starts end with it. */
export function beginRun(script: string, parts: readonly string[] = []): BenchOptions {
  const options = readOptions(script, parts)
  // An exit kills all servers; a signal by itself would leave them.
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  setMeasuredCoreApart()
  return options
}
