import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAuthority, isUri } from '../../../core/messages/uri.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'

/*
 * The grammar of RFC 3986 (appendix A) once more, as regular expressions put together rule by rule: another way to the same language.
 */
const UNRESERVED = 'A-Za-z0-9\\-._~'
const SUB_DELIMS = "!$&'()*+,;="
const PCT = '%[0-9A-Fa-f]{2}'
const anyOf = (characters: string) => `(?:[${UNRESERVED}${SUB_DELIMS}${characters}]|${PCT})*`
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]|[0-9])'
const H16 = '[0-9A-Fa-f]{1,4}'
const LS32 = `(?:${H16}:${H16}|${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET})`
const IPV6 = [
  `(?:${H16}:){6}${LS32}`,
  `::(?:${H16}:){5}${LS32}`,
  `(?:${H16})?::(?:${H16}:){4}${LS32}`,
  `(?:(?:${H16}:){0,1}${H16})?::(?:${H16}:){3}${LS32}`,
  `(?:(?:${H16}:){0,2}${H16})?::(?:${H16}:){2}${LS32}`,
  `(?:(?:${H16}:){0,3}${H16})?::${H16}:${LS32}`,
  `(?:(?:${H16}:){0,4}${H16})?::${LS32}`,
  `(?:(?:${H16}:){0,5}${H16})?::${H16}`,
  `(?:(?:${H16}:){0,6}${H16})?::`,
].join('|')
const IP_FUTURE = `[vV][0-9A-Fa-f]+\\.[${UNRESERVED}${SUB_DELIMS}:]+`
const HOST = `(?:\\[(?:${IPV6}|${IP_FUTURE})\\]|${anyOf('')})`
const AUTHORITY = `(?:${anyOf(':')}@)?${HOST}(?::[0-9]*)?`
const ROOTLESS = `(?:${anyOf(':@')})(?:/${anyOf(':@')})*`
const URI = `[A-Za-z][A-Za-z0-9+.\\-]*:(?://${AUTHORITY}(?:/${anyOf(':@')})*|(?!//)(?:/)?${ROOTLESS})(?:\\?${anyOf(':@/?')})?(?:#${anyOf(':@/?')})?`

const authority = new RegExp(`^${AUTHORITY}$`)
const uri = new RegExp(`^${URI}$`)

const PIECES = [
  ...['a', 'Z', '0', '9', '-', '.', '_', '~', '%', '%41', '%zz', '%4', '!', "'", '(', '*', ';', '=', '&'],
  ...[':', '/', '//', '?', '#', '[', ']', '@', '::', 'v1.', 'ffff', '12345', '1:', ':1', '255', '256', '01', '1.2.3.4'],
  ...[' ', '\t', '\n', '\0', 'é', '\ud800', '😀', '<', '>', '"', '\\', '^', '`', '{', '|', '}', '\u007f', '\u200b'],
]
const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((each) => each.join(''))
const texts = fc.oneof(
  pieces,
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
)

describe('the grammar of RFC 3986, two ways', () => {
  it('agree on what is an authority', () => {
    let accepted = 0
    fc.assert(
      fc.property(texts, (text) => {
        if (authority.test(text)) accepted += 1
        expect(isAuthority(text)).toBe(authority.test(text))
      }),
      fuzzBudget(10_000),
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('agree on what is inside the brackets of an authority', () => {
    const groups = fc.array(fc.constantFrom('0', 'fF', '1234', '', ':', '1.2.3.4', '255.0.1.10', 'g'), {
      maxLength: 10,
    })
    let accepted = 0
    fc.assert(
      fc.property(groups, (parts) => {
        const text = `[${parts.join(':')}]`
        if (authority.test(text)) accepted += 1
        expect(isAuthority(text), text).toBe(authority.test(text))
      }),
      fuzzBudget(10_000),
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('agree on what is a URI', () => {
    const schemes = fc.constantFrom('https:', 'a+.-1:', 'urn:', '', ':', '1a:', 'https://', 'x:/')
    let accepted = 0
    fc.assert(
      fc.property(schemes, texts, (scheme, rest) => {
        const text = scheme + rest
        if (uri.test(text)) accepted += 1
        expect(isUri(text), JSON.stringify(text)).toBe(uri.test(text))
      }),
      fuzzBudget(10_000),
    )
    expect(accepted).toBeGreaterThan(100)
  })
})
