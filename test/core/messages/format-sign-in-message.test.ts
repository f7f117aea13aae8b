import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatSignInMessage } from '../../../core/messages/format-sign-in-message.ts'
import type { SignInMessage } from '../../../core/messages/sign-in-message.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import {
  ADDRESS,
  change,
  dropLine,
  ethereum,
  FULL,
  parseStrict,
  refusalOf,
  SOLANA,
  SOLANA_ADDRESS,
  solana,
} from './fixtures.ts'
import { createRandom, generateMessage } from './message-generator.ts'

const SEED = 20_261_121

describe('format is the inverse of parse', () => {
  it.each([
    ['every field', FULL],
    ['Solana', SOLANA],
    ['Solana without chain id', dropLine(SOLANA, 'Chain ID: ')],
    ['no scheme', FULL.slice('https://'.length)],
    ['no statement', change(SOLANA, 'Sign in to Example.\n', '')],
    ['an empty statement', change(SOLANA, 'Sign in to Example.', '')],
    ['an empty request id', change(FULL, 'req-1', '')],
    ['an empty list of resources', FULL.slice(0, FULL.indexOf('\n- '))],
    ['no resources', FULL.slice(0, FULL.indexOf('\nResources:'))],
  ])('%s', (_, text) => expect(formatSignInMessage(parseStrict(text))).toBe(text))

  it(`for generated texts (seed ${SEED})`, () => {
    const random = createRandom(SEED)
    let accepted = 0
    for (let index = 0; index < 3000; index++) {
      const text = generateMessage(random)
      if (refusalOf(text) !== null) continue
      accepted++
      expect(formatSignInMessage(parseStrict(text))).toBe(text)
    }
    expect(accepted).toBeGreaterThan(1000)
  })
})

const ALNUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const textOf = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })
const timestamps = fc
  .date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString())
const uris = fc.webUrl({ withFragments: true, withQueryParameters: true })

const messages: fc.Arbitrary<SignInMessage> = fc
  .record({
    scheme: fc.option(fc.constantFrom('https', 'http', 'a+b-c.1')),
    domain: fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.tuple(fc.domain(), fc.nat(65_535)).map(([host, port]) => `${host}:${port}`),
    ),
    statement: fc.option(textOf(`${ALNUM} :/?#[]@!$&'()*+,;=-._~`, 0, 60)),
    uri: uris,
    version: fc.constant('1'),
    nonce: textOf(ALNUM, 8, 128),
    issuedAt: timestamps,
    expirationTime: fc.option(timestamps),
    notBefore: fc.option(timestamps),
    requestId: fc.option(textOf(`${ALNUM}-._~!$&'()*+,;=:@`, 0, 20)),
    resources: fc.option(fc.array(uris, { maxLength: 4 })),
  })
  .chain((fields) =>
    fc.oneof(
      fc.bigInt({ min: 0n, max: 10n ** 32n - 1n }).map(
        (id): SignInMessage => ({
          ...fields,
          namespace: 'eip155',
          address: ADDRESS,
          chainId: id.toString(),
        }),
      ),
      fc.option(textOf(`${ALNUM}:-_ `, 1, 41)).map(
        (chainId): SignInMessage => ({
          ...fields,
          namespace: 'solana',
          address: SOLANA_ADDRESS,
          chainId,
        }),
      ),
    ),
  )

describe('parse is the inverse of format', () => {
  it(`for every message (seed ${SEED})`, () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(parseStrict(formatSignInMessage(message))).toEqual(message)
      }),
      fuzzBudget(3000, SEED),
    )
  })
})

it('names the chains as they name themselves', () => {
  expect(formatSignInMessage(parseStrict(FULL))).toContain(` your ${ethereum.name} account:`)
  expect(formatSignInMessage(parseStrict(SOLANA))).toContain(` your ${solana.name} account:`)
})
