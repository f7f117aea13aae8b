import type { Timer } from '../../../core/timer.ts'

/** Waiting that ends when a test says so. */
export class TestTimer implements Timer {
  readonly #waiting = new Set<{ readonly milliseconds: number; readonly act: () => void }>()

  after(milliseconds: number, act: () => void): () => void {
    const entry = { milliseconds, act }
    this.#waiting.add(entry)
    return () => this.#waiting.delete(entry)
  }

  /** How long everything waits, shortest first. */
  get waits(): readonly number[] {
    return [...this.#waiting].map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  }

  /** Ends all waiting that was asked for until now. */
  fire(): void {
    for (const entry of [...this.#waiting]) {
      this.#waiting.delete(entry)
      entry.act()
    }
  }
}
