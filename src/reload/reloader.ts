import type { Clock } from '../../core/ports.ts'
import type { ReloadedConfig } from '../config/reload-config.ts'
import type { Settings } from '../config/settings.ts'
import type { ReloadCounts, ReloadOutcome } from './reload-counts.ts'
import type { ReloadReport } from './report-reloads.ts'

export interface ReloaderParts {
  /** What the process runs with. */
  readonly settings: Settings
  /** Reads and checks the configuration anew. Throws with every fault. */
  read(running: Settings): ReloadedConfig
  /** Puts it into force, all of it; rejects when it cannot, and then nothing of it is. */
  apply(reloaded: ReloadedConfig): Promise<void>
  readonly report: ReloadReport
  readonly clock: Clock
}

/** Reads the configuration again whenever it is asked to, once at a time. */
export interface Reloader extends ReloadCounts {
  /** Never throws. Asked while it is at it, it reads once more afterwards: the file may have changed since it looked. */
  request(): void
  /** Nothing is put into force any more. Resolves when nothing is under way. */
  stop(): Promise<void>
}

export function createReloader({ settings, read, apply, report, clock }: ReloaderParts): Reloader {
  const outcomes: Record<ReloadOutcome, number> = { applied: 0, unchanged: 0, refused: 0, failed: 0 }
  let running = settings
  let lastSuccessAt = clock.now()
  let isLastInForce = true
  let isWanted = false
  let isStopped = false
  let round: Promise<void> | null = null

  /** Null: the process stops, so that nobody will know of it. */
  async function reload(): Promise<ReloadOutcome | null> {
    let reloaded: ReloadedConfig
    try {
      reloaded = read(running)
    } catch (error) {
      report.refused(error)
      return 'refused'
    }
    try {
      if (reloaded.isChanged) await apply(reloaded)
    } catch (error) {
      if (!isStopped) report.failed(error)
      return isStopped ? null : 'failed'
    }
    if (isStopped) return null
    report.applied(reloaded, running)
    running = reloaded.settings
    return reloaded.isChanged ? 'applied' : 'unchanged'
  }

  async function reloadWhileWanted(): Promise<void> {
    while (isWanted && !isStopped) {
      isWanted = false
      const outcome = await reload()
      if (outcome === null) {
        report.stopping()
        break
      }
      outcomes[outcome] += 1
      isLastInForce = outcome === 'applied' || outcome === 'unchanged'
      if (isLastInForce) lastSuccessAt = clock.now()
    }
    // In the same turn as the last look: a request that comes next begins another round.
    round = null
  }

  return {
    outcomes,
    get isLastInForce() {
      return isLastInForce
    },
    get lastSuccessAt() {
      return lastSuccessAt
    },
    request() {
      if (isStopped) return report.stopping()
      isWanted = true
      round ??= reloadWhileWanted()
    },
    async stop() {
      isStopped = true
      await round
    },
  }
}
