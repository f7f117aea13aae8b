import { verifyMessage } from 'ethers'
import { expect, it } from 'vitest'
import { createEthereumChain } from '../../../../core/chains/ethereum/ethereum-chain.ts'
import { describeVectors } from '../vectors.ts'

const chain = await createEthereumChain()

interface SignedFields {
  readonly domain: string
  readonly address: string
  readonly statement: string
  readonly uri: string
  readonly version: string
  readonly chainId: number
  readonly nonce: string
  readonly issuedAt: string
  readonly expirationTime?: string
  readonly notBefore?: string
  readonly signature: string
}

/** ERC-4361 text of the vector's fields (none has a request id or resources). */
const textOf = (fields: SignedFields) =>
  [
    `${fields.domain} wants you to sign in with your Ethereum account:`,
    fields.address,
    '',
    fields.statement,
    '',
    `URI: ${fields.uri}`,
    `Version: ${fields.version}`,
    `Chain ID: ${fields.chainId}`,
    `Nonce: ${fields.nonce}`,
    `Issued At: ${fields.issuedAt}`,
    ...(fields.expirationTime === undefined ? [] : [`Expiration Time: ${fields.expirationTime}`]),
    ...(fields.notBefore === undefined ? [] : [`Not Before: ${fields.notBefore}`]),
  ].join('\n')

function verdictOf(address: string, message: string, signatureText: string) {
  const signature = chain.decodeSignature(signatureText)
  if (signature === null) return 'malformed'
  return chain.verify(chain.parseAddress(address) ?? '', Buffer.from(message), signature)
}

function ethersVerdict(address: string, message: string, signature: string) {
  try {
    return verifyMessage(message, signature) === address ? 'valid' : 'invalid'
  } catch {
    return 'malformed'
  }
}

describeVectors('siwe verification vectors, the signature alone', (read) => {
  // Most negative cases fail for time, domain or nonce: those are other rooms' to refuse, and their signatures are right.
  it.each([
    ['positive', 'example message', 'valid'],
    ['positive', 'not yet valid', 'valid'],
    ['positive', 'expired message', 'valid'],
    ['positive', 'recovery byte starting at 0', 'valid'],
    ['negative', 'expired message', 'valid'],
    ['negative', 'domain binding', 'valid'],
    ['negative', 'custom time', 'valid'],
    ['negative', 'custom nonce', 'valid'],
    ['negative', 'malformed signature', 'malformed'], // an odd number of digits
    ['negative', 'wrong signature', 'invalid'],
    ['negative', 'not yet valid', 'valid'],
    ['negative', 'invalid issuedAt', 'invalid'], // signed over another text
    ['negative', 'invalid notBefore', 'valid'],
    ['negative', 'invalid expirationTime', 'valid'],
  ])('%s: %s is %s', (file, title, expected) => {
    const fields = read<Record<string, SignedFields>>(`siwe_verification_${file}.json`)[title]
    if (fields === undefined) throw new Error('no such vector')
    const message = textOf(fields)
    expect(verdictOf(fields.address, message, fields.signature)).toBe(expected)
    expect(ethersVerdict(fields.address, message, fields.signature)).toBe(expected)
  })

  it('are all in the table above', () => {
    expect(Object.keys(read<object>('siwe_verification_positive.json'))).toHaveLength(4)
    expect(Object.keys(read<object>('siwe_verification_negative.json'))).toHaveLength(10)
  })

  it('ERC-1271: contract accounts are invalid locally', () => {
    const cases = Object.entries(read<Record<string, { message: string; signature: string }>>('siwe_eip1271.json'))
    const verdicts = cases.map(([title, { message, signature }]) => [
      title,
      verdictOf(message.split('\n')[1] ?? '', message, signature),
    ])
    expect(verdicts).toEqual([
      ['argent', 'invalid'],
      ['loopring', 'invalid'],
    ])
  })
})
