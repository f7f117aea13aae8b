/** Reads bytes once, from the front, and never past the end: from the first failure on, every number is -1 and every range null. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #offset: number
  #hasFailed = false

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes
    this.#offset = offset
  }

  byte(): number {
    return this.take(1)?.[0] ?? -1
  }

  /** A compact-u16 of one or two bytes, seven bits in each, the lower ones first, and in its shortest spelling. */
  length(): number {
    const low = this.byte()
    if (low < 0x80) return low
    const high = this.byte()
    // 2^14 - 1 is more than any transaction holds.
    if (high < 1 || high > 0x7f) return this.#fail()
    return (low & 0x7f) | (high << 7)
  }

  take(length: number): Uint8Array | null {
    if (this.#hasFailed || length < 0 || length > this.#bytes.length - this.#offset) {
      this.#fail()
      return null
    }
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }

  /** Has everything been read, without a failure? */
  isAtEnd(): boolean {
    return !this.#hasFailed && this.#offset === this.#bytes.length
  }

  #fail(): -1 {
    this.#hasFailed = true
    return -1
  }
}
