import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { codeIn, linkIn } from '../../support/mail.ts'
import { ORIGIN } from '../../support/origin.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { type Body, decodeJwt, moonKeyProject, openDoor, refusalOf, USERS, unix } from './door.ts'
import { CODES, type EmailDoor, LINKS, openEmailGateway } from './email-door.ts'
import { newEmail } from './endpoints.ts'

const MINUTE_MS = 60_000

const SECRET_PATHS = [
  `${LINKS}/email/login_or_create`,
  `${LINKS}/email/invite`,
  `${LINKS}/invite`,
  `${LINKS}/create`,
  `${LINKS}/verify`,
  `${LINKS}/email/login_status`,
  `${CODES}/email/login_or_create`,
  `${CODES}/email/send`,
  `${CODES}/verify`,
]
const PUBLIC_PATH = `${LINKS}/public/email/login_or_create`

describe.each(STORES)('MoonKey: magic links and codes by email, in %s', (store) => {
  let door: EmailDoor
  let other: EmailDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await openEmailGateway(store, { project: { allowedOrigins: [ORIGIN, 'https://two.example.test'] } })
    ;({ door, other, close } = opened)
  })
  afterAll(() => close())

  const wrong = (otp: string): string => (otp === '000000' ? '000001' : '000000')
  const unknownUser = async (email: string) =>
    (await door.gateway.core.users.findContact(door.project.id, { kind: 'email', value: email })) === null

  it.each(SECRET_PATHS)('MOON-60: %s asks for a secret key, and for a body', async (path) => {
    expect(refusalOf(await door.send(path, { body: '{}', headers: { 'content-type': 'application/json' } }))).toBe(
      '401 unauthorized',
    )
    expect(refusalOf(await door.publicPost(path, {}))).toBe('401 unauthorized')
    expect(refusalOf(await door.post(path, {}))).toBe('400 invalid_request')
    expect(refusalOf(await door.call(path))).toBe('400 invalid_request')
    expect(refusalOf(await door.get(path))).toBe('405 method_not_allowed')
  })

  it('MOON-60: the public call asks for a public key', async () => {
    expect(refusalOf(await door.post(PUBLIC_PATH, { email: newEmail() }))).toBe('401 unauthorized')
    expect(refusalOf(await door.publicPost(PUBLIC_PATH, {}))).toBe('400 invalid_request')
    expect(refusalOf(await door.get(PUBLIC_PATH))).toBe('405 method_not_allowed')
  })

  it.each([`${CODES}/sms/login_or_create`, `${CODES}/sms/send`])('MOON-60: %s is 404 and says why', async (path) => {
    const answer = await door.post(path, { phone_number: '+14152222222' })
    expect(refusalOf(answer)).toBe('404 not_found')
    expect(answer.text).toContain('SMS')
    expect(refusalOf(await door.post(`${CODES}/verify`, { method_id: 'pn_1', otp: '123456' }))).toBe('404 not_found')
  })

  it('MOON-61: an unknown email becomes a pending user’s; a known one, in any letter case, stays whose it is', async () => {
    const email = newEmail()
    const created = await door.ok(`${LINKS}/email/login_or_create`, { email, requires_verification: false })
    const now = unix(door.clock.now())
    expect(created).toEqual({
      user_id: expect.stringMatching(/^user_[0-9A-Za-z]{27}$/),
      email_id: expect.stringMatching(/^email_[0-9A-Za-z]{27}$/),
      status: 'pending',
      user_created: true,
      updated_at: now,
      created_at: now,
    })
    const again = await door.ok(`${LINKS}/email/login_or_create`, { email: ` ${email.toUpperCase()} ` })
    expect(again).toEqual({ ...created, user_created: false })
    const user = await door.user(String(created['user_id']))
    expect(user.emails).toEqual([expect.objectContaining({ id: created['email_id'], email, verified: false })])
    await door.mailsTo(email, 2)
  })

  it.each(['', 'ada', 'ada@example', '@example.test', 'a b@example.test', 'ada@example.test\nBcc: eve@example.test'])(
    'MOON-61: "%s" is no email',
    async (email) => {
      for (const path of [
        `${LINKS}/email/login_or_create`,
        `${LINKS}/email/invite`,
        `${CODES}/email/login_or_create`,
        `${CODES}/email/send`,
      ]) {
        expect(refusalOf(await door.post(path, { email }))).toBe('400 invalid_request')
      }
      expect(refusalOf(await door.publicPost(PUBLIC_PATH, { email }))).toBe('400 invalid_request')
    },
  )

  it.each([
    [undefined, `${ORIGIN}/`, {}],
    ['', `${ORIGIN}/`, {}],
    [`${ORIGIN}/in?next=%2Fa+b#top`, `${ORIGIN}/in`, { next: '/a b' }],
    ['https://two.example.test/x/', 'https://two.example.test/x/', {}],
  ])('MOON-62: the link to %s is there, with the token appended', async (redirect, place, query) => {
    const email = newEmail()
    const path = `${LINKS}/email/login_or_create`
    await door.ok(path, redirect === undefined ? { email } : { email, registration_redirect_url: redirect })
    const link = await door.linkTo(email)
    const token = link.searchParams.get('token')
    expect(link.origin + link.pathname).toBe(place)
    expect(token).toMatch(/^[0-9A-Za-z]{48}$/)
    expect(Object.fromEntries(link.searchParams)).toEqual({ ...query, token })
    if (redirect?.includes('#')) expect(link.href).toBe(`${ORIGIN}/in?next=%2Fa+b&token=${token}#top`)
  })

  it('MOON-62: who has signed in before is led to the login, others to the registration', async () => {
    const email = newEmail()
    const redirects = {
      login_redirect_url: `${ORIGIN}/login`,
      registration_redirect_url: `${ORIGIN}/register`,
      login_expires_in: 5,
      registration_expires_in: 10,
    }
    const token = await door.mailedToken(email, redirects)
    expect((await door.linkTo(email)).pathname).toBe('/register')
    await door.ok(`${LINKS}/verify`, { token })
    await door.ok(`${LINKS}/email/login_or_create`, { email, ...redirects })
    expect((await door.linkTo(email, 2)).pathname).toBe('/login')
    const mails = await door.mailsTo(email, 2)
    expect(mails.map(({ text }) => /expires (\d+) minutes/.exec(text)?.[1])).toEqual(['10', '5'])
  })

  it('MOON-62: who was created active is led to the login, and signs in as the same user', async () => {
    const redirects = { login_redirect_url: `${ORIGIN}/login`, registration_redirect_url: `${ORIGIN}/register` }
    for (const [requires_verification, path] of [
      [false, '/login'],
      [true, '/register'],
    ] as const) {
      const email = newEmail()
      const { user_id: userId } = await door.createUser({ email, requires_verification })
      const token = await door.mailedToken(email, redirects)
      expect((await door.linkTo(email)).pathname).toBe(path)
      expect(await door.ok(`${LINKS}/verify`, { token })).toMatchObject({ user_id: userId })
      expect(await door.user(userId)).toMatchObject({ status: 'active', emails: [{ email, verified: true }] })
    }
  })

  it('MOON-62: a login redirect serves for the registration where none is given', async () => {
    const email = newEmail()
    await door.ok(`${LINKS}/email/login_or_create`, { email, login_redirect_url: `${ORIGIN}/only` })
    expect((await door.linkTo(email)).pathname).toBe('/only')
  })

  it.each([
    'https://evil.example.test/',
    'http://app.example.test/',
    'https://app.example.test:8443/',
    'https://app.example.test.evil.test/',
    'https://app.example.test@evil.test/',
    'https://user:pass@app.example.test/',
    'https://sub.app.example.test/',
    '//app.example.test/',
    '/login',
    'app.example.test',
    'javascript:alert(1)//https://app.example.test',
    'data:text/html,https://app.example.test',
    'https://app.example.test/?token=mine',
    'x'.repeat(2049),
  ])('MOON-62: no link leads to %s, and no user comes of it', async (redirect) => {
    const email = newEmail()
    const before = door.outbox.counters().queued
    for (const field of ['login_redirect_url', 'registration_redirect_url']) {
      const body = { email, [field]: redirect }
      expect(refusalOf(await door.post(`${LINKS}/email/login_or_create`, body))).toBe('400 invalid_request')
      expect(refusalOf(await door.publicPost(PUBLIC_PATH, body))).toBe('400 invalid_request')
    }
    const body = { email, invite_redirect_url: redirect }
    expect(refusalOf(await door.post(`${LINKS}/email/invite`, body))).toBe('400 invalid_request')
    expect(await unknownUser(email)).toBe(true)
    expect(door.outbox.counters().queued).toBe(before)
  })

  it.each([
    [{}, 60],
    [{ registration_expires_in: 0 }, 60],
    [{ registration_expires_in: null, expires_in: 0 }, 60],
    [{ registration_expires_in: '' }, 60],
    [{ registration_expires_in: 5 }, 5],
    [{ registration_expires_in: '7' }, 7],
    [{ registration_expires_in: 10_080 }, 10_080],
    [{ expires_in: 9 }, 9],
  ])('MOON-63: with %j a link expires after %i minutes', async (fields, minutes) => {
    const started = door.clock.now()
    const token = await door.mailedToken(newEmail(), fields)
    door.clock.advance(minutes * MINUTE_MS - 1)
    const early = await door.mailedToken(newEmail(), fields)
    expect(early).toMatch(/^\w{48}$/)
    door.clock.advance(1)
    expect(refusalOf(await door.post(`${LINKS}/verify`, { token }))).toBe('400 magic_link_expired')
    expect(refusalOf(await door.post(`${LINKS}/verify`, { token: early }))).toBe('200')
    door.clock.set(started)
  })

  it.each([4, 10_081, -5, 5.5, '4', '5.5', '-5', '1e2', 'x', ' 5', '000000005', true, [5], 1e300])(
    'MOON-63: %j is no life of a link',
    async (minutes) => {
      const email = newEmail()
      for (const field of ['login_expires_in', 'registration_expires_in', 'expires_in']) {
        const body = { email, [field]: minutes }
        expect(refusalOf(await door.post(`${LINKS}/email/login_or_create`, body))).toBe('400 invalid_request')
      }
      expect(refusalOf(await door.post(`${LINKS}/email/invite`, { email, invite_expires_in: minutes }))).toBe(
        '400 invalid_request',
      )
      expect(refusalOf(await door.post(`${LINKS}/create`, { email, expires_in: minutes }))).toBe('400 invalid_request')
      expect(await unknownUser(email)).toBe(true)
    },
  )

  it('MOON-64: verify signs in, verifies the email and makes the user active', async () => {
    const email = newEmail()
    const token = await door.mailedToken(email)
    const answer = await door.ok(`${LINKS}/verify`, { token })
    const userId = String(answer['user_id'])
    const user = await door.user(userId)
    const [verified] = user.emails
    expect(user).toMatchObject({ status: 'active', active: true })
    expect(verified).toMatchObject({ email, verified: true })
    // No session was asked for.
    expect(answer).toEqual({ method_id: verified?.id, method_type: 'email', user_id: userId })
  })

  it('MOON-64: a session begins where minutes are given, with the email as its factor', async () => {
    const token = await door.mailedToken()
    const device = { user_agent: 'Browser', ip: '203.0.113.9' }
    const answer = await door.ok(`${LINKS}/verify`, { token, session_expires_in: 30, device_fingerprint: device })
    const now = unix(door.clock.now())
    expect(answer).toMatchObject({
      session_token: expect.stringMatching(/^[0-9A-Za-z]{64}$/),
      session: {
        user_id: answer['user_id'],
        expires_at: now + 1800,
        device_fingerprint: device,
        factors: [
          {
            delivery_channel: 'email',
            type: 'otp',
            method: { method_id: answer['method_id'], method_type: 'email', last_verified_at: now },
          },
        ],
      },
    })
    expect(decodeJwt(String(answer['session_jwt'])).claims['sub']).toBe(answer['user_id'])
    expect((await door.verifySession({ session_token: answer['session_token'] })).status).toBe(200)
  })

  it('MOON-64: a session of the same user gets a second factor, another’s is refused and the token kept', async () => {
    const signer = ethereumSigner()
    const wallet = await door.openSession(signer)
    const email = newEmail()
    await door.put(`${USERS}/${wallet.session.user_id}/update`, { emails: [{ email }] })
    const stranger = await door.openSession()
    const token = await door.mailedToken(email)
    const refused = await door.post(`${LINKS}/verify`, { token, session_token: stranger.session_token })
    expect(refusalOf(refused)).toBe('400 session_user_mismatch')
    const { session } = (await door.ok(`${LINKS}/verify`, { token, session_token: wallet.session_token })) as {
      session: { id: string; factors: unknown[] }
    }
    expect(session.id).toBe(wallet.session.id)
    expect(session.factors).toHaveLength(2)
    // The same user behind both, and behind later links.
    const later = await door.ok(`${LINKS}/verify`, { token: await door.mailedToken(email) })
    expect(later['user_id']).toBe(wallet.session.user_id)
  })

  it('MOON-65: a token works once, also when posted twenty times at once; anything else is invalid', async () => {
    const token = await door.mailedToken()
    const body = { token, session_expires_in: 5 }
    const answers = await Promise.all(Array.from({ length: 20 }, () => door.post(`${LINKS}/verify`, body)))
    expect(answers.map(refusalOf).sort()).toEqual(['200', ...Array(19).fill('400 invalid_magic_token')])
    expect(refusalOf(await door.post(`${LINKS}/verify`, body))).toBe('400 invalid_magic_token')
    const random = await door.post(`${LINKS}/verify`, { token: 'x'.repeat(48) })
    expect(random.body).toEqual({
      status_code: 400,
      error_type: 'invalid_magic_token',
      error_message: expect.any(String),
    })
  })

  it.each(['email/invite', 'invite'])(
    'MOON-66: %s makes a pending user with the names, and its link signs in',
    async (path) => {
      const email = newEmail()
      const invited = await door.ok(`${LINKS}/${path}`, {
        email,
        first_name: 'Ada',
        last_name: 'Lovelace',
        invite_redirect_url: `${ORIGIN}/welcome`,
        invite_expires_in: 5,
      })
      expect(invited).toEqual({
        user_id: expect.any(String),
        email_id: expect.any(String),
        status: 'pending',
        user_created: true,
      })
      expect(await door.user(String(invited['user_id']))).toMatchObject({ first_name: 'Ada', last_name: 'Lovelace' })
      const [mail] = await door.mailsTo(email)
      expect(mail?.subject).toBe('You are invited to My App')
      const link = await door.linkTo(email)
      expect(link.pathname).toBe('/welcome')
      const token = link.searchParams.get('token')
      expect(await door.ok(`${LINKS}/verify`, { token })).toMatchObject({ user_id: invited['user_id'] })
    },
  )

  it('MOON-67: create returns a token for a user’s email or for any email, and mails nothing', async () => {
    const before = door.outbox.counters().queued
    const email = newEmail()
    const { user_id: userId, email_id: emailId } = await door.createUser({ email })
    const created = await door.ok(`${LINKS}/create`, { user_id: userId, expires_in: 5 })
    expect(created).toEqual({
      user_id: userId,
      email_id: emailId,
      token: expect.stringMatching(/^[0-9A-Za-z]{48}$/),
      request_origin_token: expect.stringMatching(/^[0-9A-Za-z]{128}$/),
    })
    expect(await door.ok(`${LINKS}/create`, { email })).toMatchObject({ user_id: userId, email_id: emailId })
    expect(await door.ok(`${LINKS}/create`, { email: newEmail() })).toMatchObject({ token: expect.any(String) })
    expect(await door.ok(`${LINKS}/verify`, { token: created['token'] })).toMatchObject({ user_id: userId })
    expect(door.outbox.counters().queued).toBe(before)
  })

  it('MOON-67: create knows only users who have an email', async () => {
    const post = async (body: Body) => refusalOf(await door.post(`${LINKS}/create`, body))
    expect(await post({ user_id: 'user_unknown' })).toBe('404 user_not_found')
    const { user_id: withoutEmail } = await door.signIn(ethereumSigner())
    expect(await post({ user_id: withoutEmail })).toBe('404 email_not_found')
    const { user_id: userId } = await door.createUser({ email: newEmail() })
    expect(await post({ user_id: userId, email: newEmail() })).toBe('404 email_not_found')
    expect(await post({})).toBe('400 invalid_request')
  })

  it('MOON-68: what a page asked for is collected once, and only after the link was opened', async () => {
    const email = newEmail()
    const asked = (await door.publicPost(PUBLIC_PATH, { email, requires_verification: true })).body as Body
    expect(asked).toEqual({
      email_id: expect.stringMatching(/^email_[0-9A-Za-z]{27}$/),
      request_origin_token: expect.stringMatching(/^[0-9A-Za-z]{128}$/),
      verified_required: true,
    })
    const status = (body: Body) =>
      door.post(`${LINKS}/email/login_status`, {
        email_id: asked['email_id'],
        request_origin_token: asked['request_origin_token'],
        ...body,
      })
    expect(refusalOf(await status({}))).toBe('400 magic_link_not_verified')
    const token = (await door.linkTo(email)).searchParams.get('token')
    const opened = await door.ok(`${LINKS}/verify`, { token, session_expires_in: 60 })
    expect(refusalOf(await status({ email_id: opened['method_id'] }))).toBe('400 invalid_request_origin_token')
    expect(refusalOf(await status({ request_origin_token: 'x'.repeat(128) }))).toBe('400 invalid_request_origin_token')
    const answers = await Promise.all(Array.from({ length: 10 }, () => status({})))
    expect(answers.map(refusalOf).sort()).toEqual(['200', ...Array(9).fill('400 invalid_request_origin_token')])
    expect(answers.find(({ status: code }) => code === 200)?.body).toMatchObject({
      user_id: opened['user_id'],
      status: 'active',
      session_token: opened['session_token'],
      session: { id: (opened['session'] as Body)['id'] },
    })
  })

  it('MOON-68: a page cannot tell a known email from an unknown one', async () => {
    const email = newEmail()
    const { email_id: known } = await door.createUser({ email })
    door.clock.advance(3_600_000)
    const ask = async (address: string) => (await door.publicPost(PUBLIC_PATH, { email: address })).body as Body
    const [first, second] = [await ask(email), await ask(newEmail())]
    expect(Object.keys(first)).toEqual(Object.keys(second))
    expect(first['email_id']).not.toBe(known)
    // The first characters of an id say when it was made.
    expect(String(first['email_id']).slice(0, 10)).toBe(String(second['email_id']).slice(0, 10))
  })

  it('MOON-68: an unopened link expires for whoever asked as well', async () => {
    const { email_id, request_origin_token } = await door.ok(`${LINKS}/create`, { email: newEmail(), expires_in: 5 })
    door.clock.advance(5 * MINUTE_MS)
    const answer = await door.post(`${LINKS}/email/login_status`, { email_id, request_origin_token })
    expect(refusalOf(answer)).toBe('400 magic_link_expired')
  })

  it('MOON-69: a code of six digits is mailed; an unknown email becomes a pending user’s', async () => {
    const email = newEmail()
    const sent = await door.ok(`${CODES}/email/login_or_create`, { email, expires_in: 2 })
    expect(sent).toEqual({
      user_id: expect.any(String),
      email_id: expect.any(String),
      status: 'pending',
      user_created: true,
    })
    const [mail] = await door.mailsTo(email)
    expect(mail?.text).toMatch(/^\d{6}$/m)
    expect(mail?.text).toContain('expires 2 minutes after')
    expect(mail?.subject).not.toMatch(/\d/)
    expect(await door.ok(`${CODES}/email/send`, { email: email.toUpperCase() })).toEqual({
      user_id: sent['user_id'],
      email_id: sent['email_id'],
    })
    await door.mailsTo(email, 2)
  })

  it('MOON-69: send knows only known emails', async () => {
    const email = newEmail()
    expect(refusalOf(await door.post(`${CODES}/email/send`, { email }))).toBe('404 user_not_found')
    expect(await unknownUser(email)).toBe(true)
  })

  it.each([
    [{}, 1],
    [{ expires_in: 0 }, 1],
    [{ expires_in: null }, 1],
    [{ expires_in: 10 }, 10],
    [{ expires_in: '3' }, 3],
  ])('MOON-69: with %j a code expires after %i minutes', async (fields, minutes) => {
    const first = await door.mailedCode(newEmail(), fields)
    const second = await door.mailedCode(newEmail(), fields)
    door.clock.advance(minutes * MINUTE_MS - 1)
    expect(refusalOf(await door.post(`${CODES}/verify`, first))).toBe('200')
    door.clock.advance(1)
    expect(refusalOf(await door.post(`${CODES}/verify`, second))).toBe('400 otp_expired')
  })

  it.each([11, -1, 0.5, '11', 'x', true])('MOON-69: %j is no life of a code', async (minutes) => {
    const email = newEmail()
    const body = { email, expires_in: minutes }
    expect(refusalOf(await door.post(`${CODES}/email/login_or_create`, body))).toBe('400 invalid_request')
    expect(await unknownUser(email)).toBe(true)
  })

  it('MOON-70: a code signs in once, verifies the email, and begins a session where one is asked for', async () => {
    const code = await door.mailedCode()
    const answer = await door.ok(`${CODES}/verify`, { ...code, session_expires_in: 5 })
    expect(answer).toMatchObject({
      method_id: code.method_id,
      method_type: 'email',
      session: { factors: [{ delivery_channel: 'email', type: 'otp', method: { email_id: code.method_id } }] },
    })
    expect(await door.user(String(answer['user_id']))).toMatchObject({ status: 'active', emails: [{ verified: true }] })
    expect(refusalOf(await door.post(`${CODES}/verify`, code))).toBe('400 invalid_otp')
    const plain = await door.ok(`${CODES}/verify`, await door.mailedCode())
    expect(Object.keys(plain).sort()).toEqual(['method_id', 'method_type', 'user_id'])
  })

  it('MOON-70: of twenty posts of one code at once, one signs in', async () => {
    const code = await door.mailedCode()
    const body = { ...code, session_expires_in: 5 }
    const answers = await Promise.all(Array.from({ length: 20 }, () => door.post(`${CODES}/verify`, body)))
    expect(answers.map(refusalOf).sort()).toEqual(['200', ...Array(19).fill('400 invalid_otp')])
  })

  it('MOON-70: after five wrong codes the right one is refused too', async () => {
    const { method_id, otp } = await door.mailedCode()
    for (let guess = 0; guess < 5; guess += 1) {
      expect(refusalOf(await door.post(`${CODES}/verify`, { method_id, otp: wrong(otp) }))).toBe('400 invalid_otp')
    }
    expect(refusalOf(await door.post(`${CODES}/verify`, { method_id, otp }))).toBe('400 invalid_otp')
  })

  it('MOON-70: of a hundred parallel guesses at most five are compared', async () => {
    const { method_id, otp } = await door.mailedCode()
    const guess = (index: number) => String((Number(otp) + 1 + index) % 1_000_000).padStart(6, '0')
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => door.post(`${CODES}/verify`, { method_id, otp: guess(index) })),
    )
    expect(new Set(answers.map(refusalOf))).toEqual(new Set(['400 invalid_otp']))
    const lines = door.logs.slice(-100).map((line) => line['reason'])
    expect(lines.filter((reason) => reason === 'code_wrong')).toHaveLength(5)
  })

  it('MOON-70: a newer code replaces the earlier one; unknown ids and other texts are no codes', async () => {
    const email = newEmail()
    const first = await door.mailedCode(email)
    const second = await door.mailedCode(email)
    if (first.otp !== second.otp) {
      expect(refusalOf(await door.post(`${CODES}/verify`, first))).toBe('400 invalid_otp')
    }
    for (const otp of ['12345', '1234567', 'abcdef', '１２３４５６', ` ${second.otp}`]) {
      expect(refusalOf(await door.post(`${CODES}/verify`, { ...second, otp }))).toBe('400 invalid_otp')
    }
    expect(refusalOf(await door.post(`${CODES}/verify`, { ...second, method_id: 'email_unknown' }))).toBe(
      '400 invalid_otp',
    )
    expect(refusalOf(await door.post(`${CODES}/verify`, second))).toBe('200')
  })

  it('MOON-71: the sixth mail to one address in a quarter of an hour is 429, and what was sent stays good', async () => {
    const email = newEmail()
    let code = await door.mailedCode(email)
    for (let sent = 1; sent < 5; sent += 1) code = await door.mailedCode(email)
    for (const path of [`${CODES}/email/login_or_create`, `${CODES}/email/send`, `${LINKS}/email/login_or_create`]) {
      const answer = await door.post(path, { email })
      expect(refusalOf(answer)).toBe('429 too_many_requests')
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(900)
    }
    expect(refusalOf(await door.publicPost(PUBLIC_PATH, { email }))).toBe('429 too_many_requests')
    expect(refusalOf(await door.post(`${CODES}/verify`, code))).toBe('200')
    expect(refusalOf(await door.post(`${CODES}/email/send`, { email: newEmail() }))).toBe('404 user_not_found')
    door.clock.advance(15 * MINUTE_MS)
    expect((await door.post(`${CODES}/email/send`, { email })).status).toBe(200)
  })

  it('MOON-72: without a mail server the answer is 402, and no user comes of it', async () => {
    const project = moonKeyProject()
    const mailless = await openDoor(openStoresForTests(store), project)
    onTestFinished(() => mailless.gateway.close())
    const email = newEmail()
    for (const path of [
      `${LINKS}/email/login_or_create`,
      `${LINKS}/email/invite`,
      `${LINKS}/invite`,
      `${CODES}/email/login_or_create`,
      `${CODES}/email/send`,
    ]) {
      expect(refusalOf(await mailless.post(path, { email }))).toBe('402 email_not_enabled')
    }
    expect(await mailless.gateway.core.users.findContact(project.id, { kind: 'email', value: email })).toBeNull()
    // A token to mail oneself needs no mail server of ours.
    expect((await mailless.post(`${LINKS}/create`, { email })).status).toBe(200)
  })

  it('MOON-73: no log line holds a code, a token or an address', async () => {
    const before = door.logs.length
    const email = newEmail()
    const code = await door.mailedCode(email)
    const token = await door.mailedToken(email)
    const asked = (await door.publicPost(PUBLIC_PATH, { email })).body as Body
    await door.post(`${CODES}/verify`, { ...code, otp: wrong(code.otp) })
    await door.post(`${CODES}/verify`, code)
    await door.post(`${LINKS}/verify`, { token: `${token}x` })
    await door.post(`${LINKS}/verify`, { token })
    await door.post(`${LINKS}/email/login_status`, asked)
    const lines = door.logs.slice(before)
    expect(lines.length).toBeGreaterThanOrEqual(8)
    const text = JSON.stringify(lines)
    for (const secret of [email, token, String(asked['request_origin_token']), `"${code.otp}"`]) {
      expect(text).not.toContain(secret)
    }
  })

  it('MOON-74: another App knows neither the code, the link nor what a page asked for', async () => {
    const email = newEmail()
    const code = await door.mailedCode(email)
    expect(refusalOf(await other.post(`${CODES}/verify`, code))).toBe('400 invalid_otp')
    const token = await door.mailedToken(email)
    expect(refusalOf(await other.post(`${LINKS}/verify`, { token }))).toBe('400 invalid_magic_token')
    const asked = (await door.publicPost(PUBLIC_PATH, { email })).body as Body
    expect(refusalOf(await other.post(`${LINKS}/email/login_status`, asked))).toBe('400 invalid_request_origin_token')
    expect(refusalOf(await other.post(`${CODES}/email/send`, { email }))).toBe('404 user_not_found')
    const { user_id: there } = await other.ok(`${LINKS}/email/login_or_create`, { email })
    expect(there).not.toBe((await door.ok(`${CODES}/verify`, code))['user_id'])
    expect(refusalOf(await door.post(`${LINKS}/verify`, { token }))).toBe('200')
  })

  it('MOON-75: while the store does not answer it is 503, and code and link still work afterwards', async () => {
    let isDown = false
    const opened = await openEmailGateway(store, {
      wrap: (stores) =>
        interceptStores(stores, (_, __, run) => (isDown ? Promise.reject(new AuthError('store_unavailable')) : run())),
    })
    onTestFinished(() => opened.close())
    const { door: fragile } = opened
    const email = newEmail()
    const code = await fragile.mailedCode(email)
    const token = await fragile.mailedToken(email)
    isDown = true
    for (const [path, body] of [
      [`${CODES}/verify`, code],
      [`${LINKS}/verify`, { token }],
      [`${CODES}/email/send`, { email }],
      [`${LINKS}/email/login_or_create`, { email }],
      [`${LINKS}/email/login_status`, { email_id: 'email_1', request_origin_token: 'x' }],
    ] as const) {
      expect(refusalOf(await fragile.post(path, body))).toBe('503 service_unavailable')
    }
    isDown = false
    expect(refusalOf(await fragile.post(`${CODES}/verify`, code))).toBe('200')
    expect(refusalOf(await fragile.post(`${LINKS}/verify`, { token }))).toBe('200')
  })

  it('MOON-76: over a mail server of its own, a code and a link arrive and sign in', async () => {
    const received: string[] = []
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _, done) {
        let raw = ''
        stream.setEncoding('latin1')
        stream.on('data', (chunk: string) => {
          raw += chunk
        })
        stream.on('end', () => {
          received.push(raw)
          server.emit('received')
          done()
        })
      },
    })
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    const { port } = server.server.address() as AddressInfo
    const opened = await openEmailGateway(store, {
      mail: { smtpUrl: `smtp://127.0.0.1:${port}`, from: 'My App <no-reply@example.test>' },
    })
    onTestFinished(async () => {
      await opened.close()
      await new Promise<void>((resolve) => server.close(resolve))
    })
    const next = async () => {
      if (received.length === 0) await once(server, 'received')
      return new PostalMime().parse(Buffer.from(received.shift() ?? '', 'latin1'))
    }

    const email = newEmail()
    const { email_id: methodId } = await opened.door.ok(`${CODES}/email/login_or_create`, { email })
    const mail = await next()
    expect(mail.to).toEqual([{ name: '', address: email }])
    const otp = codeIn((mail.text ?? '').replaceAll('\r\n', '\n'))
    expect(refusalOf(await opened.door.post(`${CODES}/verify`, { method_id: methodId, otp }))).toBe('200')

    await opened.door.ok(`${LINKS}/email/login_or_create`, { email })
    const link = linkIn(((await next()).text ?? '').replaceAll('\r\n', '\n'))
    const token = link.searchParams.get('token')
    expect(await opened.door.ok(`${LINKS}/verify`, { token, session_expires_in: 5 })).toMatchObject({
      method_id: methodId,
    })
  })
})

it('MOON-73: Redis holds no code, token or address of a mail in the clear', async () => {
  const { door, close } = await openEmailGateway('redis')
  const redis = new Redis(inject('redisUrl'))
  onTestFinished(async () => {
    redis.disconnect()
    await close()
  })
  const email = newEmail()
  const { otp } = await door.mailedCode(email)
  const token = await door.mailedToken(email)
  const { request_origin_token: originToken } = (await door.publicPost(PUBLIC_PATH, { email })).body as Body
  const keys = await redis.keys(`walletgate:{${door.project.id}|*:challenge:*`)
  const records = await Promise.all(keys.filter((key) => !key.endsWith(':attempts')).map((key) => redis.get(key)))
  expect(records).toHaveLength(4)
  for (const record of records) {
    const { n, c } = JSON.parse(record ?? '') as { n: string; c: Record<string, string> }
    expect([n, ...Object.values(c)]).not.toContain(otp)
    expect([n, ...Object.values(c)]).not.toContain(email)
  }
  const everything = JSON.stringify([keys, records])
  expect(everything).not.toContain(token)
  expect(everything).not.toContain(String(originToken))
})
