import { getAddress } from 'ethers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isChecksumAddress, parseEthereumAddress, toChecksumAddress } from '../../../../core/chains/ethereum/address.ts'
import { createKeccak256 } from '../../../../core/chains/ethereum/keccak256.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'
import { describeVectors } from '../vectors.ts'

const keccak256 = await createKeccak256()
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`
const ADDRESS = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'

describe('Ethereum addresses', () => {
  const canonical = fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)
    .filter((address) => address !== ZERO_ADDRESS)

  it('EIP-55: are written as ethers writes them, and only that spelling is the checksummed one', () => {
    fc.assert(
      fc.property(canonical, (address) => {
        const spelling = toChecksumAddress(address, keccak256)
        expect(spelling).toBe(getAddress(address))
        expect(isChecksumAddress(spelling, keccak256)).toBe(true)
        expect(isChecksumAddress(address, keccak256)).toBe(spelling === address)
        expect(parseEthereumAddress(spelling)).toBe(address)
      }),
      fuzzBudget(100),
    )
  })

  it('EIP-55: refuses every single change of case', () => {
    for (let index = 2; index < 42; index++) {
      const digit = ADDRESS.charAt(index)
      const other = digit === digit.toLowerCase() ? digit.toUpperCase() : digit.toLowerCase()
      if (other === digit) continue
      const text = ADDRESS.slice(0, index) + other + ADDRESS.slice(index + 1)
      expect(isChecksumAddress(text, keccak256), text).toBe(false)
      expect(parseEthereumAddress(text)).toBe(ADDRESS.toLowerCase())
    }
  })

  it('refuses the zero address', () => {
    expect(parseEthereumAddress(ZERO_ADDRESS)).toBeNull()
    expect(isChecksumAddress(ZERO_ADDRESS, keccak256)).toBe(false)
  })

  it.each([
    ['one digit short', ADDRESS.slice(0, -1)],
    ['one digit long', `${ADDRESS}0`],
    ['no prefix', ADDRESS.slice(2)],
    ['no prefix, 42 digits', `${ADDRESS.slice(2)}00`],
    ['an upper-case prefix', ADDRESS.replace('0x', '0X')],
    ['a newline in place of a digit', `${ADDRESS.slice(0, -1)}\n`],
    ['a newline after it', `${ADDRESS}\n`],
    ['a space before it', ` ${ADDRESS}`],
    ['a full-width digit', ADDRESS.replace('5', '\uff15')],
    ['a Cyrillic letter', ADDRESS.replace('a', '\u0430')],
    ['a megabyte', `0x${'a'.repeat(1_000_000)}`],
    ['nothing', ''],
  ])('refuses %s', (_title, text) => {
    expect(parseEthereumAddress(text)).toBeNull()
  })
})

interface Eip55Vectors {
  readonly valid: readonly { readonly address: string }[]
  readonly badChecksum: readonly { readonly address: string; readonly of: string }[]
  readonly allLower: readonly string[]
  readonly allUpper: readonly string[]
  readonly malformed: readonly string[]
}

describeVectors('EIP-55 vectors', (read) => {
  const { valid, badChecksum, allLower, allUpper, malformed } = read<Eip55Vectors>('eip55.json')

  it('are all there', () => {
    expect([valid, badChecksum, allLower, allUpper, malformed].map(({ length }) => length)).toEqual([12, 11, 7, 7, 14])
  })

  it.each(valid)('checksums $address', ({ address }) => {
    expect(toChecksumAddress(address.toLowerCase(), keccak256)).toBe(address)
    expect(isChecksumAddress(address, keccak256)).toBe(address !== ZERO_ADDRESS)
  })

  it.each(badChecksum)('refuses $address as a spelling of $of', ({ address, of }) => {
    expect(isChecksumAddress(address, keccak256)).toBe(false)
    expect(parseEthereumAddress(address)).toBe(of.toLowerCase())
  })

  it.each([...allLower, ...allUpper])('%s is an address without a checksum', (address) => {
    expect(isChecksumAddress(address, keccak256)).toBe(false)
    expect(parseEthereumAddress(address)).toBe(address.toLowerCase())
  })

  it.each(malformed)('refuses %j', (text) => {
    expect(parseEthereumAddress(text)).toBeNull()
  })
})
