import { createHash, randomBytes } from 'node:crypto'

const FIRST_CAPACITY = 1 << 12
/** How full the table may be before it doubles. */
const MAX_LOAD = 0.85

/**
 * On which line each id and credential of an input stood first: 12 bytes a place. Texts are known by 64 bits of a keyed hash, so that two of ten
 * million meet by chance once in 400,000 runs, and nobody can make them meet.
 */
export class SeenKeys {
  readonly #key = randomBytes(16).toString('hex')
  #capacity = FIRST_CAPACITY
  #high = new Uint32Array(FIRST_CAPACITY)
  #low = new Uint32Array(FIRST_CAPACITY)
  /** 0: a free place. */
  #lines = new Uint32Array(FIRST_CAPACITY)
  #size = 0

  /** The line on which this text stood before; null, and noted from now on, when this is the first. */
  note(text: string, line: number): number | null {
    const digest = createHash('sha1').update(this.#key).update(text).digest()
    const [high, low] = [digest.readUInt32LE(0), digest.readUInt32LE(4)]
    const place = this.#find(high, low)
    const seen = this.#lines[place] ?? 0
    if (seen !== 0) return seen
    this.#high[place] = high
    this.#low[place] = low
    this.#lines[place] = line
    this.#size += 1
    if (this.#size > this.#capacity * MAX_LOAD) this.#grow()
    return null
  }

  #find(high: number, low: number): number {
    const mask = this.#capacity - 1
    let place = low & mask
    while (this.#lines[place] !== 0 && (this.#high[place] !== high || this.#low[place] !== low))
      place = (place + 1) & mask
    return place
  }

  #grow(): void {
    const [high, low, lines] = [this.#high, this.#low, this.#lines]
    this.#capacity *= 2
    this.#high = new Uint32Array(this.#capacity)
    this.#low = new Uint32Array(this.#capacity)
    this.#lines = new Uint32Array(this.#capacity)
    for (const [index, line] of lines.entries()) {
      if (line === 0) continue
      const place = this.#find(high[index] ?? 0, low[index] ?? 0)
      this.#high[place] = high[index] ?? 0
      this.#low[place] = low[index] ?? 0
      this.#lines[place] = line
    }
  }
}
