import { createHash } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import { beforeEach, describe, expect, it } from 'vitest'
import { classifyThrown } from '../../../adapters/shared/failure.ts'
import type { HttpEnv } from '../../../adapters/shared/http.ts'
import type { Mail } from '../../../core/mail/mail.ts'
import { invitationMail } from '../../../core/mail/templates.ts'
import { isNearbyAddress, isNearbyHost } from '../../../src/http/nearby.ts'
import { serverDialect } from '../../../src/http/server-routes.ts'
import { createLogger } from '../../../src/logger.ts'
import { createLocalMailTransport, type LocalMailTransport } from '../../../src/mail/local-mailbox.ts'
import { mailboxRoutes } from '../../../src/pages/mailbox/mailbox-routes.ts'
import { address, codeMail } from '../../core/mail/fixtures.ts'
import { TestClock } from '../../support/clock.ts'

let transport: LocalMailTransport
let app: OpenAPIHono<HttpEnv>
beforeEach(() => {
  const logger = createLogger('silent')
  transport = createLocalMailTransport({ kind: 'memory' }, { logger, clock: new TestClock() })
  app = new OpenAPIHono<HttpEnv>()
  app.route('/', mailboxRoutes(transport.mailbox))
  app.onError((thrown, c) => serverDialect.renderFailure(c, classifyThrown(thrown)))
})

const receive = (id: string, mail: Mail) => transport.send(mail, { id, signal: new AbortController().signal })
const get = (path: string, env: object = {}) => app.request(`http://localhost:8787${path}`, {}, env)

/** The page a browser would make of it: inline sources and their policy. */
function inline(page: string, tag: 'style' | 'script'): string {
  return new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? ''
}

describe('GET /mailbox', () => {
  it('says so when there is no mail', async () => {
    const answer = await get('/mailbox')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html; charset=utf-8$/i)
    expect(await answer.text()).toContain('No mail yet')
  })

  it('lists the mails, newest first, and shows the newest', async () => {
    await receive('first', codeMail({ to: 'ada@example.com', code: '111111' }))
    await receive('second', codeMail({ to: 'eve@example.com', code: '222222' }))
    const page = await (await get('/mailbox')).text()
    expect(page.indexOf('href="/mailbox/second"')).toBeLessThan(page.indexOf('href="/mailbox/first"'))
    expect(page).toContain('src="/mailbox/second/html"')
    expect(page).toMatch(/href="\/mailbox\/second"\s+aria-current="page"/)
    for (const text of ['ada@example.com', '111111', 'eve@example.com', '222222']) expect(page).toContain(text)
  })

  it('shows one mail with its text, and its links to follow', async () => {
    const link = 'https://app.example.com/?token=a&b=c'
    const mail = invitationMail({ to: address('ada@example.com'), projectName: 'My App', link, validMinutes: 60 })
    await receive('only', mail)
    await receive('newer', codeMail())
    const page = await (await get('/mailbox/only')).text()
    expect(page).toContain('<h2 id="subject">You are invited to My App</h2>')
    expect(page).toContain(
      '<a href="https://app.example.com/?token=a&amp;b=c" target="_blank" rel="noopener noreferrer">https://app.example.com/?token=a&amp;b=c</a>',
    )
  })

  it('escapes whatever a mail says', async () => {
    await receive('evil', {
      to: address('ada@example.com'),
      subject: '<script>alert(1)</script>',
      text: 'a\n\n"><img src=x onerror=alert(2)>\n\nhttps://x.example/"onmouseover="alert(3)',
      html: '<script>alert(4)</script>',
    })
    for (const path of ['/mailbox', '/mailbox/evil']) {
      const page = await (await get(path)).text()
      expect(page.match(/<script/g)).toHaveLength(1)
      expect(page).not.toMatch(/<img|"onmouseover="|alert\(4\)/)
    }
  })

  it('is a page with a language, a scale, both colour schemes and names for its parts', async () => {
    await receive('a', codeMail())
    const page = await (await get('/mailbox')).text()
    for (const part of [
      '<html lang="en"',
      'width=device-width, initial-scale=1',
      'name="color-scheme" content="light dark"',
      '<nav class="card" aria-label="Mails">',
      '<main id="mail">',
      'title="The mail as HTML"',
      'href="#mail">Skip to the mail',
    ]) {
      expect(page).toContain(part)
    }
    expect(page.match(/<h1>/g)).toHaveLength(1)
  })

  it('answers JSON where there is no such mail, and to other methods', async () => {
    for (const path of ['/mailbox/nothing', '/mailbox/nothing/html']) {
      const answer = await get(path)
      expect(answer.status).toBe(404)
      expect(await answer.json()).toEqual({ error: 'not found' })
    }
    for (const path of ['/mailbox', '/mailbox/newest', '/mailbox/a', '/mailbox/a/html']) {
      const answer = await app.request(`http://localhost${path}`, { method: 'POST' })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('GET, HEAD')
    }
  })
})

