import { describe, expect, it } from 'vitest'
import { type MessageLeniencies, STRICT } from '../../../core/messages/sign-in-message.ts'
import { ADDRESS, change, dropLine, FULL, parse, parseStrict, refusalOf, SOLANA } from './fixtures.ts'

const STATEMENT = 'Sign in to Example. Terms: https://example.com/tos?v=1'
const NONCE = '0123456789abcdef'
const crlf = (text: string) => text.replaceAll('\n', '\r\n')
const WITHOUT_STATEMENT = change(SOLANA, 'Sign in to Example.\n\n', '')

/** Texts the strict parser refuses, by the one leniency that accepts each. */
const ACCEPTED: Record<keyof MessageLeniencies, readonly (readonly [name: string, text: string])[]> = {
  anyAddressCase: [
    ['all lower case', change(FULL, ADDRESS, ADDRESS.toLowerCase())],
    ['upper-case digits', change(FULL, ADDRESS, `0x${ADDRESS.slice(2).toUpperCase()}`)],
    ['a wrong checksum', change(FULL, ADDRESS, ADDRESS.replace('C02a', 'c02a'))],
  ],
  carriageReturns: [
    ['every line end', crlf(FULL)],
    ['some line ends', change(FULL, `${ADDRESS}\n\n`, `${ADDRESS}\r\n\r\n`)],
    ['on Solana', crlf(SOLANA)],
  ],
  outerSpace: [
    ['a line feed at the end', `${FULL}\n`],
    ['blank lines at the end', `${FULL}\n \t\n\n`],
    ['CRLF at the end', `${FULL}\r\n`],
    ['spaces at the end', `${FULL}  `],
    [
      'around every line',
      FULL.split('\n')
        .map((line) => `\t ${line} \t`)
        .join('\n'),
    ],
    ['a blank line that holds spaces', change(FULL, `${ADDRESS}\n\n`, `${ADDRESS}\n  \n`)],
    ['an empty value without the space of its title', change(FULL, 'Request ID: req-1', 'Request ID:')],
  ],
  anyNonceAndVersion: [
    ['a UUID', change(FULL, NONCE, '9b2f6a1e-5d1c-4b7e-8f10-2b6c5d4e3f21')],
    ['a short nonce', change(FULL, NONCE, 'x')],
    ['an empty nonce', change(FULL, NONCE, '')],
    ['a NUL in the nonce', change(FULL, NONCE, '01234567\u000089')],
    ['a nonce of 300 characters', change(FULL, NONCE, 'a'.repeat(300))],
    ['a nonce that is not ASCII', change(FULL, NONCE, 'nönce 😀')],
    ['another version', change(FULL, 'Version: 1', 'Version: 2')],
    ['an odd version', change(FULL, 'Version: 1', 'Version: one.zero')],
  ],
  anyStatementText: [
    ['quotation marks', change(FULL, STATEMENT, 'Sign in to "Example" <now>')],
    ['percent', change(FULL, STATEMENT, '100 % sure')],
    ['not ASCII', change(FULL, STATEMENT, 'Melde dich an: größer, 日本, 😀')],
  ],
  singleBlankLine: [
    ['on Solana', WITHOUT_STATEMENT],
    ['on Ethereum', change(FULL, `${STATEMENT}\n\n`, '')],
  ],
}

const NAMES = Object.keys(STRICT) as (keyof MessageLeniencies)[]
const onlyFor = (name: keyof MessageLeniencies): MessageLeniencies => ({ ...STRICT, [name]: true })
const ALL = Object.fromEntries(NAMES.map((name) => [name, true])) as unknown as MessageLeniencies

describe.each(NAMES)('%s', (name) => {
  it.each(ACCEPTED[name])('accepts %s, and no other leniency does', (_, text) => {
    expect(refusalOf(text)).not.toBeNull()
    expect(refusalOf(text, onlyFor(name))).toBeNull()
    expect(refusalOf(text, ALL)).toBeNull()
    for (const other of NAMES.filter((one) => one !== name)) expect(refusalOf(text, onlyFor(other))).not.toBeNull()
  })

  it('reads what the strict parser accepts as the strict parser does', () => {
    const statementLikeAField = change(FULL, STATEMENT, 'URI: https://evil.example')
    for (const text of [FULL, SOLANA, statementLikeAField, change(FULL, STATEMENT, ''), dropLine(SOLANA, 'Chain')]) {
      expect(parse(text, onlyFor(name))).toEqual(parseStrict(text))
    }
  })
})

