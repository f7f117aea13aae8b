import { keccak256 as ethersKeccak256, getBytes } from 'ethers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeccak256 } from '../../../../core/chains/ethereum/keccak256.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'

const keccak256 = await createKeccak256()
const oracle = (bytes: Uint8Array) => Buffer.from(getBytes(ethersKeccak256(bytes)))

it('knows the empty input (and so is Keccak-256, not SHA3-256)', () => {
  expect(Buffer.from(keccak256()).toString('hex')).toBe(
    'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  )
})

it('hashes the concatenation of its parts, whatever the cuts', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (parts) => {
      expect(Buffer.from(keccak256(...parts))).toEqual(oracle(Buffer.concat(parts)))
    }),
    fuzzBudget(100),
  )
})

// 136 is the sponge's rate, 16 384 the hasher's buffer.
it.each([135, 136, 137, 271, 272, 273, 16_383, 16_384, 16_385, 65_536])('hashes %i bytes', (length) => {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff)
  expect(Buffer.from(keccak256(bytes))).toEqual(oracle(bytes))
  expect(Buffer.from(keccak256(bytes.subarray(0, 100), bytes.subarray(100)))).toEqual(oracle(bytes))
})

it('gives fresh bytes: a later hash does not change an earlier one', () => {
  const first = keccak256(Buffer.from('first'))
  const kept = Buffer.from(first)
  keccak256(Buffer.from('second'))
  expect(Buffer.from(first)).toEqual(kept)
})

it('reads a view at its offset', () => {
  const backing = Buffer.from('xxhelloxx')
  expect(Buffer.from(keccak256(backing.subarray(2, 7)))).toEqual(oracle(Buffer.from('hello')))
})
