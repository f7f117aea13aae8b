import fc from 'fast-check'
import { bytesToHex, decodeAbiParameters, type Hex, hexToBytes, parseAbiParameters } from 'viem'
import { describe, expect, it } from 'vitest'
import { isWrappedSignature, unwrapSignature } from '../../../../../core/chains/ethereum/contracts/unwrap-signature.ts'
import { wrapSignature } from '../../../../support/evm/accounts.ts'
import { fuzzBudget } from '../../../../support/fuzz-budget.ts'

const hex = (bytes: Uint8Array): Hex => bytesToHex(bytes)
const parts = fc.record({
  factory: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(hex),
  data: fc.uint8Array({ maxLength: 200 }).map(hex),
  signature: fc.uint8Array({ maxLength: 200 }).map(hex),
})

describe('ERC-6492 wrappers', () => {
  it('gives back what was wrapped', () => {
    fc.assert(
      fc.property(parts, ({ factory, data, signature }) => {
        const wrapped = hexToBytes(wrapSignature(factory, data, signature))
        expect(isWrappedSignature(wrapped)).toBe(true)
        const found = unwrapSignature(wrapped)
        expect(found?.factory).toBe(factory)
        expect(found && hex(Uint8Array.from(found.factoryData))).toBe(data)
        expect(found && hex(Uint8Array.from(found.signature))).toBe(signature)
      }),
      fuzzBudget(100),
    )
  })

  it('takes nothing for a wrapper that lacks the suffix, or has anything behind it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(isWrappedSignature(bytes)).toBe(false)
      }),
      fuzzBudget(100),
    )
    const wrapped = hexToBytes(wrapSignature(`0x${'11'.repeat(20)}`, '0x', '0x'))
    expect(isWrappedSignature(Buffer.concat([wrapped, Buffer.alloc(1)]))).toBe(false)
    expect(isWrappedSignature(wrapped.subarray(0, -1))).toBe(false)
  })

  it('reads a spoiled wrapper as viem reads it, or not at all, and never beyond its end', () => {
    const spoiled = fc.tuple(parts, fc.nat({ max: 7 * 32 - 1 }), fc.nat({ max: 255 }))
    let refused = 0
    fc.assert(
      fc.property(spoiled, ([{ factory, data, signature }, at, byte]) => {
        const wrapped = hexToBytes(wrapSignature(factory, data, signature))
        const body = wrapped.subarray(0, -32)
        if (at < body.length) body[at] = byte
        // A buffer with more behind it: what lies there must not be reached.
        const larger = Buffer.concat([wrapped, Buffer.alloc(4096, 0x77)])
        const found = unwrapSignature(larger.subarray(0, wrapped.length))
        if (found === null) {
          refused += 1
          return
        }
        const [address, ...rest] = decodeAbiParameters(parseAbiParameters('address, bytes, bytes'), hex(body))
        expect(found.factory).toBe(address.toLowerCase())
        expect([found.factoryData, found.signature].map((bytes) => hex(Uint8Array.from(bytes)))).toEqual(rest)
      }),
      fuzzBudget(2000),
    )
    expect(refused).toBeGreaterThan(100)
  })

  it.each([
    ['an offset beyond the end', 1, 'ffff'],
    ['an offset of 2^32', 1, '0100000000'],
    ['an offset of 2^256 - 32', 1, `${'ff'.repeat(31)}e0`],
    ['a length beyond the end', 3, '0200'],
    ['a length of 2^255', 3, `80${'00'.repeat(31)}`],
    ['an address that is longer than one', 0, `01${'00'.repeat(20)}`],
  ])('refuses %s', (_title, index, value) => {
    const wrapped = hexToBytes(wrapSignature(`0x${'11'.repeat(20)}`, '0x1234', '0x5678'))
    expect(unwrapSignature(wrapped)).not.toBeNull()
    wrapped.set(Buffer.from(value.padStart(64, '0'), 'hex'), index * 32)
    expect(unwrapSignature(wrapped)).toBeNull()
  })
})
