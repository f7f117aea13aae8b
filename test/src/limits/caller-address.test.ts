import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callerAddress, createProxyList } from '../../../src/limits/caller-address.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'

const isProxy = createProxyList(['10.0.0.0/8', '2001:db8:1::/48', '127.0.0.1'])
const PROXY = '10.0.0.1'
const CLIENT = '198.51.100.7'

/** What a client can write into a header: anything a header value holds. */
const headerText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(',', ', ', '10.0.0.9', '127.0.0.1', '203.0.113.9', '[::1]:80', '"', '_', 'for='),
    fc.string({ maxLength: 5 }),
  ),
  maxLength: 20,
})

describe('callerAddress', () => {
  it('is the peer, whatever the header says, when the peer is no trusted proxy', () => {
    void fc.assert(
      fc.property(headerText, (header) => callerAddress(CLIENT, header, isProxy) === CLIENT),
      fuzzBudget(100),
    )
    void fc.assert(
      fc.property(headerText, (header) => callerAddress(CLIENT, header, () => false) === CLIENT),
      fuzzBudget(100),
    )
  })

  it('is whom the proxies saw, whatever stood in the header before', () => {
    void fc.assert(
      fc.property(
        headerText,
        fc.constantFrom(', ', ',', ' ,\t'),
        fc.integer({ min: 0, max: 5 }),
        (forged, comma, hops) => {
          const chain = [forged, CLIENT, ...Array.from({ length: hops }, (_, hop) => `10.0.0.${hop + 2}`)]
          expect(callerAddress(PROXY, chain.join(comma), isProxy)).toBe(CLIENT)
        },
      ),
      fuzzBudget(1_000),
    )
  })

  it.each([
    ['no header', undefined, PROXY],
    ['an empty header', '', PROXY],
    ['one entry', CLIENT, CLIENT],
    ['a port', `${CLIENT}:51234`, CLIENT],
    ['IPv6', '2001:db8::7', '2001:db8::7'],
    ['IPv6 in brackets', '[2001:db8::7]', '2001:db8::7'],
    ['IPv6 in brackets with a port', '[2001:db8::7]:443', '2001:db8::7'],
    ['an IPv4-mapped address', '::ffff:198.51.100.7', CLIENT],
    ['an IPv4-mapped proxy', `${CLIENT}, ::ffff:10.0.0.2`, CLIENT],
    ['an IPv6 proxy', `${CLIENT}, 2001:db8:1::2`, CLIENT],
    ['proxies only', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['nothing after the last comma', `${CLIENT},`, PROXY],
    ['nothing before the first comma', ',10.0.0.2', '10.0.0.2'],
    ['a word where the proxy wrote', `${CLIENT}, unknown`, PROXY],
    ['a word further left', `${CLIENT}, unknown, 10.0.0.2`, '10.0.0.2'],
    ['an obfuscated name', '_gazonk', PROXY],
    ['the syntax of RFC 7239', `for=${CLIENT}`, PROXY],
    ['an octal address', '010.0.0.1', PROXY],
    ['white space', ' \t ', PROXY],
  ])('with %s', (_, header, expected) => {
    expect(callerAddress(PROXY, header, isProxy)).toBe(expected)
  })

  it('looks at few entries of a header that is all proxies', () => {
    let asked = 0
    const header = Array.from({ length: 2_000 }, () => '10.0.0.2').join(',')
    const counting = (address: string) => {
      asked += 1
      return isProxy(address)
    }
    expect(callerAddress(PROXY, header, counting)).toBe('10.0.0.2')
    expect(asked).toBeLessThan(40)
  })
})

describe('createProxyList', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['::1', '::1', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['::ffff:10.0.0.1', '10.0.0.2', false],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
  ])('%s and %s: %s', (range, address, isListed) => {
    const list = createProxyList([range])
    expect([list(address), list(address)]).toEqual([isListed, isListed])
  })

  it('answers the same for many addresses in turn', () => {
    const list = createProxyList(['10.0.0.0/8'])
    for (let index = 0; index < 5_000; index += 1) {
      expect(list(`10.0.${index >> 8}.${index & 255}`)).toBe(true)
      expect(list(`11.0.${index >> 8}.${index & 255}`)).toBe(false)
    }
  })
})
