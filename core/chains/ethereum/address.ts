import type { Keccak256 } from './keccak256.ts'

const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`

/**
 * The canonical address (`0x` and 40 lower-case digits), or null for anything else: other lengths, no prefix, `0X`, outer
 * space. The letter case isn't judged here (see `isChecksumAddress`). Refuses the zero address: nobody holds its key, and
 * it is what a failed `ecrecover` answers.
 */
export function parseEthereumAddress(text: string): string | null {
  if (!ADDRESS.test(text)) return null
  const address = text.toLowerCase()
  return address === ZERO_ADDRESS ? null : address
}

/** The EIP-55 spelling of a canonical address. */
export function toChecksumAddress(address: string, keccak256: Keccak256): string {
  const digits = address.slice(2)
  const hash = keccak256(Buffer.from(digits, 'latin1'))
  let spelling = '0x'
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charAt(index)
    const hashByte = hash[index >> 1] ?? 0
    const nibble = index % 2 === 0 ? hashByte >> 4 : hashByte & 0xf
    // EIP-55: upper case where the hash of the lower-case digits has a nibble of 8 or more.
    spelling += nibble >= 8 ? digit.toUpperCase() : digit
  }
  return spelling
}

/** Is the text an address in its EIP-55 spelling? All-lower-case passes only where that is the checksum. */
export function isChecksumAddress(text: string, keccak256: Keccak256): boolean {
  const address = parseEthereumAddress(text)
  return address !== null && toChecksumAddress(address, keccak256) === text
}