describe('what the page may do', () => {
  it('runs and styles itself only with what it has inside, and may be framed by nobody', async () => {
    await receive('a', codeMail())
    const answer = await get('/mailbox/a')
    const page = await answer.text()
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    for (const [tag, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ] as const) {
      const hash = createHash('sha256').update(inline(page, tag)).digest('base64')
      expect(policy).toContain(`${directive} 'sha256-${hash}'`)
    }
    // A style attribute would need 'unsafe-inline'.
    expect(page.replace(inline(page, 'style'), '')).not.toMatch(/ style=| on[a-z]+=/)
    expect(page).not.toMatch(/(?:src|href)="https?:\/\/(?!app)/)
  })

  it('shows a mail’s HTML unchanged in a frame without scripts, fetches or an origin', async () => {
    const mail = codeMail()
    await receive('a', mail)
    const page = await (await get('/mailbox/a')).text()
    expect(/<iframe [^>]*sandbox="([^"]*)"/.exec(page)?.[1]).toBe('allow-popups allow-popups-to-escape-sandbox')
    const answer = await get('/mailbox/a/html')
    expect(await answer.text()).toBe(mail.html)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^sandbox allow-popups allow-popups-to-escape-sandbox;/)
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/script-src|allow-scripts|allow-same-origin/)
  })

  it.each(['/mailbox', '/mailbox/newest', '/mailbox/a', '/mailbox/a/html'])('%s is kept by nobody', async (path) => {
    await receive('a', codeMail())
    const { headers } = await get(path)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it('learns of a new mail by asking for the newest id', async () => {
    const shown = async () => /data-newest="([^"]*)"/.exec(await (await get('/mailbox')).text())?.[1]
    const newest = async () => (await get('/mailbox/newest')).text()
    expect(await newest()).toBe(await shown())
    const before = await shown()
    await receive('a', codeMail())
    expect(await newest()).not.toBe(before)
    expect(await newest()).toBe(await shown())
  })
})

describe('who may see it', () => {
  const PATHS = ['/mailbox', '/mailbox/newest', '/mailbox/a', '/mailbox/a/html']
  beforeEach(() => receive('a', codeMail()))

  it.each(['attacker.example', 'localhost.attacker.example', 'auth.example.com', '203.0.113.7', '[2001:db8::1]'])(
    'not under the name %s: a stranger’s page may have pointed it here (DNS rebinding)',
    async (host) => {
      for (const path of PATHS) expect((await app.request(`http://${host}:8787${path}`)).status).toBe(404)
    },
  )

  it.each([
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '[::1]',
    '192.168.1.20',
    'app.localhost',
    'laptop.local',
    'walletgate',
  ])('under the name %s', async (host) => {
    for (const path of PATHS) expect((await app.request(`http://${host}:8787${path}`)).status).toBe(200)
  })

  it.each([
    ['127.0.0.1', 200],
    ['::ffff:172.17.0.1', 200],
    ['203.0.113.7', 404],
    ['::ffff:203.0.113.7', 404],
    ['2001:db8::1', 404],
    ['', 404],
  ])('from %s: %i', async (remoteAddress, status) => {
    for (const path of PATHS) expect((await get(path, { incoming: { socket: { remoteAddress } } })).status).toBe(status)
  })
})

describe('nearby', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
  ])('is %s', (text) => expect(isNearbyAddress(text)).toBe(true))
  it.each([
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '100.128.0.1',
    '192.169.0.1',
    '2001:db8::1',
    '::ffff:8.8.8.8',
    '0.0.0.0',
    'localhost',
    '',
    '127.0.0.1.example.com',
  ])('is not %s', (text) => expect(isNearbyAddress(text)).toBe(false))
  it.each(['example.com', 'localhost.example', 'a.b', 'local.', '.local', 'evil.com.', '', '8.8.8.8'])(
    'is not the host %s',
    (text) => expect(isNearbyHost(text)).toBe(false),
  )
})
