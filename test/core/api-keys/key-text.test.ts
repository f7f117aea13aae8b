import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { digestApiKey, endingOf, isApiKeyText, newApiKeyText } from '../../../core/api-keys/key-text.ts'
import { createSystemRandom } from '../../../core/random.ts'

const random = createSystemRandom()
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

describe('the text of an API key', () => {
  it.each([
    ['secret', /^sk_live_[0-9A-Za-z]{48}$/],
    ['public', /^pk_live_[0-9A-Za-z]{48}$/],
  ] as const)('of a %s key is as long as the vendor’s, and known by its kind alone', (kind, form) => {
    const text = newApiKeyText(kind, random)
    expect(text).toMatch(form)
    expect(isApiKeyText(kind, text)).toBe(true)
    expect(isApiKeyText(kind === 'secret' ? 'public' : 'secret', text)).toBe(false)
  })

  it('is a known one for known bytes', () => {
    // Rule and vector as docs/decisions/0017-api-keys.md gives them, for scanners that others write.
    const text = newApiKeyText('secret', { bytes: (length) => new Uint8Array(length).fill(7) })
    const body = `sk_live_${'7'.repeat(43)}`
    let rest = createHash('sha256').update(`walletgate api key check\n${body}`).digest().readBigUInt64BE() % 62n ** 5n
    let check = ''
    while (check.length < 5) {
      check = `${ALPHABET[Number(rest % 62n)]}${check}`
      rest /= 62n
    }
    expect(text).toBe(body + check)
    expect(endingOf(text)).toBe(check)
  })

  it('has 43 characters that no other key has, each letter and digit as likely as the next', () => {
    const counts = new Map<string, number>()
    const texts = Array.from({ length: 2_000 }, () => newApiKeyText('secret', random))
    expect(new Set(texts).size).toBe(texts.length)
    for (const text of texts)
      for (const character of text.slice(8, 51)) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(62)
    // 86,000 characters, 1,387 of each on average; nine standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 86_000 / 62)).toBeLessThan(9 * Math.sqrt(86_000 / 62))
  })

  it('is refused after any one change of any one character', () => {
    const text = newApiKeyText('secret', random)
    for (let index = 0; index < text.length; index += 1) {
      const other = [...ALPHABET].find((character) => character !== text[index])
      expect([index, isApiKeyText('secret', text.slice(0, index) + other + text.slice(index + 1))]).toEqual([
        index,
        false,
      ])
    }
  })

  it.each([
    ['nothing', () => ''],
    ['a cut one', (text: string) => text.slice(0, -1)],
    ['a longer one', (text: string) => `${text}0`],
    ['one with a line break', (text: string) => `${text}\n`],
    ['its hash', (text: string) => digestApiKey(text)],
    ['its hash as the configuration has it', (text: string) => `sha256:${digestApiKey(text)}`],
    ['one in another letter case', (text: string) => text.toUpperCase()],
    ['one between spaces', (text: string) => ` ${text}`],
    ['megabytes', () => `sk_live_${'a'.repeat(2_000_000)}`],
  ])('is not %s', (_, change) => {
    expect(isApiKeyText('secret', change(newApiKeyText('secret', random)))).toBe(false)
  })
})
