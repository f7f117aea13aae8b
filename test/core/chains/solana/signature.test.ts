import bs58 from 'bs58'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSolanaSignature } from '../../../../core/chains/solana/signature.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'

const bytes64 = Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + 200) & 0xff)
const base58 = bs58.encode(bytes64)
const base64 = Buffer.from(bytes64).toString('base64')
const decoded = (text: string) => {
  const bytes = decodeSolanaSignature(text)
  return bytes === null ? null : Buffer.from(bytes)
}

describe('Solana signature text', () => {
  it('is base58 or padded base64 of 64 bytes', () => {
    fc.assert(
      fc.property(fc.nat(64), fc.uint8Array({ minLength: 64, maxLength: 64 }), (zeros, random) => {
        const bytes = Buffer.concat([Buffer.alloc(zeros), random]).subarray(0, 64)
        expect(decoded(bs58.encode(bytes))).toEqual(bytes)
        expect(decoded(bytes.toString('base64'))).toEqual(bytes)
      }),
      fuzzBudget(300),
    )
  })

  it('has one spelling in base64: the bits nobody reads must be zero', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const accepted = [...alphabet].filter((last) => decoded(`${base64.slice(0, 85)}${last}==`) !== null)
    expect(accepted).toEqual(['A', 'Q', 'g', 'w'])
  })

  it.each([
    ['unpadded base64', base64.slice(0, 86)],
    ['half the padding', base64.slice(0, 87)],
    ['url-safe base64', Buffer.alloc(64, 0xfb).toString('base64url')],
    ['url-safe base64 with padding', `${Buffer.alloc(64, 0xfb).toString('base64url')}==`],
    ['base64 of 63 bytes', Buffer.alloc(63, 1).toString('base64')],
    ['base64 of 65 bytes', Buffer.alloc(65, 1).toString('base64')],
    ['base64 of 62 bytes, padded to length', `${Buffer.alloc(62, 1).toString('base64')}====`],
    ['a newline inside base64', `${base64.slice(0, 43)}\n${base64.slice(44)}`],
    ['a newline after base64', `${base64}\n`],
    ['base58 of 63 bytes', bs58.encode(bytes64.subarray(1))],
    ['base58 of 65 bytes', bs58.encode(Uint8Array.from([1, ...bytes64]))],
    ['base58 of 65 bytes with a zero in front', `1${base58}`],
    ['base58 that overflows 64 bytes', 'z'.repeat(88)],
    ['base58 with a space in front', ` ${base58}`],
    ['base58 with 0', `0${base58.slice(1)}`],
    ['hex', Buffer.from(bytes64).toString('hex')],
    ['64 characters too few zeros', '1'.repeat(63)],
    ['a megabyte of base58', '2'.repeat(1_000_000)],
    ['a megabyte of base64', `${'A'.repeat(1_000_000)}==`],
    ['nothing', ''],
    ['padding alone', '=='],
  ])('is refused: %s', (_title, text) => {
    expect(decoded(text)).toBeNull()
  })
})
