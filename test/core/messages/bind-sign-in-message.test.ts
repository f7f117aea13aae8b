import { describe, expect, it } from 'vitest'
import type { Chain } from '../../../core/chains/chain.ts'
import { AuthError } from '../../../core/errors.ts'
import { BINDING_REFUSALS, bindSignInMessage, type Expectation } from '../../../core/messages/bind-sign-in-message.ts'
import type { SignInMessage } from '../../../core/messages/sign-in-message.ts'
import { ADDRESS, ethereum, FULL, parseStrict, SOLANA, SOLANA_ADDRESS, solana } from './fixtures.ts'

const MESSAGE: SignInMessage = {
  ...parseStrict(FULL),
  issuedAt: '2026-06-22T10:00:00.000Z',
  expirationTime: '2026-06-22T10:05:00.000Z',
  notBefore: '2026-06-22T10:00:00.000Z',
}

const EXPECTATION: Expectation = {
  account: { namespace: 'eip155', address: ADDRESS.toLowerCase(), chain: null },
  acceptsOrigin: (scheme, domain) => scheme === 'https' && domain === 'app.example.com:8443',
  acceptsUri: (uri) => uri === MESSAGE.uri,
  acceptsStatement: (statement) => statement === MESSAGE.statement,
  acceptsChainId: (chainId) => chainId === '8453',
  maxAgeSeconds: 300,
  maxClockSkewSeconds: 30,
  now: new Date('2026-06-22T10:01:00.000Z'),
}

interface Change {
  readonly message?: Partial<SignInMessage>
  readonly expectation?: Partial<Expectation>
  readonly chain?: Chain
}

function refusal({ message, expectation, chain = ethereum }: Change): string | null {
  try {
    bindSignInMessage({ ...MESSAGE, ...message }, { ...EXPECTATION, ...expectation }, chain)
    return null
  } catch (error) {
    if (error instanceof AuthError) return `${error.code}: ${error.reason}`
    throw error
  }
}
const at = (time: string) => new Date(`2026-06-22T${time}Z`)

it('accepts a message that meets every expectation', () => expect(refusal({})).toBeNull())

const CASES: readonly (readonly [name: string, change: Change, reason: string])[] = [
  ['another address', { message: { address: `0x${'1'.repeat(40)}` } }, 'address_mismatch'],
  ['no address at all', { message: { address: 'nobody' } }, 'address_mismatch'],
  [
    'an account of another namespace',
    { expectation: { account: { ...EXPECTATION.account, namespace: 'solana' } } },
    'address_mismatch',
  ],
  ['a message of another namespace', { message: { namespace: 'solana' } }, 'address_mismatch'],
  ['a chain of another namespace', { chain: solana }, 'address_mismatch'],
  ['another version', { message: { version: '2' } }, 'version_mismatch'],
  ['another chain id', { message: { chainId: '1' } }, 'chain_id_mismatch'],
  ['no chain id', { message: { chainId: null } }, 'chain_id_mismatch'],
  [
    'a contract account of another chain',
    { expectation: { account: { ...EXPECTATION.account, chain: '1' } } },
    'chain_id_mismatch',
  ],
  ['another domain', { message: { domain: 'evil.example' } }, 'domain_mismatch'],
  ['another scheme', { message: { scheme: 'http' } }, 'domain_mismatch'],
  ['no scheme', { message: { scheme: null } }, 'domain_mismatch'],
  ['another URI', { message: { uri: `${MESSAGE.uri}/` } }, 'uri_mismatch'],
  ['another statement', { message: { statement: '' } }, 'statement_mismatch'],
  ['no statement', { message: { statement: null } }, 'statement_mismatch'],
  ['issued 30.001 s ahead', { message: { issuedAt: '2026-06-22T10:01:30.001Z' } }, 'issued_in_the_future'],
  [
    'issued a nanosecond too far ahead',
    { message: { issuedAt: '2026-06-22T10:01:30.000000001Z' } },
    'issued_in_the_future',
  ],
  [
    'issued 300.001 s ago',
    { message: { issuedAt: '2026-06-22T09:56:00Z' }, expectation: { now: at('10:01:00.001') } },
    'issued_too_long_ago',
  ],
  ['expired now', { message: { expirationTime: '2026-06-22T10:01:00.000Z' } }, 'expired'],
  ['expired a second ago', { message: { expirationTime: '2026-06-22T10:00:59Z' } }, 'expired'],
  ['expired by an offset', { message: { expirationTime: '2026-06-22T11:00:59+01:00' } }, 'expired'],
  ['not before a millisecond from now', { message: { notBefore: '2026-06-22T10:01:00.001Z' } }, 'not_yet_valid'],
  ['not before a nanosecond from now', { message: { notBefore: '2026-06-22T10:01:00.000000001Z' } }, 'not_yet_valid'],
]

