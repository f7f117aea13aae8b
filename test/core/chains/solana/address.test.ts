import { PublicKey } from '@solana/web3.js'
import bs58 from 'bs58'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSolanaAddress, parseSolanaAddress } from '../../../../core/chains/solana/address.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'

const ADDRESS = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin'

describe('Solana addresses', () => {
  it('are any 32 bytes, as web3.js writes them, and stay untouched', () => {
    // Leading zero bytes make short addresses: put some in.
    const key = fc
      .tuple(fc.nat(32), fc.uint8Array({ minLength: 32, maxLength: 32 }))
      .map(([zeros, bytes]) => Uint8Array.from([...new Uint8Array(zeros), ...bytes].slice(0, 32)))
    fc.assert(
      fc.property(key, (bytes) => {
        const text = new PublicKey(bytes).toBase58()
        expect(parseSolanaAddress(text)).toBe(text)
        expect(Buffer.from(decodeSolanaAddress(text) ?? '')).toEqual(Buffer.from(bytes))
      }),
      fuzzBudget(300),
    )
  })

  it('have one spelling: whatever is accepted encodes back to the same text', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.stringMatching(/^1{0,4}[1-9A-HJ-NP-Za-km-z]{29,44}$/), (text) => {
        const bytes = decodeSolanaAddress(text)
        if (bytes === null) return
        accepted += 1
        expect(bytes).toHaveLength(32)
        expect(bs58.encode(bytes)).toBe(text)
      }),
      fuzzBudget(2000),
    )
    expect(accepted).toBeGreaterThan(50) // the property was not empty
  })

  it.each([
    ['the System Program (which never signs)', '1'.repeat(32)],
    ['the highest value', bs58.encode(new Uint8Array(32).fill(0xff))],
    ['a token program', 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'],
  ])('include %s', (_title, text) => {
    expect(parseSolanaAddress(text)).toBe(text)
  })

  it.each([
    ['31 bytes in 43 characters', bs58.encode(new Uint8Array(31).fill(0xff))],
    ['31 zero bytes', '1'.repeat(31)],
    ['33 zero bytes', '1'.repeat(33)],
    ['a leading 1 too many', `1${ADDRESS.slice(0, 43)}`],
    ['one above 2^256 - 1', 'JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFH'],
    ['44 times the highest digit', 'z'.repeat(44)],
    ['45 characters', `${ADDRESS}1`],
    ['a digit outside the alphabet: 0', `0${ADDRESS.slice(1)}`],
    ['a digit outside the alphabet: O', `O${ADDRESS.slice(1)}`],
    ['a digit outside the alphabet: I', `I${ADDRESS.slice(1)}`],
    ['a digit outside the alphabet: l', `l${ADDRESS.slice(1)}`],
    ['a character whose low byte is a digit', `\u0139${ADDRESS.slice(1)}`],
    ['a space before', ` ${ADDRESS.slice(1)}`],
    ['a newline after', `${ADDRESS.slice(0, 43)}\n`],
    ['an Ethereum address', '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'],
    ['a megabyte of digits', '2'.repeat(1_000_000)],
    ['nothing', ''],
  ])('refuse %s', (_title, text) => {
    expect(parseSolanaAddress(text)).toBeNull()
  })
})
