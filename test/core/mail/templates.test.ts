import { describe, expect, it } from 'vitest'
import type { Mail } from '../../../core/mail/mail.ts'
import { formatMinutes } from '../../../core/mail/mail-text.ts'
import { invitationMail, magicLinkMail, signInCodeMail } from '../../../core/mail/templates.ts'
import { address } from './fixtures.ts'

const to = address('ada@example.com')
const LINK = 'https://app.example.com/callback?token=abc-_123&lang=en'
const code = (projectName: string, digits = '048213') =>
  signInCodeMail({ to, projectName, code: digits, validMinutes: 10 })
const link = (projectName: string, url = LINK) => magicLinkMail({ to, projectName, link: url, validMinutes: 60 })
const invitation = (projectName: string, url = LINK) =>
  invitationMail({ to, projectName, link: url, validMinutes: 10_080 })
const ALL: readonly [string, (projectName: string) => Mail][] = [
  ['code', code],
  ['link', link],
  ['invitation', invitation],
]

/** The addresses in a document, as a browser would resolve the entities in them. */
function hrefs(html: string): string[] {
  return [...html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) =>
    href.replace(/&#(\d+);/g, (_, digits) => String.fromCharCode(Number(digits))),
  )
}

describe('sign-in code', () => {
  it('says the code, for whom and how long, in text and in HTML', () => {
    const mail = code('My App')
    expect(mail.to).toBe('ada@example.com')
    expect(mail.subject).toBe('Your sign-in code for My App')
    for (const part of [mail.text, mail.html]) {
      expect(part).toContain('048213')
      expect(part).toContain('My App')
      expect(part).toContain('expires 10 minutes after')
    }
    expect(mail.text).toMatch(/^048213$/m)
  })

  it('keeps the code out of the subject and the title', () => {
    const mail = code('My App')
    expect(mail.subject).not.toContain('048213')
    expect(mail.html.slice(0, mail.html.indexOf('<body'))).not.toContain('048213')
  })

  it.each(['', '12345', '1234567', '12345a', '１２３４５６', '12345\n', '<b>123'])(
    'refuses %j for a code',
    (digits) => {
      expect(() => code('My App', digits)).toThrow(TypeError)
    },
  )
})

describe('links', () => {
  it('have one address, in text and in HTML, unchanged', () => {
    for (const mail of [link('My App'), invitation('My App')]) {
      expect(mail.text).toMatch(new RegExp(`^${LINK.replace(/[?.]/g, '\\$&')}$`, 'm'))
      expect(new Set(hrefs(mail.html))).toEqual(new Set([LINK]))
    }
    expect(link('My App').text).toContain('1 hour')
    expect(invitation('My App').text).toContain('7 days')
    expect(invitation('My App').subject).toBe('You are invited to My App')
  })

  it('cannot leave the attribute they stand in', () => {
    const url = 'https://app.example.com/?a="><script>alert(1)</script>&b=\'`'
    const { html } = link('My App', url)
    expect(html).not.toContain('<script')
    expect(new Set(hrefs(html))).toEqual(new Set([url]))
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,hello',
    'myapp://callback',
    '//app.example.com/',
    '/callback',
    'https://',
    'https://app.example.com/\r\nBcc: eve@example.com',
    'https://app.example.com/ space',
    'https://app.exämple.com/',
    ` ${LINK}`,
    `https://app.example.com/${'a'.repeat(5000)}`,
  ])('refuse %j', (url) => {
    expect(() => link('My App', url)).toThrow(TypeError)
    expect(() => invitation('My App', url)).toThrow(TypeError)
  })
})

