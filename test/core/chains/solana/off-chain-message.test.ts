import bs58 from 'bs58'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOffChainMessageOf, offChainMessages } from '../../../../core/chains/solana/off-chain-message.ts'
import { createSolanaChain } from '../../../../core/chains/solana/solana-chain.ts'
import { fuzzBudget } from '../../../support/fuzz-budget.ts'
import { flipBit } from '../vectors.ts'
import { address, CHALLENGE, key, packet, SIGN_IN, sign, stranger, utf8 } from './signed-texts.ts'

const chain = await createSolanaChain()

/*
 * Byte by byte from docs.anza.xyz/proposals/off-chain-message-signing (version 0), sRFC 38 (version 1), and what the libraries
 * named in decision 0010 write.
 */
const DOMAIN = 'ff736f6c616e61206f6666636861696e'
const ZEROS = '00'.repeat(32)
const hexKey = key.toString('hex')
const bytesOf = (...parts: string[]) => Buffer.from(parts.join(''), 'hex')
const lengthOf = (text: string) => {
  const bytes = utf8(text).length
  return [bytes % 256, Math.floor(bytes / 256)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
const hex = (text: string) => utf8(text).toString('hex')

const version1 = (text: string, signers = `01${hexKey}`) => bytesOf(DOMAIN, '01', signers, hex(text))
const version1WithLength = (text: string) => bytesOf(DOMAIN, '01', '01', hexKey, lengthOf(text), hex(text))
const version0 = (format: string, text: string, application = ZEROS, signers = `01${hexKey}`) =>
  bytesOf(DOMAIN, '00', application, format, signers, lengthOf(text), hex(text))
const legacy = (format: string, text: string) => bytesOf(DOMAIN, '00', format, lengthOf(text), hex(text))
const applicationOf = (name: string) => Buffer.concat([utf8(name)], 32).toString('hex')

const UMLAUTS = SIGN_IN.replace('Sign in.', 'Grüße, 🦊.')
const wanted: [string, string, Buffer][] = [
  ['version 1', SIGN_IN, version1(SIGN_IN)],
  ['version 1, beyond ASCII', UMLAUTS, version1(UMLAUTS)],
  ['version 1 of a challenge', CHALLENGE, version1(CHALLENGE)],
  ['version 1 with a length', SIGN_IN, version1WithLength(SIGN_IN)],
  ['version 0, lines as ASCII', SIGN_IN, version0('00', SIGN_IN)],
  ['version 0, lines as UTF-8', SIGN_IN, version0('01', SIGN_IN)],
  ['version 0, one line', CHALLENGE, version0('00', CHALLENGE)],
  ['version 0, beyond ASCII', UMLAUTS, version0('01', UMLAUTS)],
  ['legacy, lines as UTF-8', SIGN_IN, legacy('01', SIGN_IN)],
  ['legacy, one line', CHALLENGE, legacy('00', CHALLENGE)],
  ['legacy, beyond ASCII', UMLAUTS, legacy('01', UMLAUTS)],
]
const verdict = (text: string, signatureText: string, account = address) => {
  const signature = chain.decodeSignature(signatureText)
  return signature === null ? 'malformed' : chain.verify(account, utf8(text), signature)
}
/** As a bare signature and as an envelope, each in both encodings. */
const spellings = (signed: Uint8Array, by?: typeof stranger) =>
  [sign(signed, by), packet(signed, by)].flatMap((bytes) => [bs58.encode(bytes), bytes.toString('base64')])

describe('off-chain messages', () => {
  it.each(wanted)('sign in: %s', (_title, text, signed) => {
    expect(spellings(signed).map((spelling) => verdict(text, spelling))).toEqual(Array(4).fill('valid'))
  })

  it.each(wanted)('sign nobody else in: %s', (_title, text, signed) => {
    const others = spellings(signed, stranger)
    expect(others.map((spelling) => verdict(text, spelling))).toEqual(Array(4).fill('invalid'))
    // The stranger’s signature over a message that names us, sent for the stranger: only the legacy layout names nobody.
    const account = stranger.publicKey.toBase58()
    const isNameless = signed.length === utf8(text).length + 20
    expect(others.map((spelling) => verdict(text, spelling, account))).toEqual(
      Array(4).fill(isNameless ? 'valid' : 'invalid'),
    )
  })

  it.each(wanted)('are over this text and no other: %s', (_title, text, signed) => {
    for (const other of [`${text}\n`, text.slice(1), text.replace('o', '0'), '']) {
      expect(spellings(signed).map((spelling) => verdict(other, spelling))).toEqual(Array(4).fill('invalid'))
    }
  })

  it.each(wanted)('refuse every flipped bit: %s', (title, text, signed) => {
    const envelope = packet(signed)
    const passed: number[] = []
    for (let bit = 0; bit < envelope.length * 8; bit++) {
      if (chain.verify(address, utf8(text), flipBit(envelope, bit)) !== 'invalid') passed.push(bit)
      // The same, signed anew: the layout is compared, not only the signature.
      if (bit < signed.length * 8 && isOffChainMessageOf(flipBit(signed, bit), utf8(text), key)) passed.push(-bit)
    }
    // Format 0 and 1 of a text with lines differ in one bit, and both are wanted.
    expect(passed).toEqual(title.startsWith('version 0, lines') ? [-(16 + 1 + 32) * 8] : [])
  })

  it('name as application nothing, or the domain that the text names', () => {
    const named = version0('00', SIGN_IN, applicationOf('app.example'))
    expect(verdict(SIGN_IN, packet(named).toString('base64'))).toBe('valid')
    // No such candidate is tried for a bare signature.
    expect(verdict(SIGN_IN, bs58.encode(sign(named)))).toBe('invalid')
    const refused = [
      'app.exampl',
      'pp.example',
      'app.example ',
      'evil.example',
      'app.example wants',
      'https://app.example',
      `app.example\0x`,
      ` `,
    ]
    for (const name of refused) {
      const other = version0('00', SIGN_IN, applicationOf(name))
      expect(verdict(SIGN_IN, packet(other).toString('base64')), name).toBe('invalid')
    }
    const byKey = version0('00', SIGN_IN, hexKey)
    expect(verdict(SIGN_IN, packet(byKey).toString('base64'))).toBe('invalid')
    // A challenge names no domain.
    const challenged = version0('00', CHALLENGE, applicationOf('Login for My App'))
    expect(verdict(CHALLENGE, packet(challenged).toString('base64'))).toBe('invalid')
    // 32 bytes, so without padding; and one more, which clients cut.
    for (const [domain, expected] of [
      [`${'a'.repeat(24)}.example`, 'valid'],
      [`${'a'.repeat(25)}.example`, 'invalid'],
    ] as const) {
      const text = SIGN_IN.replace('app.example', domain)
      const signed = version0('00', text, applicationOf(domain))
      expect(verdict(text, packet(signed).toString('base64')), domain).toBe(expected)
    }
  })

  const both = [key, stranger.publicKey.toBuffer()].sort(Buffer.compare).map((signer) => signer.toString('hex'))
  it.each([
    ['no signer, version 1', version1(SIGN_IN, '00')],
    ['two signers, version 1', version1(SIGN_IN, `02${both.join('')}`)],
    ['the same signer twice', version1(SIGN_IN, `02${hexKey}${hexKey}`)],
    ['another signer, version 1', version1(SIGN_IN, `01${stranger.publicKey.toBuffer().toString('hex')}`)],
    ['no signer, version 0', version0('00', SIGN_IN, ZEROS, '00')],
    ['two signers, version 0', version0('00', SIGN_IN, ZEROS, `02${both.join('')}`)],
    ['format 2 for a short text', version0('02', SIGN_IN)],
    ['format 3', version0('03', SIGN_IN)],
    ['legacy with lines as ASCII', legacy('00', SIGN_IN)],
    ['legacy with format 2 for a short text', legacy('02', SIGN_IN)],
    ['version 2', Buffer.concat([bytesOf(DOMAIN, '02', '01', hexKey), utf8(SIGN_IN)])],
    ['the signing domain alone', Buffer.concat([bytesOf(DOMAIN), utf8(SIGN_IN)])],
    ['the domain without 0xff', Buffer.concat([utf8('solana offchain'), utf8(SIGN_IN)])],
    ['an envelope in an envelope', bytesOf(DOMAIN, '01', '01', hexKey, version1(SIGN_IN).toString('hex'))],
    ['a byte more', Buffer.concat([version0('00', SIGN_IN), Buffer.of(0)])],
    ['a byte less', version0('00', SIGN_IN).subarray(0, -1)],
    [
      'a big-endian length',
      bytesOf(DOMAIN, '0001', Buffer.from(lengthOf(SIGN_IN), 'hex').reverse().toString('hex'), hex(SIGN_IN)),
    ],
  ])('refuse %s', (_title, signed) => {
    for (const spelling of spellings(signed)) expect(['invalid', 'malformed']).toContain(verdict(SIGN_IN, spelling))
  })

  it('choose the format by length: hardware takes up to 15 312 bytes, the specification 1232 with the header', () => {
    const long = (length: number) => 'x'.repeat(length)
    const bare = (text: string, signed: Uint8Array) => verdict(text, bs58.encode(sign(signed)))
    for (const [length, format, expected] of [
      [1147, '02', 'invalid'],
      [1148, '02', 'valid'],
      [1148, '00', 'valid'],
      [15_312, '00', 'valid'],
      [15_312, '02', 'valid'],
      [15_313, '00', 'invalid'],
      [15_313, '02', 'invalid'],
    ] as const) {
      expect(bare(long(length), version0(format, long(length))), `${length} ${format}`).toBe(expected)
    }
    for (const [length, format, expected] of [
      [1212, '00', 'valid'],
      [1212, '02', 'invalid'],
      [1213, '00', 'invalid'],
      [1213, '02', 'valid'],
    ] as const) {
      expect(bare(long(length), legacy(format, long(length))), `legacy ${length} ${format}`).toBe(expected)
    }
    expect(bare(long(15_312), version1(long(15_312)))).toBe('valid')
    expect(bare(long(15_313), version1(long(15_313)))).toBe('invalid')
  })

  it('are at most five per text, all different, so that a wrong signature costs at most six verifications', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1500 }), (text) => {
        const messages = Array.from(offChainMessages(utf8(text), key), (message) =>
          Buffer.from(message).toString('hex'),
        )
        expect(messages.length).toBeLessThanOrEqual(5)
        expect(new Set(messages).size).toBe(messages.length)
        expect(messages.length === 0).toBe(text === '')
      }),
      fuzzBudget(100),
    )
  })

  it('never pass for a text: signed bytes that begin with the signing domain verify as nothing', () => {
    for (const [, , signed] of wanted) {
      for (const signature of [sign(signed), packet(signed)]) {
        expect(chain.verify(address, signed, signature)).toBe('invalid')
      }
    }
  })
})