describe('values under a leniency', () => {
  it('the address stays as written', () => {
    const text = change(FULL, ADDRESS, ADDRESS.toLowerCase())
    expect(parse(text, onlyFor('anyAddressCase')).address).toBe(ADDRESS.toLowerCase())
  })

  it('line ends and outer space belong to no value', () => {
    expect(parse(crlf(FULL), onlyFor('carriageReturns'))).toEqual(parseStrict(FULL))
    const spaced = FULL.split('\n')
      .map((line) => ` ${line}\t`)
      .join('\n')
    expect(parse(`${spaced}\n\n`, onlyFor('outerSpace'))).toEqual(parseStrict(FULL))
    expect(parse(`${crlf(spaced)}\r\n`, ALL)).toEqual(parseStrict(FULL))
  })

  it('a NUL reaches bind in the nonce', () => {
    expect(parse(change(FULL, NONCE, 'a\u0000b'), onlyFor('anyNonceAndVersion')).nonce).toBe('a\u0000b')
  })

  it('a carriage return without its line feed ends no line', () => {
    expect(refusalOf(`${FULL}\r`, onlyFor('carriageReturns'))).toBe('resource_malformed')
  })

  it('one blank line is no statement', () => {
    expect(parse(WITHOUT_STATEMENT, onlyFor('singleBlankLine')).statement).toBeNull()
  })
})

describe('all leniencies together still refuse', () => {
  it.each([
    ['an address without 0x', change(FULL, ADDRESS, ADDRESS.slice(2)), 'address_malformed'],
    ['an address in hexadecimal that is too short', change(FULL, ADDRESS, ADDRESS.slice(0, -1)), 'address_malformed'],
    ['a carriage return inside a nonce', change(FULL, NONCE, '0123\r4567'), 'nonce_malformed'],
    ['a carriage return inside a version', change(FULL, 'Version: 1', 'Version: 1\r1'), 'version_unsupported'],
    ['a carriage return as line end', change(FULL, '\nNonce', '\rNonce'), 'chain_id_malformed'],
    ['two carriage returns before a line feed', change(FULL, '8453\n', '8453\r\r\n'), 'chain_id_malformed'],
    ['a lone surrogate in the nonce', change(FULL, NONCE, '\uD800'), 'ill_formed_text'],
    ['a control character in the statement', change(FULL, STATEMENT, 'a\u0007b'), 'statement_malformed'],
    ['NUL in the statement', change(FULL, STATEMENT, 'a\u0000b'), 'statement_malformed'],
    ['a C1 control character in the statement', change(FULL, STATEMENT, 'a\u0085b'), 'statement_malformed'],
    ['a line separator in the statement', change(FULL, STATEMENT, 'a\u2028URI: x:'), 'statement_malformed'],
    ['a second line of statement', change(FULL, STATEMENT, 'a\nb'), 'statement_malformed'],
    ['NUL in the domain', change(FULL, 'com:8443', 'com\u0000'), 'domain_malformed'],
    ['NUL in the URI', change(FULL, '#top', '#top\u0000'), 'uri_malformed'],
    ['a blank line before the header', `\n${FULL}`, 'header_malformed'],
    ['a blank line between fields', change(FULL, '\nNonce', '\n\nNonce'), 'nonce_missing'],
    ['a missing nonce', dropLine(FULL, 'Nonce: '), 'nonce_missing'],
    ['a missing version', dropLine(FULL, 'Version: '), 'version_missing'],
    ['a missing URI', dropLine(FULL, 'URI: '), 'uri_missing'],
    ['a missing chain id', dropLine(FULL, 'Chain ID: '), 'chain_id_missing'],
    ['a missing time of issue', dropLine(FULL, 'Issued At: '), 'issued_at_missing'],
    ['an empty URI', change(FULL, 'URI: https://app.example.com/login?next=%2Fhome#top', 'URI:'), 'uri_malformed'],
    ['a repeated nonce', change(FULL, '\nIssued', '\nNonce: 0123456789\nIssued'), 'issued_at_missing'],
    ['an unknown line', `${FULL}\nX-Field: 1`, 'trailing_content'],
    ['a field after the resources', `${FULL}\nRequest ID: 2`, 'trailing_content'],
    ['a number with a sign as chain id', change(FULL, '8453', '+8453'), 'chain_id_malformed'],
    ['a time that is none', change(FULL, '2026-06-22T10:00:00.000Z', 'today'), 'issued_at_malformed'],
  ])('%s', (_, text, reason) => {
    expect(refusalOf(FULL, ALL)).toBeNull()
    expect(refusalOf(text, ALL)).toBe(reason)
  })
})
