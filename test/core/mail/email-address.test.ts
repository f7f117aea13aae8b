import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEmailAddress } from '../../../core/mail/email-address.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'

const label63 = 'a'.repeat(63)
/** 254 characters: 64, an @, and a domain of 189. */
const longest = `${'l'.repeat(64)}@${label63}.${label63}.${'b'.repeat(57)}.com`

describe('parseEmailAddress', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['  Ada.Lovelace+sign-in@Mail.Example.COM\t', 'ada.lovelace+sign-in@mail.example.com'],
    ["o'brien@example.co.uk", "o'brien@example.co.uk"],
    ['a@b.co', 'a@b.co'],
    ['1@1.example', '1@1.example'],
    ['_-+/=?^`{|}~!#$%&*@example.com', '_-+/=?^`{|}~!#$%&*@example.com'],
    ['ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    [longest, longest],
    [`  ${longest}  `, longest],
  ])('reads %j', (text, expected) => {
    expect(parseEmailAddress(text)).toBe(expected)
  })

  it.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['no @', 'ada.example.com'],
    ['no local part', '@example.com'],
    ['no domain', 'ada@'],
    ['two @', 'ada@b@example.com'],
    ['a domain of one label', 'ada@localhost'],
    ['an empty label', 'ada@example..com'],
    ['a dot at the end', 'ada@example.com.'],
    ['a dot before the local part', '.ada@example.com'],
    ['a dot after it', 'ada.@example.com'],
    ['two dots in it', 'ada..l@example.com'],
    ['a label that begins with a hyphen', 'ada@-example.com'],
    ['a label that ends with one', 'ada@example-.com'],
    ['an underscore in the domain', 'ada@ex_ample.com'],
    ['an IPv4 address', 'ada@127.0.0.1'],
    ['an address literal', 'ada@[127.0.0.1]'],
    ['a display name', 'Ada <ada@example.com>'],
    ['angle brackets', '<ada@example.com>'],
    ['a quoted local part', '"ada l"@example.com'],
    ['a comment', 'ada(l)@example.com'],
    ['a list', 'ada@example.com,eve@example.com'],
    ['a list with ;', 'ada@example.com;eve@example.com'],
    ['a space inside', 'ada @example.com'],
    ['a line feed', 'ada@example.com\nBcc: eve@example.com'],
    ['a carriage return and line feed at the end', 'ada@example.com\r\n'],
    ['a NUL', 'ada\0@example.com'],
    ['a DEL', 'ada\x7f@example.com'],
    ['an encoded word', '=?utf-8?q?ada@example.com?='],
    ['a Unicode local part', 'ädä@example.com'],
    ['a Unicode domain', 'ada@bücher.example'],
    // Lower-casing makes a k of it: reset mails have gone to strangers this way.
    ['a Kelvin sign', 'ada@\u212Aelvin.example'],
    ['a dotless i', 'adm\u0131n@example.com'],
    ['a full-width @', 'ada\uFF20example.com'],
    ['an ideographic full stop', 'ada@example\u3002com'],
    ['a soft hyphen', 'ada@exam\u00ADple.com'],
    ['a no-break space around it', '\u00A0ada@example.com'],
    ['a local part of 65', `${'l'.repeat(65)}@example.com`],
    ['a label of 64', `ada@${'a'.repeat(64)}.com`],
    ['255 characters', longest.replace('@', '@b')],
  ])('refuses %s', (_, text) => {
    expect(parseEmailAddress(text)).toBeNull()
  })

  it('is quick to refuse what is long', () => {
    const started = performance.now()
    for (const filler of [' ', 'a', 'a.', '@', 'a-']) expect(parseEmailAddress(filler.repeat(500_000))).toBeNull()
    for (const filler of [' ', 'a', 'a.', '@', 'a-']) {
      for (let round = 0; round < 1000; round += 1) parseEmailAddress(filler.repeat(160).slice(0, 319))
    }
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('makes one spelling, in printable ASCII, that it reads as itself', () => {
    const part = fc.string({ unit: fc.constantFrom(...'aZ09.@+-_ \t\r\n<>"\\,;:ıK\u0000'), maxLength: 40 })
    fc.assert(
      fc.property(part, part, fc.boolean(), (local, domain, join) => {
        const address = parseEmailAddress(join ? `${local}@${domain}.com` : local + domain)
        if (address === null) return
        expect(address).toMatch(/^[!-;=?-~]+@[a-z0-9.-]+$/)
        expect(address).toBe(address.toLowerCase())
        expect(parseEmailAddress(address)).toBe(address)
      }),
      fuzzBudget(5000),
    )
    const good = fc.emailAddress({ size: 'small' })
    fc.assert(
      fc.property(good, (text) => parseEmailAddress(text) === text.toLowerCase()),
      fuzzBudget(500),
    )
  })
})
