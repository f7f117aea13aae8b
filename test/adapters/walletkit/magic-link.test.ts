import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { openStoresForTests, STORES, TEST_PUBLIC_URL } from '../../support/gateway.ts'
import { planOutage } from '../../support/intercept-stores.ts'
import { ORIGIN } from '../../support/origin.ts'
import {
  bodyOf,
  decodeJwt,
  firstOf,
  MINUTE_MS,
  newEmail,
  openDoor,
  openWalletKit,
  readChallenge,
  readSession,
  refusalOf,
  type SessionFields,
  type WalletKitDoor,
  walletKitProject,
} from './door.ts'
import { OWN_PAGE } from './page.ts'

const PENDING = '400 session_challenge_pending'
const UNKNOWN = '400 session_challenge_invalid'
/** When a page was asked for from elsewhere. */
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1'

describe.each(STORES)('WalletKit sign-in with magic links on %s', (store) => {
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

  const tokenOf = (link: URL): string => link.searchParams.get('token') ?? ''
  /** A link whose token is another one. */
  const withToken = (link: URL, token: string): URL => {
    const changed = new URL(link)
    changed.searchParams.set('token', token)
    return changed
  }
  const formOf = (link: URL): string => link.searchParams.toString()
  const path = '/users/magic-link'

  it('WK-50: the answer is a pending challenge, and the mail has a link to our page', async () => {
    const email = newEmail()
    const { challenge, link, mail } = await door.mailedLink(email)
    expect([challenge.expired, challenge.completed]).toEqual([false, false])
    expect(`${link.origin}${link.pathname}`).toBe(`${TEST_PUBLIC_URL}${path}`)
    expect([...link.searchParams.keys()]).toEqual(['project', 'token'])
    expect(link.searchParams.get('project')).toBe(door.projectId)
    expect(tokenOf(link)).toMatch(/^[0-9A-Za-z]{48}$/)
    expect(mail.to).toBe(email)
    for (const secret of [challenge.id, challenge.code]) {
      expect(mail.text).not.toContain(secret)
      expect(mail.html).not.toContain(secret)
    }
  })

  it('WK-18: challenge codes and ids are long, of a safe alphabet, and never the same twice', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => door.mailedLink()))
    const created = await Promise.all(Array.from({ length: 20 }, () => door.bare('/users/create-session-challenge')))
    const challenges = [...asked.map(({ challenge }) => challenge), ...created.map(readChallenge)]
    for (const { code, id } of challenges) {
      expect(code).toMatch(/^[A-Za-z0-9_-]{22,}$/)
      expect(code).not.toContain(id)
      expect(code).not.toMatch(/\+/)
    }
    const secrets = [...challenges.flatMap(({ code, id }) => [code, id]), ...asked.map(({ link }) => tokenOf(link))]
    expect(new Set(secrets).size).toBe(secrets.length)
  })

  it.each(['GET', 'HEAD'])('WK-51: a %s of the link completes nothing, however often', async (method) => {
    const { challenge, link } = await door.mailedLink()
    for (const headers of [
      {},
      { 'user-agent': 'Mozilla/5.0 (compatible; Barracuda Sentinel)', purpose: 'prefetch', 'sec-purpose': 'prefetch' },
      { origin: TEST_PUBLIC_URL, 'sec-fetch-site': 'same-origin' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'x-http-method-override': 'POST', 'x-method-override': 'POST', 'x-http-method': 'POST' },
    ]) {
      for (let times = 0; times < 5; times += 1) {
        const page = await door.visitor.visit(link, { method, headers })
        expect(page.status).toBe(200)
        if (method === 'HEAD') expect(page.html).toBe('')
      }
    }
    await door.visitor.visit(`${path}?${formOf(link)}&_method=POST&confirm=1`, { method })
    expect(await door.stateOf(challenge.code)).toBe('pending')
    expect(refusalOf(await door.redeem(challenge.code))).toBe(PENDING)
    // And it is still good.
    await door.confirm(link)
    expect(await door.stateOf(challenge.code)).toBe('completed')
  })

  it.each(['OPTIONS', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('WK-51: nor does a %s', async (method) => {
    const { challenge, link } = await door.mailedLink()
    const { pathname, search } = link
    await door.gateway.app.request(`${pathname}${search}`, { method, headers: OWN_PAGE })
    expect(await door.stateOf(challenge.code)).toBe('pending')
  })

  it('WK-52: pressing the button completes the challenge once, and the poller gets the session', async () => {
    const email = newEmail()
    const { challenge, link } = await door.mailedLink(email)
    const page = await door.visitor.visit(link)
    expect(page.form).toMatchObject({ method: 'post', fields: { project: door.projectId, token: tokenOf(link) } })
    expect((await door.visitor.press(link, page)).status).toBe(200)
    expect(readChallenge(await door.poll(challenge.code))).toEqual({ ...challenge, completed: true })
    const session = readSession(await door.redeem(challenge.code))
    expect(decodeJwt(session.access_token).claims['email']).toBe(email)
    // Twice is once too often, and takes nothing back.
    const again = await door.visitor.press(link, page)
    expect([again.status, again.form]).toEqual([400, null])
    expect(await door.stateOf(challenge.code)).toBe('completed')
    expect(await door.statusOf(session)).toBe(200)
  })

  it('WK-52: the page for the poller says nothing of the session', async () => {
    const { challenge, link } = await door.mailedLink()
    const page = await door.confirm(link)
    const { id, user_id } = readSession(await door.redeem(challenge.code))
    for (const secret of [challenge.code, challenge.id, id, user_id, tokenOf(link)]) {
      expect(page.html).not.toContain(secret)
      expect(JSON.stringify([...page.headers])).not.toContain(secret)
    }
  })

  it('WK-52: it says which project, for which address, when, and from where it was asked for', async () => {
    const email = newEmail()
    const { link } = await door.mailedLink(email, { 'user-agent': IPHONE })
    door.clock.advance(3 * MINUTE_MS)
    const page = await door.visitor.visit(link)
    expect(page.text).toContain('My App')
    expect(page.text).toContain(email)
    expect(page.text).toMatch(/3 minutes ago/)
    expect(page.text).toMatch(/Safari on an iPhone/)
    expect(page.form).not.toBeNull()
  })

  it('WK-54: what the page shows is escaped, and of a User-Agent only words of our own', async () => {
    const name = '<b>"App" & \'Co\' {{x}} <script>alert(1)</script>'
    const project = walletKitProject({}, { name })
    const { door: own, close: closeOwn } = await openDoor(store, stores, project)
    const email = newEmail()
    const { link } = await own.mailedLink(email, {
      'user-agent': '<img src=x onerror=alert(1)> Call +1 555 0100 now! Chrome/1 Windows',
    })
    const page = await own.visitor.visit(link)
    expect(page.text).toContain(name)
    expect(page.html).not.toContain('<b>"App"')
    expect(page.text).toContain('Chrome on Windows')
    for (const plea of ['Call', '555', 'onerror', 'now!']) expect(page.html).not.toContain(plea)
    const done = await own.visitor.press(link, page)
    expect(done.text).toContain(name)
    await closeOwn()
  })

  it('WK-54: an unpublished page may not be asked into existence by its query', async () => {
    const { link } = await door.mailedLink()
    for (const more of ['&email=eve@evil.example', '&name=%3Cscript%3E', '&next=https://evil.example', '&error=<b>x']) {
      const page = await door.visitor.visit(`${path}?${formOf(link)}${more}`)
      expect(page.html).not.toMatch(/evil|eve@|<b>x/)
    }
    const bad = await door.visitor.visit(`${path}?project=%3Cscript%3Ealert(1)%3C/script%3E&token=%22%3E%3Cb%3Ebold`)
    expect(bad.status).toBe(400)
    expect(bad.html).not.toMatch(/alert|bold/)
  })

  it('WK-18: nothing that whoever asked receives completes the challenge', async () => {
    const email = newEmail()
    const { challenge, link } = await door.mailedLink(email)
    const { user_id } = bodyOf(await door.loginWithEmail(email))
    const known = [
      challenge.id,
      challenge.code,
      challenge.code.slice(0, 48),
      challenge.code.slice(-48),
      String(user_id),
    ]
    for (const token of [...known, '', '*', 'x'.repeat(48)]) {
      const form = new URLSearchParams({ project: door.projectId, token }).toString()
      expect((await door.visitor.send(path, form)).status).toBe(400)
      expect((await door.visitor.visit(withToken(link, token))).status).toBe(400)
      expect((await door.verify({ user_id: String(user_id), verification_code: token })).status).toBe(400)
    }
    for (const code of [challenge.id, String(user_id), challenge.code.slice(1), `${challenge.code}x`]) {
      expect(refusalOf(await door.redeem(code))).toBe(UNKNOWN)
    }
    expect(refusalOf(await door.redeem(challenge.code))).toBe(PENDING)
    expect(await door.stateOf(challenge.code)).toBe('pending')
  })

  it('WK-18: nor does what a link’s owner has collect it without its code', async () => {
    const { challenge, link } = await door.mailedLink()
    await door.confirm(link)
    for (const code of [tokenOf(link), challenge.id]) expect(refusalOf(await door.redeem(code))).toBe(UNKNOWN)
    readSession(await door.redeem(challenge.code))
  })

  it('WK-18: one link completes its own challenge alone', async () => {
    const email = newEmail()
    const [one, two] = [await door.mailedLink(email), await door.mailedLink(email)]
    const bare = readChallenge(await door.bare('/users/create-session-challenge'))
    await door.confirm(one.link)
    expect(await door.stateOf(one.challenge.code)).toBe('completed')
    expect(await door.stateOf(two.challenge.code)).toBe('pending')
    expect(await door.stateOf(bare.code)).toBe('pending')
    expect(refusalOf(await door.redeem(two.challenge.code))).toBe(PENDING)
    await door.confirm(two.link)
    const sessions = [await door.redeem(one.challenge.code), await door.redeem(two.challenge.code)].map(readSession)
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(2)
    expect(new Set(sessions.map(({ user_id }) => user_id)).size).toBe(1)
  })

  it('WK-52: of twenty who press at once one completes it, and one session results', async () => {
    const { challenge, link } = await door.mailedLink()
    const page = await door.visitor.visit(link)
    const pages = await Promise.all(Array.from({ length: 20 }, () => door.visitor.press(link, page)))
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(pages.filter(({ status }) => status === 400)).toHaveLength(19)
    const { user_id } = readSession(await door.redeem(challenge.code))
    expect(await stores.sessions.list(door.project.id, user_id, door.clock.now())).toHaveLength(1)
  })

  it('WK-53: used, unknown, expired and malformed links have a page with 400 and nothing to press', async () => {
    const used = await door.mailedLink()
    await door.confirm(used.link)
    const expired = await door.mailedLink()
    door.clock.advance(15 * MINUTE_MS)
    const long = await door.mailedLink()
    door.clock.advance(48 * 60 * MINUTE_MS)
    const links = [
      used.link,
      expired.link,
      long.link,
      withToken(used.link, 'x'.repeat(48)),
      withToken(used.link, 'x'),
      withToken(used.link, ''),
      withToken(used.link, '\u0000'),
      withToken(used.link, '🔑'.repeat(12)),
      withToken(used.link, 'x'.repeat(5_000)),
      new URL(`${TEST_PUBLIC_URL}${path}`),
      new URL(`${TEST_PUBLIC_URL}${path}?token=${tokenOf(used.link)}`),
      new URL(`${TEST_PUBLIC_URL}${path}?project=unknown&token=${tokenOf(used.link)}`),
      new URL(`${TEST_PUBLIC_URL}${path}?project=${other.projectId}&token=${tokenOf(used.link)}`),
      new URL(`${TEST_PUBLIC_URL}${path}?project=__proto__&token=${tokenOf(used.link)}`),
    ]
    for (const link of links) {
      for (const page of [await door.visitor.visit(link), await door.visitor.send(path, formOf(link))]) {
        expect([link.search.slice(0, 80), page.status, page.form]).toEqual([link.search.slice(0, 80), 400, null])
        expect(page.text.length).toBeGreaterThan(30)
        const token = tokenOf(link)
        if (token.length > 20) expect(page.html).not.toContain(token)
      }
    }
  })

  it('WK-53: a page that failed says what to do', async () => {
    const expired = await door.mailedLink()
    door.clock.advance(15 * MINUTE_MS)
    expect((await door.visitor.visit(expired.link)).text).toMatch(/expired.*ask for a new/i)
    const used = await door.mailedLink()
    await door.confirm(used.link)
    expect((await door.visitor.visit(used.link)).text).toMatch(/ask for a new link/i)
  })

  it('WK-53: in an outage the page is 503, says to try again, and the link works afterwards', async () => {
    const outage = planOutage(stores, new AuthError('store_unavailable', 'planted'))
    const { door: own, close: closeOwn } = await openDoor(store, outage.stores)
    const { challenge, link } = await own.mailedLink()
    const page = await own.visitor.visit(link)
    outage.begin()
    for (const failed of [await own.visitor.visit(link), await own.visitor.press(link, page)]) {
      expect(failed.status).toBe(503)
      expect(failed.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      expect(failed.html).not.toContain(tokenOf(link))
      expect(failed.form).toBeNull()
    }
    outage.end()
    await own.visitor.press(link, page)
    readSession(await own.redeem(challenge.code))
    await closeOwn()
  })

  it('WK-53: the token stands in no header and in no answer but the form', async () => {
    const { challenge, link } = await door.mailedLink()
    const page = await door.visitor.visit(link)
    const done = await door.visitor.press(link, page)
    const token = tokenOf(link)
    expect(page.html.split(token)).toHaveLength(2)
    expect(done.html).not.toContain(token)
    for (const { headers } of [page, done]) expect(JSON.stringify([...headers])).not.toContain(token)
    expect((await door.poll(challenge.code)).text).not.toContain(token)
    expect((await door.redeem(challenge.code)).text).not.toContain(token)
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a site beside ours', { origin: 'https://other.example.test', 'sec-fetch-site': 'same-site' }],
    ['the app itself', { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }],
    ['another site, by its origin alone', { origin: 'https://evil.example' }],
    ['the app, by its origin alone', { origin: ORIGIN }],
    ['our host without TLS', { origin: 'http://gate.example.test' }],
    ['our host on another port', { origin: 'https://gate.example.test:8443' }],
    ['a frame without an origin on another site', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['another site that hides its origin', { 'sec-fetch-site': 'cross-site' }],
    ['another site whose browser says so', { origin: TEST_PUBLIC_URL, 'sec-fetch-site': 'cross-site' }],
  ])('WK-55: a form that %s sends is 403 and completes nothing', async (_, headers) => {
    const { challenge, link } = await door.mailedLink()
    const page = await door.visitor.visit(link)
    const answer = await door.visitor.press(link, page, headers)
    expect([answer.status, answer.form]).toEqual([403, null])
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(await door.stateOf(challenge.code)).toBe('pending')
    expect((await door.visitor.press(link, page)).status).toBe(200)
  })

  it('WK-55: browsers that say less about themselves can press the button', async () => {
    for (const headers of [
      OWN_PAGE,
      { origin: TEST_PUBLIC_URL },
      { origin: 'null' },
      {},
      { 'sec-fetch-site': 'none' },
    ]) {
      const { challenge, link } = await door.mailedLink()
      const page = await door.visitor.visit(link)
      expect((await door.visitor.press(link, page, headers)).status).toBe(200)
      expect(await door.stateOf(challenge.code)).toBe('completed')
    }
  })

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', ''])(
    'WK-55: what a script could send without asking, as "%s", completes nothing',
    async (type) => {
      const { challenge, link } = await door.mailedLink()
      const page = await door.visitor.send(path, formOf(link), { ...OWN_PAGE, 'content-type': type })
      expect(page.status).toBe(400)
      expect(await door.stateOf(challenge.code)).toBe('pending')
    },
  )

  it('WK-55: a token in the query of the form’s target is not looked at', async () => {
    const { challenge, link } = await door.mailedLink()
    expect((await door.visitor.send(`${path}${link.search}`, '')).status).toBe(400)
    expect(await door.stateOf(challenge.code)).toBe('pending')
  })

  it('WK-54: pages cannot read the page: it takes no part in CORS', async () => {
    const { link } = await door.mailedLink()
    const page = await door.visitor.visit(link, { headers: { origin: ORIGIN } })
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
    const response = await door.gateway.app.request(path, {
      method: 'OPTIONS',
      headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
    })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('WK-56: a link is good for 15 minutes, and its challenge expires with it', async () => {
    const [early, late] = [await door.mailedLink(), await door.mailedLink()]
    door.clock.advance(15 * MINUTE_MS - 1)
    expect((await door.confirm(early.link)).status).toBe(200)
    const page = await door.visitor.visit(late.link)
    expect(await door.stateOf(late.challenge.code)).toBe('pending')
    door.clock.advance(1)
    expect((await door.visitor.press(late.link, page)).status).toBe(400)
    expect(await door.stateOf(late.challenge.code)).toBe('expired')
    expect(refusalOf(await door.redeem(late.challenge.code))).toBe('400 session_challenge_expired')
    expect(await door.stateOf(early.challenge.code)).toBe('completed')
  })

  it('WK-56: create-session-challenge makes one for 30 minutes, which nothing completes by itself', async () => {
    const { code } = readChallenge(await door.bare('/users/create-session-challenge'))
    await door.signInByEmail()
    expect(await door.stateOf(code)).toBe('pending')
    door.clock.advance(30 * MINUTE_MS - 1)
    expect(await door.stateOf(code)).toBe('pending')
    expect(refusalOf(await door.redeem(code))).toBe(PENDING)
    door.clock.advance(1)
    expect(await door.stateOf(code)).toBe('expired')
    expect(refusalOf(await door.redeem(code))).toBe('400 session_challenge_expired')
  })

  it('WK-03: over its whole life the flags are booleans and never both true', async () => {
    const { challenge, link } = await door.mailedLink()
    const states: string[] = []
    const look = async () => {
      const answer = await door.poll(challenge.code)
      if (answer.status === 200) states.push(await door.stateOf(challenge.code))
      else states.push(refusalOf(answer))
    }
    await look()
    await door.confirm(link)
    await look()
    readSession(await door.redeem(challenge.code))
    for (const minutes of [1, 4, 4, 20, 60, 24 * 60, 24 * 60]) {
      door.clock.advance(minutes * MINUTE_MS)
      await look()
    }
    expect(states.slice(0, 5)).toEqual(['pending', 'completed', 'completed', 'completed', 'completed'])
    // Never "expired": a client that was signed in by it would be thrown out.
    expect(states).not.toContain('expired')
    expect(states.at(-1)).toBe(UNKNOWN)
  })

  it('WK-19: a completed challenge waits to be redeemed, also past the life of its link', async () => {
    const { challenge, link } = await door.mailedLink()
    door.clock.advance(14 * MINUTE_MS)
    await door.confirm(link)
    door.clock.advance(5 * MINUTE_MS)
    expect(await door.stateOf(challenge.code)).toBe('completed')
    readSession(await door.redeem(challenge.code))
    door.clock.advance(5 * MINUTE_MS)
    expect(await door.stateOf(challenge.code)).toBe('completed')
  })

  it('WK-19: calls that overlap get the same session, each with a refresh token that works', async () => {
    const { challenge, link } = await door.mailedLink()
    await door.confirm(link)
    const answers = await Promise.all(Array.from({ length: 4 }, () => door.redeem(challenge.code)))
    const sessions = answers.map(readSession)
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(1)
    expect(new Set(sessions.map(({ user_id }) => user_id)).size).toBe(1)
    expect(new Set(sessions.map(({ refresh_token }) => refresh_token)).size).toBe(4)
    for (const session of sessions) {
      expect(await door.statusOf(session)).toBe(200)
      expect((await door.refreshed(session)).id).toBe(session.id)
    }
  })

  it('WK-19: within a minute a redemption may be repeated, later not, and the session lives on', async () => {
    const { challenge, link } = await door.mailedLink()
    await door.confirm(link)
    const first = readSession(await door.redeem(challenge.code))
    door.clock.advance(MINUTE_MS - 1)
    const second = readSession(await door.redeem(challenge.code))
    expect(second.id).toBe(first.id)
    door.clock.advance(1)
    expect(refusalOf(await door.redeem(challenge.code))).toBe(UNKNOWN)
    expect(await door.stateOf(challenge.code)).toBe('completed')
    for (const session of [first, second]) await door.refreshed(session)
  })

  it('WK-19: repeating does not lengthen the time for repeating', async () => {
    const { challenge, link } = await door.mailedLink()
    await door.confirm(link)
    for (const _ of [1, 2, 3]) {
      readSession(await door.redeem(challenge.code))
      door.clock.advance(20_000)
    }
    expect(refusalOf(await door.redeem(challenge.code))).toBe(UNKNOWN)
  })

  it('WK-19: how many redemptions there are is bounded', async () => {
    const { challenge, link } = await door.mailedLink()
    await door.confirm(link)
    const answers = await Promise.all(Array.from({ length: 30 }, () => door.redeem(challenge.code)))
    const good = answers.filter(({ status }) => status === 200)
    expect(good.length).toBeGreaterThanOrEqual(4)
    expect(good.length).toBeLessThanOrEqual(8)
    expect(new Set(answers.map(refusalOf))).toEqual(new Set(['200', UNKNOWN]))
  })

  it('WK-22: after logout it is not redeemable, also within the minute', async () => {
    const { challenge, link } = await door.mailedLink()
    await door.confirm(link)
    const session = readSession(await door.redeem(challenge.code))
    expect((await door.logout(session)).status).toBe(204)
    expect(refusalOf(await door.redeem(challenge.code))).toBe(UNKNOWN)
    expect(await door.stateOf(challenge.code)).toBe('completed')
  })

  it('WK-19: a user deleted between pressing and redeeming is not signed in', async () => {
    const email = newEmail()
    const { challenge, link } = await door.mailedLink(email)
    await door.confirm(link)
    const contact = await stores.identities.findContact(door.project.id, 'email', email)
    await stores.identities.deleteUser(door.project.id, String(contact?.userId))
    expect(refusalOf(await door.redeem(challenge.code))).toBe(UNKNOWN)
  })

  it('WK-36: a challenge and a link of another project are unknown here', async () => {
    const { challenge, link } = await door.mailedLink()
    for (const check of [() => other.poll(challenge.code), () => other.redeem(challenge.code)]) {
      expect(refusalOf(await check())).toBe(UNKNOWN)
    }
    const foreign = new URL(link)
    foreign.searchParams.set('project', other.projectId)
    expect((await other.visitor.visit(foreign)).status).toBe(400)
    expect((await other.visitor.send(path, formOf(foreign))).status).toBe(400)
    await door.confirm(link)
    for (const check of [() => other.poll(challenge.code), () => other.redeem(challenge.code)]) {
      expect(refusalOf(await check())).toBe(UNKNOWN)
    }
    readSession(await door.redeem(challenge.code))
  })

  it('WK-26: polling every three seconds for half an hour is never 429, and spends nothing', async () => {
    const { challenge, link } = await door.mailedLink()
    for (let poll = 0; poll < 290; poll += 1) {
      const answer = await door.poll(challenge.code)
      expect(answer.status).toBe(200)
      door.clock.advance(3_000)
    }
    await door.confirm(link)
    for (let poll = 0; poll < 190; poll += 1) {
      expect(await door.stateOf(challenge.code)).toBe('completed')
      door.clock.advance(3_000)
    }
  })

  it('WK-26: nor are a hundred polls at once', async () => {
    const { challenge } = await door.mailedLink()
    const answers = await Promise.all(Array.from({ length: 100 }, () => door.poll(challenge.code)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })

  it('WK-38: an unknown, a foreign and a malformed code look alike', async () => {
    const { code } = readChallenge(await other.bare('/users/create-session-challenge'))
    const bodies = new Set<string>()
    for (const each of [code, 'x', 'x'.repeat(128), `${code}x`, '../../x', '{}', 'ä']) {
      const [read, redeemed] = [await door.poll(each), await door.redeem(each)]
      expect([read.status, redeemed.status]).toEqual([400, 400])
      bodies.add(read.text).add(redeemed.text)
    }
    expect(bodies.size).toBe(1)
  })

  it('WK-04: the query needs a code, once', async () => {
    for (const query of ['', '?', '?code', '?code=', '?Code=x', `?code=${'x'.repeat(10_000)}`]) {
      expect((await door.get(`/users/session-challenge${query}`)).status).toBe(400)
    }
  })

  it('WK-16: address, user and session belong together, with a code as with a link', async () => {
    const email = newEmail()
    const byLink: SessionFields = await door.signInByLink(email)
    const byCode = await door.signInByEmail(email)
    expect(byLink.user_id).toBe(byCode.user_id)
    expect(byLink.id).not.toBe(byCode.id)
  })
})
