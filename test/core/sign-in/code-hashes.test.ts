import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newDigits } from '../../../core/ids.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { createCodeHashes, isCode } from '../../../core/sign-in/code-hashes.ts'

const secret = (text: string) => new TextEncoder().encode(`${text} of at least thirty-two bytes`)
const OLD = secret('the old secret')
const NEW = secret('the new secret')
const BINDING = ['project', 'purpose', 'subject', 'contact', 'nonce']

describe('code hashes', () => {
  const hashes = createCodeHashes([NEW, OLD])

  it('match the code and no other', () => {
    const hash = hashes.hash(BINDING, '048213')
    expect(hashes.matches(BINDING, '048213', hash)).toBe(true)
    expect(hashes.matches(BINDING, '048214', hash)).toBe(false)
    expect(hashes.matches(BINDING, '48213', hash)).toBe(false)
  })

  it.each(BINDING.map((word, index) => [word, index] as const))('bind the %s', (_, index) => {
    const hash = hashes.hash(BINDING, '048213')
    expect(hashes.matches(BINDING.with(index, 'other'), '048213', hash)).toBe(false)
  })

  it('do not let the edge between two words of the binding move', () => {
    const hash = hashes.hash(['ab', 'c'], '048213')
    expect(hashes.matches(['a', 'bc'], '048213', hash)).toBe(false)
  })

  it('cannot be found by trying every code without the secret', () => {
    const hash = hashes.hash(BINDING, '048213')
    const words = [...BINDING, '048213']
    for (const text of [words.join(''), words.join('\0'), JSON.stringify(words), '048213']) {
      expect(createHash('sha256').update(text).digest('base64url')).not.toBe(hash)
    }
    expect(createCodeHashes([OLD]).matches(BINDING, '048213', hash)).toBe(false)
  })

  it('survive the replacement of the secret', () => {
    const earlier = createCodeHashes([OLD]).hash(BINDING, '048213')
    expect(hashes.matches(BINDING, '048213', earlier)).toBe(true)
    expect(createCodeHashes([NEW]).matches(BINDING, '048213', earlier)).toBe(false)
  })

  it.each(['', 'AAAA', 'not base64url at all, and quite long too, to be sure of it'])(
    'match nothing stored as "%s"',
    (stored) => {
      expect(hashes.matches(BINDING, '048213', stored)).toBe(false)
    },
  )

  it('need a secret', () => {
    expect(() => createCodeHashes([])).toThrow(RangeError)
  })
})

describe('codes', () => {
  it.each(['12345', '1234567', '12345a', ' 123456', '123456\n', '１２３４５６', ''])('are not "%s"', (text) => {
    expect(isCode(text)).toBe(false)
  })

  it('draw every digit as often as any other: a byte above 249 is thrown away', () => {
    const every = { bytes: (length: number) => Uint8Array.from({ length }, (_, index) => index % 256) }
    const digits = newDigits(250, every)
    for (const digit of '0123456789') expect(digits.split(digit).length - 1).toBe(25)
  })

  it('keep leading zeros, and are six digits', () => {
    const random = createSystemRandom()
    const codes = Array.from({ length: 2000 }, () => newDigits(6, random))
    expect(codes.every(isCode)).toBe(true)
    expect(codes.some((code) => code.startsWith('0'))).toBe(true)
    expect(new Set(codes).size).toBeGreaterThan(1900)
  })
})