describe.each(ALL)('%s mail', (_, make) => {
  it('escapes the project’s name in HTML and leaves it alone in text', () => {
    const name = `<img src=x onerror="a('b')"> & \`Söhne\``
    const mail = make(name)
    expect(mail.html).not.toContain('<img')
    expect(mail.html).toContain('&#60;img src=x onerror=&#34;a(&#39;b&#39;)&#34;&#62; &#38; &#96;Söhne&#96;')
    expect(mail.text).toContain(name)
    expect(mail.subject).toContain(name)
  })

  it.each([
    ['a line feed', 'My App\nBcc: eve@example.com'],
    ['a carriage return', 'My App\rBcc: eve@example.com'],
    ['a NUL', 'My\0App'],
    ['NEL', 'My\u0085App'],
    ['a line separator', 'My\u2028App'],
    ['a direction override', 'My\u202EppA'],
    ['a direction isolate', 'My\u2066App'],
    ['a zero-width space', 'My\u200BApp'],
    ['a lone surrogate', 'My\uD800App'],
    ['nothing', ''],
    ['65 characters', 'a'.repeat(65)],
  ])('refuses a project name with %s', (_case, name) => {
    expect(() => make(name)).toThrow(TypeError)
  })

  it('fetches nothing, runs nothing, and says its language, scale and colour schemes', () => {
    const { html } = make('My App')
    expect(html).not.toMatch(/<(?:img|script|link|iframe|object|form|svg|video|audio|base)\b/i)
    expect(html).not.toMatch(/\bsrc=|url\(|@import|\bon[a-z]+=/i)
    expect(html).toContain('<html lang="en">')
    expect(html).toContain('name="viewport" content="width=device-width, initial-scale=1"')
    expect(html).toContain('name="color-scheme" content="light dark"')
    expect(html).toContain('@media (prefers-color-scheme:dark)')
    expect(html.match(/<h1\b/g)).toHaveLength(1)
    for (const [table] of html.matchAll(/<table\b[^>]*>/g)) expect(table).toContain('role="presentation"')
  })

  it('is well-formed: every tag that opens closes, in order', () => {
    const { html } = make('My & App')
    const open: string[] = []
    for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z0-9]+)\b[^>]*>/g)) {
      if (['meta', 'br'].includes(name)) continue
      if (slash === '') open.push(name)
      else expect(open.pop()).toBe(name)
    }
    expect(open).toEqual([])
  })

  it('reads with enough contrast, by day and by night (WCAG 2.2 §1.4.3)', () => {
    const { html } = make('My App')
    const night = html.slice(html.indexOf('@media (prefers-color-scheme:dark)'), html.indexOf('@media (max-width'))
    const colours = (cssClass: string, sheet: string) => new RegExp(`\\.${cssClass}\\{([^}]*)`).exec(sheet)?.[1] ?? ''
    const card = /background:(#[0-9a-f]{6})/.exec(colours('card', night))?.[1]
    let checked = 0
    for (const [, cssClass = '', style = ''] of html.matchAll(/class="([a-z]+)"[^>]*style="([^"]*)"/g)) {
      const colour = /(?:^|;)color:(#[0-9a-f]{6})/.exec(style)?.[1]
      if (colour === undefined) continue
      const background = /background:(#[0-9a-f]{6})/.exec(style)?.[1] ?? '#ffffff'
      expect(contrast(colour, background)).toBeGreaterThanOrEqual(4.5)
      const nightStyle = colours(cssClass, night)
      const nightColour = /(?:^|;)color:(#[0-9a-f]{6})/.exec(nightStyle)?.[1]
      const nightBackground = /background:(#[0-9a-f]{6})/.exec(nightStyle)?.[1] ?? card
      expect(contrast(nightColour ?? '', nightBackground ?? '')).toBeGreaterThanOrEqual(4.5)
      checked += 1
    }
    expect(checked).toBeGreaterThanOrEqual(5)
  })
})

describe('formatMinutes', () => {
  it.each([
    [1, '1 minute'],
    [10, '10 minutes'],
    [60, '1 hour'],
    [90, '90 minutes'],
    [120, '2 hours'],
    [1440, '1 day'],
    [10_080, '7 days'],
  ])('%i is %s', (minutes, words) => {
    expect(formatMinutes(minutes)).toBe(words)
  })

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 31 * 1440 + 1])('refuses %d', (minutes) => {
    expect(() => formatMinutes(minutes)).toThrow(RangeError)
  })
})

/** WCAG 2.2: relative luminance and contrast ratio. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = Number.NaN, green = Number.NaN, blue = Number.NaN] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
