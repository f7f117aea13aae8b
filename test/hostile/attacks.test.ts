import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { newEmail } from '../adapters/moonkey/endpoints.ts'
import { PROJECT_HEADER } from '../adapters/walletkit/door.ts'
import type { SmtpSink } from '../src/mail/smtp-sink.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { SignIns } from './support/sign-ins.ts'
import { Target } from './support/target.ts'
import { asResponse, Wire, type WireRequest } from './support/wire.ts'

let target: Target
let smtp: SmtpSink
let wire: Wire
let signIns: SignIns
/** What a start prints for people, before the log begins. */
let banner: string
beforeAll(async () => {
  target = await Target.start('memory', 'smtp')
  if (target.smtp === null) throw new Error('no mail server')
  smtp = target.smtp
  wire = new Wire(target.port)
  signIns = new SignIns(target)
  await target.logged()
  banner = target.program.banner
})
afterAll(async () => {
  wire.close()
  await target.stop()
})

const post = async (target_: string, body: unknown, headers: WireRequest['headers'] = []): Promise<Response> => {
  const answer = await wire.send({
    method: 'POST',
    target: target_,
    headers: [
      ...(headers.some(([name]) => name === 'Host') ? [] : ([['Host', 'localhost']] as const)),
      ['Content-Type', 'application/json'],
      ['Authorization', `Bearer ${target.secretKey}`],
      [PROJECT_HEADER, target.projectId],
      ...headers,
    ],
    body: JSON.stringify(body),
  })
  if (answer === null) throw new Error('no answer')
  return asResponse(answer, 'POST')
}
const mailTo = async (email: string) => {
  await vi.waitUntil(() => smtp.mails.some(({ to }) => to.includes(email)), { timeout: 10_000, interval: 10 })
  const mail = smtp.mails.find(({ to }) => to.includes(email))
  if (mail === undefined) throw new Error('no mail')
  return mail
}

/** Everything with which a request may say that we are somebody else. */
const POISON: WireRequest['headers'] = [
  ['Host', 'evil.example'],
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Server', 'evil.example'],
  ['X-Original-Host', 'evil.example'],
  ['X-Host', 'evil.example'],
  ['Forwarded', 'host=evil.example;proto=https'],
  ['X-Forwarded-Prefix', '//evil.example'],
  ['X-Original-URL', '//evil.example'],
  ['Referer', 'https://evil.example/'],
]

