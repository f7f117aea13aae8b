import { ed25519 } from '@noble/curves/ed25519.js'
import { Keypair } from '@solana/web3.js'
import bs58 from 'bs58'
import fc from 'fast-check'
import nacl from 'tweetnacl'
import { describe, expect, it } from 'vitest'
import { createSolanaChain } from '../../../../core/chains/solana/solana-chain.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'
import { flipBit } from '../vectors.ts'

const chain = await createSolanaChain()
const keypair = Keypair.fromSeed(new Uint8Array(32).fill(0x11))
const address = keypair.publicKey.toBase58()
const utf8 = (text: string) => Buffer.from(text, 'utf8')
const sign = (message: Uint8Array) => nacl.sign.detached(message, keypair.secretKey)

describe('Solana signatures', () => {
  it('verify as tweetnacl and @noble/curves sign them, whatever the key and the text, and for nobody else', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (seed, text) => {
          const message = utf8(`m${text}`)
          const other = Keypair.fromSeed(seed)
          const signature = nacl.sign.detached(message, other.secretKey)
          expect(Buffer.from(ed25519.sign(message, seed))).toEqual(Buffer.from(signature))

          const account = other.publicKey.toBase58()
          for (const spelling of [bs58.encode(signature), Buffer.from(signature).toString('base64')]) {
            const decoded = chain.decodeSignature(spelling) ?? new Uint8Array()
            expect(chain.verify(account, message, decoded)).toBe('valid')
          }
          expect(chain.verify(address, message, signature)).toBe('invalid')
          expect(chain.verify(account, Buffer.concat([message, Buffer.of(32)]), signature)).toBe('invalid')
        },
      ),
      fuzzBudget(30),
    )
  })

  it.each([
    ['one character', 'm'],
    ['64 KiB', 'a'.repeat(65_536)],
    ['64 KiB of emoji', '🦊'.repeat(16_384)],
    ['NUL and control characters, after a first that is none', 'm\u0000\u0001\r\n\t\u007f'],
  ])('verify over %s', (_title, text) => {
    expect(chain.verify(address, utf8(text), sign(utf8(text)))).toBe('valid')
    expect(chain.verify(address, utf8(`${text}\u0000`), sign(utf8(text)))).toBe('invalid')
  })

  it('refuse every one-bit change of signature, message and address', () => {
    const message = utf8('Sign in to example.com, nonce 0123456789abcdef')
    const signature = sign(message)
    const publicKey = keypair.publicKey.toBytes()
    expect(chain.verify(address, message, signature)).toBe('valid')

    const passed: string[] = []
    const note = (what: string, bit: number, verdict: string) =>
      verdict === 'valid' && passed.push(`${what} bit ${bit}`)
    for (let bit = 0; bit < 512; bit++) note('signature', bit, chain.verify(address, message, flipBit(signature, bit)))
    for (let bit = 0; bit < message.length * 8; bit++) {
      note('message', bit, chain.verify(address, flipBit(message, bit), signature))
    }
    for (let bit = 0; bit < 256; bit++) {
      note('address', bit, chain.verify(bs58.encode(flipBit(publicKey, bit)), message, signature))
    }
    expect(passed).toEqual([])
  })

  it('are 64 bytes and nothing else; no length throws', () => {
    const message = utf8('m')
    const signature = sign(message)
    for (const length of [0, 1, 32, 63, 65, 96, 128]) {
      const other = new Uint8Array(length)
      other.set(signature.subarray(0, length))
      expect(chain.verify(address, message, other), `${length} bytes`).toBe('invalid')
    }
  })

  it('verify for addresses only, so that a caller who forgot to parse is refused', () => {
    const signature = sign(utf8('m'))
    for (const text of [
      '',
      ` ${address}`,
      `${address}1`,
      address.slice(1),
      keypair.publicKey.toBuffer().toString('hex'),
    ]) {
      expect(chain.verify(text, utf8('m'), signature), text).toBe('invalid')
    }
  })

  it('are over texts: nothing that begins as UTF-8 cannot, or with a control character, or not at all', () => {
    for (let first = 0; first <= 0xff; first++) {
      const message = Buffer.concat([Buffer.of(first), utf8('m')])
      const isText = (first >= 0x20 && first <= 0x7e) || (first >= 0xc2 && first <= 0xf4)
      expect(chain.verify(address, message, sign(message)), `${first}`).toBe(isText ? 'valid' : 'invalid')
    }
    expect(chain.verify(address, new Uint8Array(), sign(new Uint8Array()))).toBe('invalid')
  })

  it('are over the raw bytes: no prefix, and no half of an off-chain message', () => {
    const signature = sign(Buffer.concat([Buffer.from('\xffsolana offchain', 'latin1'), utf8('m')]))
    expect(chain.verify(address, utf8('m'), signature)).toBe('invalid')
  })

  it('leave case alone: addresses and spellings are exact', () => {
    expect(chain.formatAddress(address)).toBe(address)
    expect(chain.isCanonicalSpelling(address)).toBe(true)
    expect(chain.parseAddress(address.toLowerCase())).not.toBe(address)
  })
})
