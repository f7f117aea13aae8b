import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { MESSAGE_REFUSALS } from '../../../core/messages/message-refusals.ts'
import { MAX_MESSAGE_LENGTH } from '../../../core/messages/parse-sign-in-message.ts'
import { type MessageLeniencies, STRICT } from '../../../core/messages/sign-in-message.ts'
import { parseTimestamp } from '../../../core/messages/timestamp.ts'
import { isAuthority, isUri } from '../../../core/messages/uri.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { ADDRESS, FULL, parse } from './fixtures.ts'

const SEED = 20_261_121

const leniencies: fc.Arbitrary<MessageLeniencies> = fc.record({
  anyAddressCase: fc.boolean(),
  carriageReturns: fc.boolean(),
  outerSpace: fc.boolean(),
  anyNonceAndVersion: fc.boolean(),
  anyStatementText: fc.boolean(),
  singleBlankLine: fc.boolean(),
})
const ALL: MessageLeniencies = {
  anyAddressCase: true,
  carriageReturns: true,
  outerSpace: true,
  anyNonceAndVersion: true,
  anyStatementText: true,
  singleBlankLine: true,
}

const PIECES = [
  ...FULL.split('\n'),
  'URI: ',
  'Nonce: ',
  'Resources:',
  '- ',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '',
  '\0',
  '\uD800',
  '😀',
  '%',
  '[::',
]
const junk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join('\n')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join('')),
  // A good text with one piece of junk in it.
  fc
    .tuple(fc.nat(FULL.length), fc.nat(3), fc.string({ unit: 'binary', maxLength: 4 }))
    .map(([at, removed, added]) => FULL.slice(0, at) + added + FULL.slice(at + removed)),
)

describe('whatever the text', () => {
  it(`the parser answers, or throws AuthError with a listed reason (seed ${SEED})`, () => {
    const outcomes = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(junk, leniencies, (text, lenient) => {
        try {
          parse(text, lenient)
          outcomes.accepted++
        } catch (error) {
          outcomes.refused++
          expect(error).toBeInstanceOf(AuthError)
          expect(error).toMatchObject({ code: 'message_malformed' })
          expect(MESSAGE_REFUSALS).toContain((error as AuthError).reason)
        }
      }),
      fuzzBudget(20_000, SEED),
    )
    expect(outcomes.accepted).toBeGreaterThan(100)
    expect(outcomes.refused).toBeGreaterThan(10_000)
  })

  it(`what strict accepts, every leniency accepts with the same fields (seed ${SEED})`, () => {
    fc.assert(
      fc.property(junk, leniencies, (text, lenient) => {
        let strict: unknown
        try {
          strict = parse(text, STRICT)
        } catch {
          return
        }
        // Outer space is the one that may shorten a value: a statement or chain id with a space at its end.
        expect(parse(text, { ...lenient, outerSpace: false })).toEqual(strict)
      }),
      fuzzBudget(10_000, SEED),
    )
  })
})

/** The quickest of a few runs: what the work takes, whatever else the machine does. */
function quickestMs(run: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
  return Math.min(...times)
}

// Quadratic work on this many characters takes hundreds of milliseconds, linear work well under one.
const LINEAR_MS = 20
const fill = (piece: string, length = MAX_MESSAGE_LENGTH) =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length)

describe('time is linear in the length', () => {
  const tokens = [
    'a',
    ' ',
    '\n',
    '\r',
    '\r\n',
    '\t',
    '%',
    '%41',
    '/',
    ':',
    '@',
    '[',
    ']',
    '://',
    '- uri:\n',
    'URI: ',
    'é',
    '😀',
    '\0',
    '0',
    '::',
    '1.',
    ' wants you to sign in with your Ethereum account:',
    ' wants you to sign in with your Ethereum account:\n',
    'Resources:\n',
  ]
  const head = FULL.slice(0, FULL.indexOf('\nResources:'))
  const contexts: readonly (readonly [name: string, build: (token: string) => string])[] = [
    ['alone', (token) => fill(token)],
    ['as address', (token) => `${FULL.slice(0, FULL.indexOf(ADDRESS))}${fill(token, 16_000)}`],
    [
      'as statement',
      (token) =>
        `${FULL.slice(0, FULL.indexOf('Sign in'))}${fill(token, 15_000)}${FULL.slice(FULL.indexOf('\n\nURI'))}`,
    ],
    [
      'as URI',
      (token) => `${FULL.slice(0, FULL.indexOf('https://app.example.com/login'))}https://${fill(token, 15_000)}`,
    ],
    ['as nonce', (token) => `${FULL.slice(0, FULL.indexOf('0123456789abcdef'))}${fill(token, 15_000)}`],
    ['as fraction', (token) => `${FULL.slice(0, FULL.indexOf('000Z'))}${fill(token, 15_000)}`],
    ['as resources', (token) => `${head}\nResources:\n${fill(token, 15_000)}`],
    ['at the end', (token) => `${FULL}\n${fill(token, 15_000)}`],
  ]

  it.each(contexts)('repeated tokens %s', (_, build) => {
    for (const token of tokens) {
      const text = build(token)
      expect(text.length).toBeGreaterThan(15_000)
      for (const lenient of [STRICT, ALL]) {
        const ms = quickestMs(() => {
          try {
            parse(text, lenient)
          } catch (error) {
            if (!(error instanceof AuthError)) throw error
          }
        })
        expect(ms, JSON.stringify(token)).toBeLessThan(LINEAR_MS)
      }
    }
  })

  it('of a URI, an authority and a timestamp by themselves', () => {
    for (const token of tokens) {
      const text = fill(token)
      expect(quickestMs(() => isUri(`a:${text}`))).toBeLessThan(LINEAR_MS)
      expect(quickestMs(() => isUri(`a://[${text}]`))).toBeLessThan(LINEAR_MS)
      expect(quickestMs(() => isAuthority(text))).toBeLessThan(LINEAR_MS)
      expect(quickestMs(() => parseTimestamp(`2026-06-22T10:00:00.${text}Z`))).toBeLessThan(LINEAR_MS)
    }
  })

  it('a longer text is refused unread', () => {
    expect(() => parse('\uD800'.repeat(MAX_MESSAGE_LENGTH + 1), ALL)).toThrow('too_long')
  })
})
