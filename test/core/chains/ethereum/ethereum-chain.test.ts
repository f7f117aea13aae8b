import { getBytes, Wallet } from 'ethers'
import fc from 'fast-check'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { createEthereumChain } from '../../../../core/chains/ethereum/ethereum-chain.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'
import { flipBit } from '../vectors.ts'

const chain = await createEthereumChain()
const wallet = new Wallet(`0x${'11'.repeat(32)}`)
const address = wallet.address.toLowerCase()
const utf8 = (text: string) => Buffer.from(text, 'utf8')

/** As a request would: three texts. */
function verify(account: string, message: string, signature: string) {
  const parsed = chain.parseAddress(account)
  const bytes = chain.decodeSignature(signature)
  if (parsed === null || bytes === null) return 'malformed'
  return chain.verify(parsed, utf8(message), bytes)
}

describe('Ethereum signatures', () => {
  it.each([
    [
      'a 4mica sign-in message',
      '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
      [
        'auth.example.test wants you to sign in with your Ethereum account:',
        '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
        '',
        'Sign in to 4mica.',
        '',
        'URI: https://auth.example.test',
        'Version: 1',
        'Chain ID: 84532',
        'Nonce: 0123456789abcdef0123456789abcdef',
        'Issued At: 2026-06-22T10:00:00.000Z',
        'Expiration Time: 2026-06-22T10:05:00.000Z',
      ].join('\n'),
      '0xa552fee6b956d4541cb4f6b8cc8f216988c450fadf6260b6c5ed67d2bcc12889081f9d7a0099fcc92048acb743eeef6acee73e3b36473a01d5cf90db5d79e7491c',
    ],
    [
      'a MoonKey challenge',
      '0xF7E9D631bfBd90C19691566Db4AB96697A2663C6',
      'Login for My App: 5djrPeuvVwO8TAomZJCQ8uig9VeMb8eCxqgz9PIKrFY',
      '0xb27c94381c930151c4823fd4b7f0b45d700f0c9d30a7b98821413e07eef7604319a1dbc28dda881d0fc8d18b08aceeeb0fcdb80d6caec6f6e9901800c43894c31b',
    ],
  ])('verifies the golden vector: %s', (_title, account, message, signature) => {
    expect(verify(account, message, signature)).toBe('valid')
    expect(verify(account, message, signature.toUpperCase().replace('0X', '0x'))).toBe('valid')
    expect(verify(account, message, signature.slice(2))).toBe('valid')
    expect(verify(account, `${message}\n`, signature)).toBe('invalid')
    expect(verify(account, message.slice(message.indexOf(':') + 2), signature)).toBe('invalid')
    expect(verify(wallet.address, message, signature)).toBe(wallet.address === account ? 'valid' : 'invalid')
  })

  it('verifies what ethers and viem sign, whatever the key and the text, and for nobody else', async () => {
    const secret = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .filter((bytes) => bytes[0] !== 0xff && bytes.some((byte) => byte !== 0))
      .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as const)
    await fc.assert(
      fc.asyncProperty(secret, fc.string({ unit: 'binary', maxLength: 300 }), async (key, message) => {
        const fromEthers = await new Wallet(key).signMessage(message)
        const account = privateKeyToAccount(key)
        expect(await account.signMessage({ message })).toBe(fromEthers) // both RFC 6979
        expect(verify(account.address, message, fromEthers)).toBe('valid')
        expect(verify(address, message, fromEthers)).toBe('invalid')
        expect(verify(account.address, `${message} `, fromEthers)).toBe('invalid')
      }),
      fuzzBudget(30),
    )
  })

  it.each([
    ['nothing', ''],
    ['64 KiB', 'a'.repeat(65_536)],
    ['64 KiB of emoji', '🦊'.repeat(16_384)],
    ['NUL and control characters', '\u0000\u0001\r\n\t\u007f'],
  ])('verifies %s', async (_title, message) => {
    expect(verify(address, message, await wallet.signMessage(message))).toBe('valid')
    expect(verify(address, `${message}\u0000`, await wallet.signMessage(message))).toBe('invalid')
  })

  it('does not confuse texts that normalise to each other', async () => {
    const signature = await wallet.signMessage('caf\u00e9')
    expect(verify(address, 'caf\u00e9', signature)).toBe('valid')
    expect(verify(address, 'cafe\u0301', signature)).toBe('invalid')
  })

  it('refuses every one-bit change of signature, compact signature, message and address', async () => {
    const message = 'Sign in to example.com, nonce 0123456789abcdef'
    const bytes = utf8(message)
    const signature = getBytes(await wallet.signMessage(message))
    const short = Uint8Array.from(signature.subarray(0, 64))
    if (signature[64] === 28) short[32] = (short[32] ?? 0) | 0x80
    const account = Buffer.from(address.slice(2), 'hex')
    expect(chain.verify(address, bytes, signature)).toBe('valid')
    expect(chain.verify(address, bytes, short)).toBe('valid')

    const passed: string[] = []
    const note = (what: string, bit: number, verdict: string) =>
      verdict === 'valid' && passed.push(`${what} bit ${bit}`)
    for (let bit = 0; bit < 520; bit++) note('signature', bit, chain.verify(address, bytes, flipBit(signature, bit)))
    for (let bit = 0; bit < 512; bit++) note('compact', bit, chain.verify(address, bytes, flipBit(short, bit)))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      note('message', bit, chain.verify(address, flipBit(bytes, bit), signature))
    }
    for (let bit = 0; bit < 160; bit++) {
      const other = `0x${Buffer.from(flipBit(account, bit)).toString('hex')}`
      note('address', bit, chain.verify(other, bytes, signature))
    }
    expect(passed).toEqual([])
  })

  it('verifies for canonical addresses only, so that a caller who forgot to parse is refused', async () => {
    const signature = getBytes(await wallet.signMessage('m'))
    expect(chain.verify(address, utf8('m'), signature)).toBe('valid')
    for (const text of [wallet.address, address.slice(2), `${address} `, '', `0x${'0'.repeat(40)}`, `${address}00`]) {
      expect(chain.verify(text, utf8('m'), signature), text).toBe('invalid')
    }
  })

  it('never verifies for the zero address, with signatures that recover nothing', () => {
    const zero = `0x${'0'.repeat(40)}`
    expect(chain.parseAddress(zero)).toBeNull()
    for (const length of [0, 64, 65]) {
      expect(chain.verify(zero, utf8('m'), new Uint8Array(length))).toBe('invalid')
      expect(chain.verify(zero, utf8('m'), new Uint8Array(length).fill(0xff))).toBe('invalid')
    }
  })
})