describe('binding_mismatch', () => {
  it.each(CASES)('%s', (_, change, reason) => expect(refusal(change)).toBe(`binding_mismatch: ${reason}`))

  it('for every reason there is', () => {
    expect(new Set(CASES.map(([, , reason]) => reason))).toEqual(new Set(BINDING_REFUSALS))
  })

  it('judges in the order of the list', () => {
    const never = () => false
    const wrong: Change[] = [
      { message: { address: `0x${'1'.repeat(40)}` } },
      { message: { version: '2' } },
      { expectation: { acceptsChainId: never } },
      { expectation: { acceptsOrigin: never } },
      { expectation: { acceptsUri: never } },
      { expectation: { acceptsStatement: never } },
      { message: { issuedAt: '2026-06-22T10:02:00Z' } },
      { expectation: { maxAgeSeconds: 0 } },
      { message: { expirationTime: '2026-06-22T10:00:30Z' } },
      { message: { notBefore: '2026-06-22T10:02:00Z' } },
    ]
    for (const [index, reason] of BINDING_REFUSALS.entries()) {
      // This and everything after it is wrong: this is what is named. (A message can't be both too young and too old.)
      const rest = wrong.slice(index).filter((_, i) => reason === 'issued_too_long_ago' || i === 0 || index + i !== 7)
      const change = {
        message: Object.assign({}, ...rest.map((one) => one.message)),
        expectation: Object.assign({}, ...rest.map((one) => one.expectation)),
      }
      expect(refusal(change)).toBe(`binding_mismatch: ${reason}`)
    }
  })
})

describe('accepts at the bound', () => {
  it.each<[string, Change]>([
    ['any spelling of the address', { message: { address: ADDRESS.toLowerCase() } }],
    ['a contract account on its chain', { expectation: { account: { ...EXPECTATION.account, chain: '8453' } } }],
    ['issued 30 s ahead', { message: { issuedAt: '2026-06-22T10:01:30.000Z' } }],
    ['issued 300 s ago', { message: { issuedAt: '2026-06-22T09:56:00.000Z' } }],
    ['expires a millisecond from now', { message: { expirationTime: '2026-06-22T10:01:00.001Z' } }],
    ['not before now', { message: { notBefore: '2026-06-22T10:01:00.000Z' } }],
    ['no expiration and no not-before', { message: { expirationTime: null, notBefore: null } }],
  ])('%s', (_, change) => expect(refusal(change)).toBeNull())

  it('on Solana', () => {
    const message = parseStrict(SOLANA)
    const expectation: Expectation = {
      ...EXPECTATION,
      account: { namespace: 'solana', address: SOLANA_ADDRESS, chain: null },
      acceptsOrigin: (scheme) => scheme === null,
      acceptsUri: () => true,
      acceptsStatement: () => true,
      acceptsChainId: (chainId) => chainId === 'mainnet',
    }
    expect(() => bindSignInMessage(message, expectation, solana)).not.toThrow()
    // base58 is case-sensitive: another case is another account.
    const other = { ...message, address: SOLANA_ADDRESS.toLowerCase() }
    expect(() => bindSignInMessage(other, expectation, solana)).toThrow('binding_mismatch: address_mismatch')
  })
})

describe('fails closed', () => {
  it.each<[string, Change, string]>([
    ['an invalid clock', { expectation: { now: new Date(Number.NaN) } }, 'binding_mismatch: issued_in_the_future'],
    ['no skew', { expectation: { maxClockSkewSeconds: Number.NaN } }, 'binding_mismatch: issued_in_the_future'],
    ['no age', { expectation: { maxAgeSeconds: Number.NaN } }, 'binding_mismatch: issued_too_long_ago'],
    ['a time of issue that is none', { message: { issuedAt: 'today' } }, 'message_malformed: issued_at_malformed'],
    ['an expiration that is none', { message: { expirationTime: '' } }, 'message_malformed: expiration_time_malformed'],
    ['a not-before that is none', { message: { notBefore: '' } }, 'message_malformed: not_before_malformed'],
  ])('%s', (_, change, expected) => expect(refusal(change)).toBe(expected))
})
