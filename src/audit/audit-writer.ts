import type { Timer } from '../../core/timer.ts'

/** Where lines end up. */
export interface AuditSink {
  /** As in metrics and logs. */
  readonly name: 'file' | 'stdout' | 'stream'
  /** Appends these lines, in this order. Rejects when they may not all be there; they then come again. */
  append(lines: readonly string[]): Promise<void>
  close(): Promise<void>
}

export type AuditWriterEvent =
  | { readonly kind: 'sink_lost'; readonly error: unknown }
  | { readonly kind: 'sink_back' }
  | { readonly kind: 'facts_lost'; readonly count: number }

/** Totals of this process since it started. */
export interface AuditCounters {
  readonly written: number
  readonly lost: number
  readonly waiting: number
}

/** What is held while a sink does not answer: some 10 MB. What comes beyond is lost, and counted. */
const MAX_WAITING = 10_000
const MAX_BATCH = 256
const RETRY_MS = 1_000
/** How long closing waits for a sink that hangs, milliseconds. */
const CLOSE_LIMIT_MS = 3_000

/**
 * Writes lines to one sink in the background, in order, several at a time when they come fast. A sink that fails is tried again for as
 * long as it takes: sign-ins go on meanwhile, because whoever could fill a disk could else lock everybody out.
 */
export class AuditWriter {
  readonly sink: AuditSink
  readonly #timer: Timer
  readonly #report: (event: AuditWriterEvent) => void
  #waiting: string[] = []
  #written = 0
  #lost = 0
  #lostAndSaid = 0
  #round: Promise<void> | null = null
  #isSinkLost = false
  #isClosing = false
  #wake: () => void = () => {}

  constructor(sink: AuditSink, timer: Timer, report: (event: AuditWriterEvent) => void) {
    this.sink = sink
    this.#timer = timer
    this.#report = report
  }

  write(line: string): void {
    if (this.#waiting.length >= MAX_WAITING || this.#isClosing) {
      this.#lost += 1
      return
    }
    this.#waiting.push(line)
    this.#round ??= this.#drain()
  }

  counters(): AuditCounters {
    return { written: this.#written, lost: this.#lost, waiting: this.#waiting.length }
  }

  /** Writes what waits, if the sink lets it in time. What does not get through is lost, and said. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#wake()
    let cancel = () => {}
    const limit = new Promise<void>((resolve) => {
      cancel = this.#timer.after(CLOSE_LIMIT_MS, resolve)
    })
    await Promise.race([this.#round, limit])
    cancel()
    this.#lost += this.#waiting.length
    this.#waiting = []
    this.#sayWhatIsLost()
    await this.sink.close().catch((error) => this.#report({ kind: 'sink_lost', error }))
  }

  async #drain(): Promise<void> {
    // The lines of this turn of the event loop travel together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH)
      try {
        await this.sink.append(batch)
      } catch (error) {
        this.#noteLost(error)
        if (this.#isClosing) break
        await this.#pause()
        continue
      }
      this.#waiting.splice(0, batch.length)
      this.#written += batch.length
      this.#noteBack()
    }
    // In the same turn as the last look: a line that comes next begins another round.
    this.#round = null
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#timer.after(RETRY_MS, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  #noteLost(error: unknown): void {
    if (this.#isSinkLost) return
    this.#isSinkLost = true
    this.#report({ kind: 'sink_lost', error })
  }

  #noteBack(): void {
    if (!this.#isSinkLost) return
    this.#isSinkLost = false
    this.#report({ kind: 'sink_back' })
    this.#sayWhatIsLost()
  }

  #sayWhatIsLost(): void {
    const count = this.#lost - this.#lostAndSaid
    this.#lostAndSaid = this.#lost
    if (count > 0) this.#report({ kind: 'facts_lost', count })
  }
}