describe('a host that the request made up', () => {
  it('is in no mailed link', async () => {
    const [walletkit, moonkey] = [newEmail(), newEmail()]
    expect((await post('/users/login-with-magic-link', { email: walletkit }, POISON)).status).toBe(200)
    expect((await post('/v1/auth/magic_links/email/login_or_create', { email: moonkey }, POISON)).status).toBe(200)
    expect((await mailTo(walletkit)).email.text).toContain(`${target.origin}/users/magic-link?`)
    expect((await mailTo(moonkey)).email.text).toContain(`${target.appOrigin}/?token=`)
    for (const email of [walletkit, moonkey]) expect((await mailTo(email)).raw).not.toContain('evil.example')
  })

  it('is in no answer, template, token or document: nothing that a cache could give to others', async () => {
    const wallet = newEthereumWallet()
    const { session_jwt } = await signIns.moonkey()
    const answers = [
      await post('/auth/nonce', { address: wallet.address }, POISON),
      await post('/users/login-anonymously', {}, POISON),
      await post('/v1/auth/sessions/verify', { session_jwt }, POISON),
      await post('/users/nothing', {}, POISON),
    ]
    for (const path of [
      '/openapi/moonkey.json',
      '/docs',
      '/docs/api/4mica',
      '/healthz',
      '/nothing',
      '/users/magic-link',
    ]) {
      const answer = await wire.send({ method: 'GET', target: path, headers: POISON, body: null })
      if (answer !== null) answers.push(asResponse(answer, 'GET'))
    }
    expect(answers).toHaveLength(10)
    for (const answer of answers) {
      const text = await answer.text()
      const claims = [...text.matchAll(/eyJ[\w-]+\.(eyJ[\w-]+)\./g)].map(([, part]) =>
        Buffer.from(String(part), 'base64url').toString(),
      )
      expect(JSON.stringify([...answer.headers]) + text + claims.join()).not.toContain('evil.example')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('answers that differ by origin', () => {
  it.each(['/users/login-anonymously', '/v1/auth/users/search', '/wallets'])(
    '%s says so to caches, and names nobody who is not allowed',
    async (path) => {
      for (const origin of [target.appOrigin, 'https://evil.example', 'null', `${target.appOrigin}.evil.example`]) {
        for (const method of ['OPTIONS', 'POST']) {
          const answer = await wire.send({
            method,
            target: path,
            headers: [
              ['Host', 'localhost'],
              ['Origin', origin],
              ['Access-Control-Request-Method', 'POST'],
              [PROJECT_HEADER, target.projectId],
            ],
            body: null,
          })
          expect(answer?.headers.get('vary')).toMatch(/origin/i)
          expect(answer?.headers.get('access-control-allow-origin')).toBe(
            origin === target.appOrigin ? origin : undefined,
          )
          expect(answer?.headers.has('access-control-allow-credentials')).toBe(false)
        }
      }
    },
  )
})

describe('what a mail is made of', () => {
  const INJECTIONS = [
    'a@example.test\r\nBcc: eve@evil.example',
    'a@example.test\nBcc: eve@evil.example',
    'a@example.test\rBcc: eve@evil.example',
    'a@example.test%0d%0aBcc:eve@evil.example',
    'a@example.test\u2028Bcc: eve@evil.example',
    'a@example.test\0@evil.example',
    'a@example.test, eve@evil.example',
    'a@example.test; eve@evil.example',
    'a@example.test eve@evil.example',
    'eve@evil.example <a@example.test>',
    '"a@example.test>\r\nRCPT TO:<eve@evil.example"@example.test',
    'a@example.test>\r\nRCPT TO:<eve@evil.example',
    '<a@example.test>',
    'a@[127.0.0.1]',
    'a@example.test\r\n\r\nhello',
    '=?utf-8?q?a=40example.test=0d=0aBcc:eve=40evil.example?=',
    'a(comment)@example.test',
    '@evil.example:a@example.test',
    'a@evil.example@example.test',
    '-oQ/tmp@example.test',
  ]

  it('is no address with a second one, a line end or a route in it', async () => {
    const before = smtp.heard.length
    for (const email of INJECTIONS) {
      for (const [path, body] of [
        ['/users/login-with-email', { email }],
        ['/users/login-with-magic-link', { email }],
        ['/v1/auth/magic_links/email/login_or_create', { email }],
        ['/v1/auth/magic_links/email/invite', { email }],
        ['/v1/auth/otps/email/login_or_create', { email }],
      ] as const) {
        const { status } = await post(path, body)
        // Some are addresses after all, of one mailbox.
        expect([200, 400], `${path} ${email}`).toContain(status)
      }
    }
    // Whatever was mailed went to one mailbox each, and none is the stranger's.
    const good = newEmail()
    await post('/users/login-with-email', { email: good })
    await mailTo(good)
    for (const { to, raw } of smtp.mails.slice(before)) {
      expect(to).toHaveLength(1)
      expect(to.join()).not.toContain('evil.example')
      expect(raw).not.toMatch(/^bcc:/im)
    }
  })

  it('is not what somebody calls himself, in its head or as markup', async () => {
    const email = newEmail()
    const name = 'Ada\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script><a href="https://evil.example">here</a>'
    const headers: WireRequest['headers'] = [['User-Agent', '<img src=https://evil.example/x>']]
    expect(
      (
        await post(
          '/v1/auth/magic_links/email/invite',
          { email, first_name: name, last_name: name.slice(0, 200) },
          headers,
        )
      ).status,
    ).toBe(200)
    const { raw, to, email: mail } = await mailTo(email)
    expect(to).toEqual([email])
    expect(raw).not.toMatch(/^bcc:/im)
    expect(`${mail.text}${mail.html}${mail.subject}`).not.toContain('evil.example')
    expect(mail.html).not.toContain('<script')
  })
})

describe('the log', () => {
  it('has one line of JSON for each request, whatever is in it: nobody writes a line of their own', async () => {
    const forged = '{"level":60,"msg":"forged-line"}'
    const strange = ['%0a', '%0d%0a', '%00', '%e2%80%a8', '%c2%85', '%1b[2J', '%22,%22level%22:60,%22x%22:%22']
    const paths = strange.flatMap((each) =>
      ['/users/', '/v1/auth/users/', '/auth/', '/'].map((base) => `${base}${each}${encodeURIComponent(forged)}`),
    )
    for (const path of paths)
      await wire.send({
        method: 'GET',
        target: path,
        headers: [
          ['Host', 'localhost'],
          ['User-Agent', forged],
          ['X-Request-Id', forged],
        ],
        body: null,
      })
    await post('/users/verify-login', { siwe_message: `x\n${forged}`, signature: forged })
    const lines = await target.logged()
    expect(lines.filter(({ msg, level }) => msg === 'forged-line' || level === 60)).toEqual([])
    expect(lines.filter(({ path }) => String(path).includes('forged-line')).length).toBeGreaterThanOrEqual(
      paths.length / 2,
    )
    // Nothing came that is no JSON.
    expect(target.program.banner.trim()).toBe(banner.trim())
    expect(target.complaints).toBe('')
    for (const line of target.program.stdout.split('\n')) expect(line).not.toContain('\u001b[2J')
  })
})
