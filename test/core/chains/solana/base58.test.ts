import bs58 from 'bs58'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLongBase58 } from '../../../../core/chains/solana/base58.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'

const MAX_BYTES = 1232
const decoded = (text: string) => {
  const bytes = decodeLongBase58(text, MAX_BYTES)
  return bytes === null ? null : Buffer.from(bytes)
}

describe('long base58', () => {
  it('decodes as the bs58 library does, whatever the length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: MAX_BYTES - 1 }), (first, rest) => {
        const bytes = Buffer.from([first, ...rest])
        expect(decoded(bs58.encode(bytes))).toEqual(bytes)
      }),
      fuzzBudget(300),
    )
    for (let length = 1; length <= 80; length++) {
      for (const fill of [0x00, 0xff]) {
        const bytes = Buffer.alloc(length, fill)
        bytes[0] = 1
        expect(decoded(bs58.encode(bytes))).toEqual(bytes)
      }
    }
  })

  it('has one spelling: whatever is accepted encodes back to the same text', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), (text) => {
        const bytes = decoded(text)
        if (bytes === null) return
        accepted += 1
        expect(bs58.encode(bytes)).toBe(text)
      }),
      fuzzBudget(3000),
    )
    expect(accepted).toBeGreaterThan(50) // the property was not empty
  })

  it('takes exactly so many bytes and no more', () => {
    expect(decoded(bs58.encode(Buffer.alloc(MAX_BYTES, 0xff)))).toHaveLength(MAX_BYTES)
    expect(decoded(bs58.encode(Buffer.from([1, ...new Uint8Array(MAX_BYTES)])))).toBeNull()
    expect(decoded('z'.repeat(1683))).toBeNull()
  })

  it.each([
    ['nothing', ''],
    ['a leading zero byte', bs58.encode(Buffer.from([0, 1, 2]))],
    ['a digit outside the alphabet', 'abc0'],
    ['a character whose low byte is a digit', 'abc\u0139'],
    ['a space', 'abc d'],
    ['a megabyte', '2'.repeat(1_000_000)],
  ])('is refused: %s', (_title, text) => {
    expect(decoded(text)).toBeNull()
  })
})
