import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, openTestGateway, STORES } from '../../support/gateway.ts'
import { ethereumSigner } from '../../support/signers.ts'
import {
  bodyOf,
  decodeJwt,
  firstOf,
  MINUTE_MS,
  newEmail,
  openWalletKit,
  readSession,
  refusalOf,
  WalletKitDoor,
  walletKitProject,
} from './door.ts'

const WRONG = '400 verification_code_invalid'

describe.each(STORES)('WalletKit sign-in with e-mailed codes on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let other: WalletKitDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await openWalletKit(store, stores, { projects: [walletKitProject(), walletKitProject()] })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    other = firstOf(opened.doors.slice(1))
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const wrong = (code: string): string => (code === '000000' ? '000001' : '000000')

  it('WK-16: the user is the one that was named, now and at later sign-ins, and the address is in the claims', async () => {
    const email = newEmail()
    const first = await door.mailedCode(email)
    const session = readSession(await door.verify(first))
    expect(session.user_id).toBe(first.user_id)
    expect(decodeJwt(session.access_token).claims).toMatchObject({ email, has_passkey_credentials: false })
    expect((await door.mailedCode(email)).user_id).toBe(first.user_id)
    door.clock.advance(400 * 24 * 60 * MINUTE_MS)
    expect((await door.signInByEmail(email)).user_id).toBe(first.user_id)
  })

  it('WK-17: the code has six digits, zeros in front included, and is compared as text', async () => {
    const zeros = { user_id: '', verification_code: '' }
    for (let tries = 0; tries < 400 && zeros.user_id === ''; tries += 1) {
      const code = await door.mailedCode()
      expect(code.verification_code).toMatch(/^\d{6}$/)
      if (code.verification_code.startsWith('0')) Object.assign(zeros, code)
    }
    const { verification_code: code } = zeros
    expect(code).toMatch(/^0\d{5}$/)
    // Other spellings of the same number cost no attempt: they can be no code.
    for (const other of [
      code.slice(1),
      String(Number(code)),
      `0${code}`,
      ` ${code}`,
      `${code} `,
      `${code}.0`,
      `+${code}`,
    ]) {
      expect(refusalOf(await door.verify({ ...zeros, verification_code: other }))).toBe(WRONG)
    }
    readSession(await door.verify(zeros))
  })

  it('WK-17: a number is no code', async () => {
    const code = await door.mailedCode()
    const answer = await door.verify({ ...code, verification_code: Number(code.verification_code) })
    expect(refusalOf(answer)).toBe('400 invalid_request')
    readSession(await door.verify(code))
  })

  it('WK-17: a code signs in once', async () => {
    const code = await door.mailedCode()
    readSession(await door.verify(code))
    expect(refusalOf(await door.verify(code))).toBe(WRONG)
  })

  it('WK-17: of twenty racers with the right code at most five are looked at and one signs in', async () => {
    const code = await door.mailedCode()
    const answers = await Promise.all(Array.from({ length: 20 }, () => door.verify(code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter((answer) => refusalOf(answer) === WRONG)).toHaveLength(19)
    expect(await stores.sessions.list(door.project.id, code.user_id, door.clock.now())).toHaveLength(1)
  })

  it('WK-17: after four wrong guesses the fifth may be right; after five none is', async () => {
    for (const [guesses, expected] of [
      [4, '200'],
      [5, WRONG],
    ] as const) {
      const code = await door.mailedCode()
      const bad = { ...code, verification_code: wrong(code.verification_code) }
      for (let guess = 0; guess < guesses; guess += 1) expect(refusalOf(await door.verify(bad))).toBe(WRONG)
      expect(refusalOf(await door.verify(code))).toBe(expected)
    }
  })

  it('WK-17: guesses at once are counted all the same', async () => {
    const code = await door.mailedCode()
    const guesses = Array.from({ length: 60 }, (_, index) => String(index).padStart(6, '0')).filter(
      (guess) => guess !== code.verification_code,
    )
    const answers = await Promise.all(guesses.map((verification_code) => door.verify({ ...code, verification_code })))
    expect(new Set(answers.map(refusalOf))).toEqual(new Set([WRONG]))
    expect(refusalOf(await door.verify(code))).toBe(WRONG)
    // A new one is good again.
    door.clock.advance(1)
  })

  it('WK-17: a code is good for ten minutes', async () => {
    const [early, late] = [await door.mailedCode(), await door.mailedCode()]
    door.clock.advance(10 * MINUTE_MS - 1)
    readSession(await door.verify(early))
    door.clock.advance(1)
    expect(refusalOf(await door.verify(late))).toBe('400 verification_code_expired')
  })

  it('WK-17: the next code replaces the one before, and has its own five attempts', async () => {
    const email = newEmail()
    const first = await door.mailedCode(email)
    const bad = { ...first, verification_code: wrong(first.verification_code) }
    for (let guess = 0; guess < 5; guess += 1) await door.verify(bad)
    const second = await door.mailedCode(email)
    if (first.verification_code !== second.verification_code) {
      expect(refusalOf(await door.verify(first))).toBe(WRONG)
    }
    readSession(await door.verify(second))
  })

  it('WK-17: a code is its user’s alone', async () => {
    const [mine, theirs] = [await door.mailedCode(), await door.mailedCode()]
    const crossed = { user_id: theirs.user_id, verification_code: mine.verification_code }
    if (mine.verification_code !== theirs.verification_code) expect(refusalOf(await door.verify(crossed))).toBe(WRONG)
    for (const user_id of ['user_unknown', mine.user_id.toLowerCase(), `${mine.user_id} `, '*', '{}', '__proto__']) {
      expect(refusalOf(await door.verify({ ...mine, user_id }))).toBe(WRONG)
    }
    readSession(await door.verify(mine))
    readSession(await door.verify(theirs))
  })

  it('WK-17: a code is bound to what it was sent for', async () => {
    const email = newEmail()
    const { user_id } = await door.mailedCode(email)
    const { challenge } = await door.mailedLink(email)
    for (const verification_code of [challenge.code, challenge.id]) {
      expect((await door.verify({ user_id, verification_code })).status).toBe(400)
    }
  })

  it('WK-36: a code of another project is unknown here', async () => {
    const email = newEmail()
    const [here, there] = [await door.mailedCode(email), await other.mailedCode(email)]
    expect(here.user_id).not.toBe(there.user_id)
    expect(refusalOf(await other.verify(here))).toBe(WRONG)
    readSession(await door.verify(here))
    readSession(await other.verify(there))
  })

  it('WK-34: an address is trimmed and lower-cased', async () => {
    const email = newEmail()
    const { user_id } = await door.mailedCode(email)
    for (const spelling of [email.toUpperCase(), ` ${email} `, `\t${email}`, email.replace('example', 'EXAMPLE')]) {
      expect(bodyOf(await door.loginWithEmail(spelling))['user_id']).toBe(user_id)
    }
    expect(await door.mailsTo(email, 5)).toHaveLength(5)
  })

  it.each([
    'ada',
    'ada@example',
    '@example.test',
    'ada@',
    'a b@example.test',
    'ada@example.test\nBcc: eve@example.test',
    'ada@example.test, eve@example.test',
    'ada@example.test;eve@example.test',
    '<ada@example.test>',
    'Ada <ada@example.test>',
    'ada@[127.0.0.1]',
    `${'a'.repeat(300)}@example.test`,
    '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
    '*',
  ])('WK-34: "%s" is no address', async (email) => {
    for (const path of ['/users/login-with-email', '/users/login-with-magic-link']) {
      const answer = await door.post(path, { email })
      expect(refusalOf(answer)).toBe('400 invalid_request')
      expect(answer.text).toContain('email')
    }
  })

  it('WK-34: the sixth mail within 15 minutes is 429, what was sent before stays good, and later mails go out', async () => {
    const email = newEmail()
    const { link, challenge } = await door.mailedLink(email)
    for (let mail = 2; mail <= 4; mail += 1) await door.mailedCode(email)
    const last = await door.mailedCode(email)
    for (const ask of [() => door.loginWithEmail(email), () => door.loginWithMagicLink(` ${email.toUpperCase()}`)]) {
      const answer = await ask()
      expect(refusalOf(answer)).toBe('429 too_many_requests')
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    readSession(await door.verify(last))
    await door.confirm(link)
    readSession(await door.redeem(challenge.code))
    // Another address, and the same in another project, have allowances of their own.
    await door.mailedCode()
    await other.mailedCode(email)
    door.clock.advance(15 * MINUTE_MS)
    await door.signInByEmail(email)
  })

  it('WK-34: without a mail server it is 403 mail_unavailable, and makes no user', async () => {
    const project = walletKitProject()
    const gateway = await openTestGateway({ projects: [project], stores, clock: door.clock })
    const mute = new WalletKitDoor(gateway, project, { outbox: null as never, mailbox: null, close: async () => {} })
    const email = newEmail()
    for (const path of ['/users/login-with-email', '/users/login-with-magic-link']) {
      expect(refusalOf(await mute.post(path, { email }))).toBe('403 mail_unavailable')
      expect(refusalOf(await mute.post(path, { email: 'x' }))).toBe('400 invalid_request')
    }
    expect(await stores.identities.findContact(project.id, 'email', email)).toBeNull()
    await mute.signInByWallet(ethereumSigner())
  })

  it('WK-35: a code proves the address: it is verified, and its user active', async () => {
    const email = newEmail()
    const { user_id } = await door.mailedCode(email)
    const before = await stores.identities.findContact(door.project.id, 'email', email)
    expect(before).toMatchObject({ userId: user_id, verifiedAt: null })
    await door.signInByEmail(email)
    const after = await stores.identities.findContact(door.project.id, 'email', email)
    expect(after?.verifiedAt).toEqual(door.clock.now())
    expect((await stores.identities.findUser(door.project.id, user_id))?.status).toBe('active')
  })
})
