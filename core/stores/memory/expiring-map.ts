/** The least number of writes between two looks at the whole map; with as many as it had entries, a write stays O(1). */
const MIN_WRITES_BETWEEN_SWEEPS = 1024

/** A map whose entries end. Expired ones are dropped while writing, so that what nobody asks for again does not stay. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly endsAt: number }>()
  #writes = 0
  /** As many as were there after the last look: entries that come in alone must lead to the next one, too. */
  #writesUntilSweep = MIN_WRITES_BETWEEN_SWEEPS

  set(key: string, value: V, endsAt: Date, now: Date): void {
    this.#entries.set(key, { value, endsAt: endsAt.getTime() })
    this.#writes += 1
    if (this.#writes >= this.#writesUntilSweep) this.#sweep(now.getTime())
  }

  /** The value, expired or not: whoever asks judges by the record. */
  get(key: string): V | undefined {
    return this.#entries.get(key)?.value
  }

  /** Another value, with the life the entry has. */
  update(key: string, value: V): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#entries.set(key, { ...entry, value })
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  get size(): number {
    return this.#entries.size
  }

  #sweep(now: number): void {
    this.#writes = 0
    for (const [key, { endsAt }] of this.#entries) if (endsAt <= now) this.#entries.delete(key)
    this.#writesUntilSweep = Math.max(MIN_WRITES_BETWEEN_SWEEPS, this.#entries.size)
  }
}
