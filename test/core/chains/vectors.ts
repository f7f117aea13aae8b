import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'

const folder = process.env['VECTORS_DIR']

/** A block of tests over published vector files; without `VECTORS_DIR` it is skipped, and says so. */
export function describeVectors(title: string, body: (read: <T>(file: string) => T) => void): void {
  if (folder === undefined) {
    process.stderr.write(`SKIPPED, because VECTORS_DIR is not set: ${title}\n`)
    describe.skip(title, () => {})
    return
  }
  describe(title, () => body((file) => JSON.parse(readFileSync(join(folder, file), 'utf8'))))
}

export const hexBytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

/** The bytes with one bit turned over. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes)
  const index = bit >> 3
  flipped[index] = (flipped[index] ?? 0) ^ (1 << (bit & 7))
  return flipped
}
