import type { AuditEvent } from '../../core/audit/audit-trail.ts'
import type { Timer } from '../../core/timer.ts'

type Refusal = Extract<AuditEvent, { event: 'sign_in.refused' }>

/** How long a window is, and how many refusals of one kind are written one by one in it. */
const WINDOW_MS = 10_000
const MAX_SINGLE = 20

interface Window {
  readonly refusal: Refusal
  seen: number
  readonly cancel: () => void
}

/**
 * Keeps whoever is refused a thousand times a second from burying every other fact: of one kind (project, door, factor, code, reason) a
 * few are let through one by one, and the rest is counted and told once, when the window ends.
 */
export class Refusals {
  readonly #windows = new Map<string, Window>()
  readonly #timer: Timer
  readonly #summarise: (refusal: Refusal, count: number) => void

  constructor(timer: Timer, summarise: (refusal: Refusal, count: number) => void) {
    this.#timer = timer
    this.#summarise = summarise
  }

  /** Whether this one is to be written by itself. */
  admits(refusal: Refusal): boolean {
    const { projectId, door, factor, code, reason } = refusal
    const kind = `${projectId}/${door}/${factor}/${code}/${reason}`
    let window = this.#windows.get(kind)
    if (window === undefined) {
      window = { refusal, seen: 0, cancel: this.#timer.after(WINDOW_MS, () => this.#close(kind)) }
      this.#windows.set(kind, window)
    }
    window.seen += 1
    return window.seen <= MAX_SINGLE
  }

  /** Ends every window. */
  flush(): void {
    for (const [kind, { cancel }] of this.#windows) {
      cancel()
      this.#close(kind)
    }
  }

  #close(kind: string): void {
    const window = this.#windows.get(kind)
    this.#windows.delete(kind)
    if (window !== undefined && window.seen > MAX_SINGLE) this.#summarise(window.refusal, window.seen - MAX_SINGLE)
  }
}