describe('Ethereum signature text', () => {
  const hex = 'ab'.repeat(65)

  it('is hex, with or without 0x, in either case', () => {
    const expected = Buffer.from(hex, 'hex')
    for (const text of [hex, `0x${hex}`, hex.toUpperCase(), `0x${hex.toUpperCase()}`, `0x${'Ab'.repeat(65)}`]) {
      expect(Buffer.from(chain.decodeSignature(text) ?? '')).toEqual(expected)
    }
  })

  it.each([0, 1, 64, 65, 66, 8192])('may be of any length up to the bound: %i bytes', (length) => {
    expect(chain.decodeSignature('ab'.repeat(length))).toHaveLength(length)
    expect(chain.decodeSignature(`0x${'ab'.repeat(length)}`)).toHaveLength(length)
  })

  it.each([
    ['an upper-case prefix', `0X${hex}`],
    ['an odd length', `0x${hex}a`],
    ['an odd length without prefix', hex.slice(1)],
    ['a space before', ` 0x${hex}`],
    ['a newline after', `0x${hex}\n`],
    ['a newline in place of a digit', `0x${hex.slice(1)}\n`],
    ['two prefixes', `0x0x${hex}`],
    ['a bad digit', `0x${hex.slice(2)}zz`],
    ['a digit outside ASCII', `0x${hex.slice(2)}\u0161\u0161`],
    ['text', 'invalid-hex-signature'],
    ['one byte over the bound', 'ab'.repeat(8193)],
    ['one byte over the bound, prefixed', `0x${'ab'.repeat(8193)}`],
    ['a megabyte', 'ab'.repeat(1_000_000)],
  ])('is refused with %s', (_title, text) => {
    expect(chain.decodeSignature(text)).toBeNull()
  })
})
