import { ed25519 } from '@noble/curves/ed25519.js'
import { PublicKey, TransactionInstruction, TransactionMessage } from '@solana/web3.js'
import bs58 from 'bs58'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEthereumChain } from '../../../../core/chains/ethereum/ethereum-chain.ts'
import { offChainMessages } from '../../../../core/chains/solana/off-chain-message.ts'
import { createSolanaChain } from '../../../../core/chains/solana/solana-chain.ts'
import { createSignInMessageParser } from '../../../../core/messages/parse-sign-in-message.ts'
import { STRICT } from '../../../../core/messages/sign-in-message.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'
import { forgeForSmallOrderKey, SMALL_ORDER_KEYS } from '../../../support/small-order-keys.ts'
import { hexBytes } from '../vectors.ts'
import { address, CHALLENGE, key, packet, SIGN_IN, sign, utf8 } from './signed-texts.ts'

const chain = await createSolanaChain()
const MEMO = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr')

function memoMessage(text: string, payer: Uint8Array): Buffer {
  const memo = new TransactionInstruction({ programId: MEMO, keys: [], data: utf8(text) })
  const message = { payerKey: new PublicKey(payer), recentBlockhash: '1'.repeat(32), instructions: [memo] }
  return Buffer.from(new TransactionMessage(message).compileToLegacyMessage().serialize())
}

/** Copies: they share a buffer. */
const envelopes = (text: string, publicKey: Uint8Array) =>
  Array.from(offChainMessages(utf8(text), publicKey), (message) => Buffer.from(message))

const smallOrder = Object.entries(SMALL_ORDER_KEYS).map(([title, hex]) => [title, hexBytes(hex)] as const)

describe('keys of small order, for which anybody can forge', () => {
  it.each(smallOrder)('cannot sign in, in any form: %s', (_title, publicKey) => {
    const account = bs58.encode(publicKey)
    const forms = [...envelopes(CHALLENGE, publicKey), memoMessage(CHALLENGE, publicKey)]
    expect(forms).toHaveLength(5)
    for (const signed of forms) {
      const forged = forgeForSmallOrderKey(publicKey, signed)
      expect(ed25519.verify(forged, signed, publicKey, { zip215: true })).toBe(true)
      for (const signature of [forged, Buffer.concat([Buffer.of(1), forged, signed])]) {
        expect(chain.verify(account, utf8(CHALLENGE), signature)).toBe('invalid')
      }
    }
  })
})

describe('the output of solana:signIn', () => {
  const output = { signedMessage: utf8(SIGN_IN), signature: sign(utf8(SIGN_IN)) }

  it('signs in by the bytes that were signed, decoded; the account beside them goes nowhere', () => {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(output.signedMessage)
    const { address: named } = createSignInMessageParser([chain])(text, STRICT)
    expect(named).toBe(address)
    expect(chain.verify(named, output.signedMessage, output.signature)).toBe('valid')
  })

  it('signs in when the signed bytes are an off-chain message (1.1), by its text and the same signature', () => {
    const signedMessage = Buffer.concat([Buffer.from('\xffsolana offchain\x01\x01', 'latin1'), key, utf8(SIGN_IN)])
    const text = signedMessage.subarray(16 + 2 + 32).toString('utf8')
    expect(chain.verify(address, utf8(text), sign(signedMessage))).toBe('valid')
  })
})

describe('signed packets as text', () => {
  const decoded = (text: string) => {
    const bytes = chain.decodeSignature(text)
    return bytes === null ? null : Buffer.from(bytes)
  }
  const texts = fc.integer({ min: 1, max: 900 }).map((length) => 'x'.repeat(length))

  it('are base58 or base64, and a base58 text is never taken for a base64 one', () => {
    let couldBeBoth = 0
    fc.assert(
      fc.property(texts, fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.nat(5), (text, signature, choice) => {
        const forms = [...envelopes(text, key), memoMessage(text, key)]
        const signed = forms[choice % forms.length] ?? Buffer.of()
        const bytes = Buffer.concat([Buffer.of(1), signature, signed])
        const base58 = bs58.encode(bytes)
        if (Buffer.from(base58, 'base64').toString('base64') === base58) couldBeBoth += 1
        expect(decoded(base58)).toEqual(bytes)
        expect(decoded(bytes.toString('base64'))).toEqual(bytes)
      }),
      fuzzBudget(1000),
    )
    expect(couldBeBoth).toBeGreaterThan(100) // the danger is real
  })

  // Filled up so that its base64 ends in one `=`, after a digit with two bits to spare.
  const whole = packet(memoMessage(CHALLENGE.padEnd(91), key))
  const base64 = whole.toString('base64')
  it('have one spelling in base64', () => {
    expect(base64).toMatch(/[^=]=$/)
    expect(decoded(base64)).toEqual(whole)
    const last = base64.length - 2
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const accepted = [...alphabet].filter((digit) => decoded(`${base64.slice(0, last)}${digit}=`) !== null)
    expect(accepted).toHaveLength(16)
  })

  it.each([
    ['unpadded base64', base64.slice(0, -1)],
    [
      'url-safe base64',
      Buffer.concat([whole.subarray(0, 1), Buffer.alloc(64, 0xfb), whole.subarray(65)]).toString('base64url'),
    ],
    ['a line break', `${base64.slice(0, 76)}\n${base64.slice(76)}`],
    ['a space behind', `${base64} `],
    ['hex', whole.toString('hex')],
    ['two signatures', Buffer.concat([Buffer.of(2), whole.subarray(1, 65), whole.subarray(1)]).toString('base64')],
    ['no signature', Buffer.concat([Buffer.of(0), whole.subarray(65)]).toString('base64')],
    ['a signature over nothing', whole.subarray(0, 65).toString('base64')],
    ['a plain text as the signed bytes', packet(utf8(SIGN_IN)).toString('base64')],
    ['a zero in front', bs58.encode(Buffer.concat([Buffer.of(0), whole]))],
    ['a megabyte of base64', 'AQ'.repeat(500_000)],
    ['a megabyte of base58', '2'.repeat(1_000_000)],
  ])('are refused: %s', (_title, text) => {
    expect(decoded(text)).toBeNull()
  })

  it('cost at most what a packet costs to decode, however hostile the text', () => {
    const started = process.cpuUsage()
    for (let round = 0; round < 100; round++) {
      // The longest base58 and base64 there are, and one that ends in the first wrong digit.
      for (const text of ['z'.repeat(1683), 'A'.repeat(1644), `${'z'.repeat(1682)}0`, 'z'.repeat(65_536)]) decoded(text)
    }
    const { user, system } = process.cpuUsage(started)
    expect((user + system) / 400).toBeLessThan(5_000) // µs each; in fact well below 500
  })
})

describe('texts', () => {
  it('begin with a character that begins neither a transaction nor an off-chain message', async () => {
    const parse = createSignInMessageParser([await createEthereumChain(), chain])
    expect(parse(SIGN_IN, STRICT).domain).toBe('app.example')
    for (let code = 0; code <= 0xff; code++) {
      if (code > 0x20 && code < 0x7f) continue
      expect(() => parse(String.fromCharCode(code) + SIGN_IN, STRICT), `${code}`).toThrow('message_malformed')
    }
  })
})
