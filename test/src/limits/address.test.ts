import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { networkOf, parseAddress } from '../../../src/limits/address.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'

describe('parseAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:c000:0201', '192.0.2.1'],
    ['::1', '::1'],
    ['::', '::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('reads %s as %s', (text, address) => {
    expect(parseAddress(text)).toBe(address)
  })

  it.each([
    '',
    'unknown',
    '_hidden',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4:80',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    '[::1]',
    ' ::1',
    `fe80::1%${'x'.repeat(64)}`,
  ])('knows that %j is none', (text) => {
    expect(parseAddress(text)).toBeNull()
  })

  it('spells every IPv6 address as the URL standard does', () => {
    void fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const spelled = new URL(`http://[${text}]`).hostname.slice(1, -1)
        const isMapped = /^::ffff:[\da-f]+:[\da-f]+$/.test(spelled)
        if (!isMapped) expect(parseAddress(text)).toBe(spelled)
      }),
      fuzzBudget(2_000),
    )
  })
})

describe('networkOf', () => {
  it('is the address itself for IPv4', () => {
    expect(networkOf('192.0.2.1')).toBe('192.0.2.1')
  })

  it('is one for all addresses of a /64, and another for the next', () => {
    const hextet = fc.integer({ min: 0, max: 0xffff }).map((group) => group.toString(16))
    const four = fc.array(hextet, { minLength: 4, maxLength: 4 })
    const spell = (groups: readonly string[]) => parseAddress(groups.join(':')) ?? 'none'
    void fc.assert(
      fc.property(four, four, four, fc.integer({ min: 0, max: 3 }), (network, host, otherHost, at) => {
        // What is embedded in ::ffff:0:0/96 is IPv4.
        fc.pre(network.some((group) => group !== '0'))
        const other = network.map((group, index) =>
          index === at ? ((Number.parseInt(group, 16) + 1) % 0x10000).toString(16) : group,
        )
        const one = networkOf(spell([...network, ...host]))
        expect(networkOf(spell([...network, ...otherHost]))).toBe(one)
        fc.pre(other.some((group) => group !== '0'))
        expect(networkOf(spell([...other, ...host]))).not.toBe(one)
      }),
      fuzzBudget(1_000),
    )
  })
})
