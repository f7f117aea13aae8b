/** What is remembered by text: addresses. */
const MAX_TEXT_LENGTH = 64

/**
 * A map of what was used lately, never larger than its capacity. It keeps two halves: what is used moves to the newer one, and
 * when that is full the older one is dropped whole. No timers, no sweeps, O(1).
 */
export class RecentMap<V> {
  readonly #half: number
  #newer = new Map<string, V>()
  #older = new Map<string, V>()

  constructor(capacity: number) {
    this.#half = Math.max(Math.floor(capacity / 2), 1)
  }

  get size(): number {
    return this.#newer.size + this.#older.size
  }

  get(key: string): V | undefined {
    const recent = this.#newer.get(key)
    if (recent !== undefined) return recent
    const earlier = this.#older.get(key)
    if (earlier !== undefined) this.set(key, earlier)
    return earlier
  }

  set(key: string, value: V): void {
    if (this.#newer.size >= this.#half && !this.#newer.has(key)) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#older.delete(key)
    this.#newer.set(key, value)
  }
}

/** The same pure function, with its latest answers kept. Long texts are none of those that come again. */
export function remember<V extends NonNullable<unknown> | null>(
  read: (text: string) => V,
  capacity: number,
): (text: string) => V {
  const answers = new RecentMap<V>(capacity)
  return (text) => {
    if (text.length > MAX_TEXT_LENGTH) return read(text)
    let answer = answers.get(text)
    if (answer === undefined) {
      answer = read(text)
      answers.set(text, answer)
    }
    return answer
  }
}
