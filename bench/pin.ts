import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Core 0 is for what is measured. */
const MEASURED_CORE = ['taskset', '-c', '0'] as const

let prefix: readonly string[] = []

/**
 * From now on what is measured has core 0 to itself, and this process and what else it starts keep off it: where this is Linux with
 * `taskset` and more than one core, and else it changes nothing.
 */
export function setMeasuredCoreApart(): void {
  if (process.platform !== 'linux' || availableParallelism() < 2) return
  try {
    const others = `1-${availableParallelism() - 1}`
    execFileSync('taskset', ['-a', '-c', '-p', others, String(process.pid)], { stdio: 'ignore' })
    prefix = MEASURED_CORE
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** What to write before the command of what is measured. */
export function measuredCore(): readonly string[] {
  return prefix
}
