/** What a client was told, and what therefore has to be so from then on. */
export interface Acknowledged {
  readonly kind: string
  /** When the answer came, by `performance.now()`. */
  readonly at: number
  /** Asks again; null when it is still so, else what was found instead. */
  readonly ask: () => Promise<string | null>
}

/**
 * Everything that clients saw of a run, as an outsider can know it. What breaks a promise is noted when it is seen; what must last is
 * asked again at the end.
 */
export class History {
  readonly violations: string[] = []
  /** Answers by what came of them: `ok`, `outage`, `broken` (no answer at all). */
  readonly counts = { ok: 0, outage: 0, broken: 0 }
  /** How often each thing that is good for once was accepted: nonces, refresh tokens. */
  readonly #uses = new Map<string, number>()
  readonly #acknowledged: Acknowledged[] = []
  readonly #watchers = new Set<() => void>()

  count(outcome: keyof History['counts']): void {
    this.counts[outcome] += 1
    for (const wake of this.#watchers) wake()
  }

  violate(what: string): void {
    this.violations.push(what)
    for (const wake of this.#watchers) wake()
  }

  /** Something that is good for once was accepted. */
  use(what: string): void {
    const uses = (this.#uses.get(what) ?? 0) + 1
    this.#uses.set(what, uses)
    if (uses > 1) this.violate(`${what.replace(/ .*/s, '')} was accepted ${uses} times`)
  }

  acknowledge(kind: string, ask: Acknowledged['ask']): void {
    this.#acknowledged.push({ kind, at: performance.now(), ask })
  }

  get acknowledged(): readonly Acknowledged[] {
    return this.#acknowledged
  }

  /** What of all that was acknowledged is not so any more. */
  async missing(): Promise<readonly string[]> {
    const waiting = [...this.#acknowledged]
    const missing: string[] = []
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const found = await next.ask()
        if (found !== null) missing.push(`${next.kind}: ${found}`)
      }
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    return missing
  }

  /** Resolves when so many more answers of this kind have come. */
  async more(outcome: keyof History['counts'], count: number, limitMs = 20_000): Promise<void> {
    const goal = this.counts[outcome] + count
    const deadline = AbortSignal.timeout(limitMs)
    while (this.counts[outcome] < goal) {
      if (deadline.aborted) {
        throw new Error(`waited in vain for ${count} × ${outcome}: ${JSON.stringify([this.counts, this.violations])}`)
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#watchers.delete(wake)
          deadline.removeEventListener('abort', wake)
          resolve()
        }
        this.#watchers.add(wake)
        deadline.addEventListener('abort', wake)
      })
    }
  }
}
