import bs58 from 'bs58'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { offChainMessages } from '../../../../core/chains/solana/off-chain-message.ts'
import { createSolanaChain } from '../../../../core/chains/solana/solana-chain.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'
import { address, key, packet, SIGN_IN, sign, stranger, utf8 } from './signed-texts.ts'

const chain = await createSolanaChain()
const envelopes = [...offChainMessages(utf8(SIGN_IN), key)].map((each) => Buffer.from(each))
// They share one buffer: each is copied as it comes.
const copies = () => {
  const all: Buffer[] = []
  for (const each of offChainMessages(utf8(SIGN_IN), key)) all.push(Buffer.from(each))
  return all
}

/** A cut, a few strange bytes, or both, anywhere in good bytes. */
const mutationsOf = (good: readonly Uint8Array[]) =>
  fc
    .tuple(fc.constantFrom(...good), fc.nat(), fc.uint8Array({ maxLength: 24 }), fc.nat(24))
    .map(([bytes, place, inserted, removed]) => {
      const at = place % (bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])
    })
const signed = [sign(utf8(SIGN_IN)), ...copies().map((each) => packet(each))]

const verdict = (text: string): string => {
  const signature = chain.decodeSignature(text)
  return signature === null ? 'malformed' : chain.verify(address, utf8(SIGN_IN), signature)
}

describe('whatever is sent as a Solana signature', () => {
  it('has good ones among it', () => {
    expect(envelopes.length).toBeGreaterThan(2)
    for (const each of signed) expect(verdict(Buffer.from(each).toString('base64'))).toBe('valid')
  })

  it('gets a verdict, and any bytes but the signed ones get no good one', () => {
    const good = new Set(signed.map((each) => Buffer.from(each).toString('hex')))
    const bytes = fc.oneof(mutationsOf(signed), fc.uint8Array({ maxLength: 1_300 }))
    fc.assert(
      fc.property(bytes, (sent) => {
        const isGood = good.has(Buffer.from(sent).toString('hex'))
        for (const text of [Buffer.from(sent).toString('base64'), bs58.encode(sent)]) {
          expect(verdict(text) === 'valid').toBe(isGood)
        }
      }),
      fuzzBudget(400),
    )
  })

  it('gets a verdict as text too, and is no signature of anybody else’s', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme-ascii', minLength: 80, maxLength: 100 }),
      fc
        .tuple(fc.constantFrom(...signed), fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }))
        .map(([bytes, place, added]) => {
          const whole = bs58.encode(bytes)
          const at = place % (whole.length + 1)
          return `${whole.slice(0, at)}${added || ' '}${whole.slice(at)}`
        }),
    )
    fc.assert(
      fc.property(text, (sent) => {
        expect(['malformed', 'invalid']).toContain(verdict(sent))
      }),
      fuzzBudget(400),
    )
    expect(verdict(bs58.encode(sign(utf8(SIGN_IN), stranger)))).toBe('invalid')
  })
})
