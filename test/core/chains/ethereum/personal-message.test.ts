import { getBytes, hashMessage } from 'ethers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeccak256 } from '../../../../core/chains/ethereum/keccak256.ts'
import { hashPersonalMessage } from '../../../../core/chains/ethereum/personal-message.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'

const keccak256 = await createKeccak256()
const hashOf = (message: Uint8Array) => Buffer.from(hashPersonalMessage(message, keccak256))
const oracle = (message: Uint8Array) => Buffer.from(getBytes(hashMessage(message)))

it('EIP-191 0x45: hashes any bytes as ethers does, well-formed UTF-8 or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (message) => {
      expect(hashOf(message)).toEqual(oracle(message))
    }),
    fuzzBudget(100),
  )
})

it.each([0, 1, 9, 10, 99, 100, 999, 1000, 65_536])('counts %i bytes in decimal', (length) => {
  expect(hashOf(Buffer.alloc(length, 'a'))).toEqual(oracle(Buffer.alloc(length, 'a')))
})

it('counts bytes, not characters', () => {
  const text = 'Grüße 🦊 你好'
  expect(text.length).not.toBe(Buffer.byteLength(text))
  expect(hashOf(Buffer.from(text))).toEqual(Buffer.from(getBytes(hashMessage(text))))
})
