import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { FourMicaDoor, fourMicaProject } from '../fourmica/door.ts'
import { MoonKeyDoor, moonKeyProject } from '../moonkey/door.ts'
import {
  decodeJwt,
  firstOf,
  MINUTE_MS,
  newEmail,
  openWalletKit,
  readSession,
  refusalOf,
  type SessionFields,
  START,
  type WalletKitDoor,
  walletKitProject,
} from './door.ts'

const REFUSED = '401 refresh_token_invalid'
const DAY_MS = 24 * 60 * MINUTE_MS

describe.each(STORES)('WalletKit sessions on %s', (store) => {
  const stores = openStoresForTests(store)
  const clock = new TestClock(START)
  let door: WalletKitDoor
  let other: WalletKitDoor
  let moonKey: MoonKeyDoor
  let fourMica: FourMicaDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const three = walletKitProject({}, { moonkey: moonKeyProject().moonkey, fourmica: fourMicaProject().fourmica })
    const opened = await openWalletKit(store, stores, { projects: [three, walletKitProject()], clock })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    other = firstOf(opened.doors.slice(1))
    moonKey = new MoonKeyDoor(door.gateway, three)
    fourMica = new FourMicaDoor(door.gateway, three)
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const ways: readonly (readonly [string, () => Promise<SessionFields>])[] = [
    ['a code', () => door.signInByEmail()],
    ['a link', () => door.signInByLink()],
    ['an Ethereum wallet', () => door.signInByWallet(ethereumSigner())],
    ['a Solana wallet', () => door.signInByWallet(solanaSigner())],
    ['nothing', () => door.signInAnonymously()],
    ['a passkey', async () => door.signInByPasskey(await door.addPasskey(await door.signInAnonymously()))],
    ['a refresh', async () => door.refreshed(await door.signInByEmail())],
  ]
  const claimsOf = (session: SessionFields) => decodeJwt(session.access_token).claims
  const at = (text: string): number => new Date(text).getTime()

  it.each(ways)('WK-02: signed in with %s, a Session is whole', async (_, signIn) => {
    const session = await signIn()
    const now = clock.now().getTime()
    expect(session.project_id).toBe(door.projectId)
    expect(at(session.created_at)).toBeGreaterThan(now - MINUTE_MS)
    expect(at(session.created_at)).toBeLessThanOrEqual(now)
    // WK-23: above five minutes, so that iOS does not refresh before each call.
    expect(at(session.access_token_expires_at) - now).toBeGreaterThan(5 * MINUTE_MS)
    expect(at(session.refresh_token_expires_at)).toBe(now + 30 * DAY_MS)
    // The browser’s store takes up to 4 KB of a cookie, name and attributes included.
    for (const token of [session.access_token, session.refresh_token]) expect(token.length).toBeLessThan(2_000)
    expect(await door.statusOf(session)).toBe(200)
  })

  it.each(ways)('WK-21: signed in with %s, a refresh gives a whole Session with the same id', async (_, signIn) => {
    const session = await signIn()
    clock.advance(MINUTE_MS)
    const next = await door.refreshed(session)
    expect([next.id, next.user_id, next.created_at]).toEqual([session.id, session.user_id, session.created_at])
    expect(next.access_token).not.toBe(session.access_token)
    expect(next.refresh_token).not.toBe(session.refresh_token)
    expect(at(next.refresh_token_expires_at)).toBe(clock.now().getTime() + 30 * DAY_MS)
    expect(at(next.access_token_expires_at)).toBeGreaterThan(at(session.access_token_expires_at))
    expect(claimsOf(next)).toMatchObject({
      ...claimsOf(session),
      iat: expect.any(Number),
      exp: expect.any(Number),
      nbf: expect.any(Number),
      jti: expect.any(String),
    })
    expect(await door.statusOf(next)).toBe(200)
    // The token before is as good as it was.
    expect(await door.statusOf(session)).toBe(200)
  })

  it.each(ways)('WK-22: signed in with %s, nothing of it works after logout', async (_, signIn) => {
    const session = await signIn()
    const next = await door.refreshed(session)
    const answer = await door.logout(next)
    expect([answer.status, answer.text]).toEqual([204, ''])
    for (const ended of [session, next]) {
      expect(await door.statusOf(ended)).toBe(401)
      expect(refusalOf(await door.logout(ended))).toBe('401 unauthorized')
      expect(refusalOf(await door.refresh(ended))).toBe(REFUSED)
      expect(refusalOf(await door.beginRegistration(ended))).toBe('401 unauthorized')
    }
  })

  it('WK-22: logout ends its own session alone', async () => {
    const email = newEmail()
    const [one, two] = [await door.signInByEmail(email), await door.signInByEmail(email)]
    await door.logout(one)
    expect(await door.statusOf(two)).toBe(200)
    await door.refreshed(two)
  })

  it('WK-22: of ten logouts at once each is 204 or 401, and the session is over', async () => {
    const session = await door.signInAnonymously()
    const answers = await Promise.all(Array.from({ length: 10 }, () => door.logout(session)))
    expect(answers.filter(({ status }) => status === 204).length).toBeGreaterThanOrEqual(1)
    for (const { status } of answers) expect([204, 401]).toContain(status)
    expect(await door.statusOf(session)).toBe(401)
  })

  it('WK-22: a refresh and a logout at once leave no live session behind', async () => {
    for (let round = 0; round < 10; round += 1) {
      const session = await door.signInAnonymously()
      const [, refreshed] = await Promise.all([door.logout(session), door.refresh(session)])
      expect([200, 401]).toContain(refreshed.status)
      if (refreshed.status === 200) {
        const next = readSession(refreshed)
        expect(await door.statusOf(next)).toBe(401)
        expect(refusalOf(await door.refresh(next))).toBe(REFUSED)
      }
    }
  })

  it('WK-21: two refreshes with one token at once both succeed, and both results go on working', async () => {
    const session = await door.signInByEmail()
    const [one, two] = await Promise.all([door.refreshed(session), door.refreshed(session)])
    expect(one.refresh_token).not.toBe(two.refresh_token)
    for (const child of [one, two]) {
      expect(child.id).toBe(session.id)
      expect(await door.statusOf(child)).toBe(200)
    }
    clock.advance(61_000)
    for (const child of [one, two]) await door.refreshed(await door.refreshed(child))
  })

  it('WK-39: a replaced token works for 60 seconds, and not afterwards', async () => {
    const session = await door.signInByEmail()
    const child = await door.refreshed(session)
    clock.advance(60_000 - 1)
    const late = await door.refreshed(session)
    clock.advance(1)
    expect(refusalOf(await door.refresh(session))).toBe(REFUSED)
    // A late repeat ends nothing.
    expect(await door.statusOf(child)).toBe(200)
    for (const each of [child, late]) await door.refreshed(each)
  })

  it('WK-39: repeating does not lengthen the time for repeating', async () => {
    const session = await door.signInAnonymously()
    for (const _ of [1, 2, 3]) {
      await door.refreshed(session)
      clock.advance(20_000)
    }
    expect(refusalOf(await door.refresh(session))).toBe(REFUSED)
  })

  it('WK-39: a session has at most eight live refresh tokens, also when asked at once', async () => {
    const session = await door.signInAnonymously()
    const children = await Promise.all(Array.from({ length: 30 }, () => door.refreshed(session)))
    clock.advance(61_000)
    const uses = await Promise.all(children.map((child) => door.refresh(child)))
    for (const use of uses) expect(['200', REFUSED]).toContain(refusalOf(use))
    const good = uses.filter(({ status }) => status === 200)
    expect(good.length).toBeGreaterThanOrEqual(4)
    expect(good.length).toBeLessThanOrEqual(8)
  })

  it('WK-21: two tabs that refresh at once, and share what came last, go on for a year', async () => {
    let session = await door.signInByEmail()
    for (let halfDay = 0; halfDay < 730; halfDay += 1) {
      const tabs = await Promise.all([door.refreshed(session), door.refreshed(session)])
      session = tabs[halfDay % 2] ?? session
      clock.advance(DAY_MS / 2)
    }
    expect(await door.statusOf(await door.refreshed(session))).toBe(200)
  })

  it('WK-39: a session that is refreshed for years by one client never runs out of tokens', async () => {
    let session = await door.signInByEmail()
    for (let day = 0; day < 60; day += 1) {
      clock.advance(29 * DAY_MS)
      session = await door.refreshed(session)
    }
    expect(await door.statusOf(session)).toBe(200)
  })

  it('WK-39: a refresh token lives 30 days', async () => {
    const [early, late] = [await door.signInAnonymously(), await door.signInAnonymously()]
    clock.set(new Date(at(early.refresh_token_expires_at) - 1))
    await door.refreshed(early)
    clock.set(new Date(at(late.refresh_token_expires_at)))
    expect(refusalOf(await door.refresh(late))).toBe(REFUSED)
  })

  it('WK-39: with another session’s id, or none of ours, it is 401 and spends nothing', async () => {
    const [mine, theirs] = [await door.signInAnonymously(), await door.signInAnonymously()]
    for (const id of [theirs.id, 'x', mine.user_id, `${mine.id} `, mine.id.toUpperCase(), '*', '__proto__']) {
      expect(refusalOf(await door.refresh({ ...mine, id }))).toBe(REFUSED)
    }
    await door.refreshed(mine)
    await door.refreshed(theirs)
  })

  it('WK-39: what is no refresh token of this session is 401, and says no more than that', async () => {
    const session = await door.signInByEmail()
    const tokens = await fourMica.signIn(newEthereumWallet())
    const trio = await moonKey.openSession()
    const foreign = await other.signInAnonymously()
    const texts = new Set<string>()
    for (const refresh_token of [
      'x',
      session.access_token,
      session.id,
      `${session.refresh_token}x`,
      session.refresh_token.slice(0, -1),
      session.refresh_token.toUpperCase(),
      ` ${session.refresh_token}`,
      foreign.refresh_token,
      tokens.refresh_token,
      trio.session_token,
      trio.session_jwt,
    ]) {
      const answer = await door.refresh({ id: session.id, refresh_token })
      expect(refusalOf(answer)).toBe(REFUSED)
      texts.add(answer.text)
    }
    expect(texts.size).toBe(1)
    await door.refreshed(session)
  })

  it('WK-36: another project, and another dialect, know nothing of a session', async () => {
    const session = await door.signInByEmail()
    expect(refusalOf(await other.refresh(session))).toBe(REFUSED)
    expect((await fourMica.refresh(session.refresh_token)).status).toBe(401)
    expect((await fourMica.logout(session.refresh_token)).body).toEqual({ revoked: false })
    for (const shown of [
      { session_token: session.refresh_token },
      { session_jwt: session.access_token },
      { session_jwt: session.refresh_token },
    ]) {
      expect((await moonKey.verifySession(shown)).status).toBe(404)
      expect((await moonKey.deleteSession(shown)).status).toBe(404)
    }
    expect((await moonKey.deleteSession({ session_id: session.id })).status).toBe(404)
    await door.refreshed(session)

    const tokens = await fourMica.signIn(newEthereumWallet())
    const [, fourMicaSession] = /^rfr_([^_.]+)/.exec(tokens.refresh_token) ?? []
    for (const id of [fourMicaSession ?? '', 'x']) {
      expect((await door.refresh({ id: id || 'x', refresh_token: tokens.refresh_token })).status).toBe(401)
    }
    expect((await fourMica.refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('WK-39: of a deleted user it is 401, whatever the session began with', async () => {
    for (const signIn of ways.map(([, each]) => each)) {
      const session = await signIn()
      const { core } = door.gateway
      await core.users.delete(door.project.id, session.user_id)
      expect(refusalOf(await door.refresh(session))).toBe(REFUSED)
      expect(await door.statusOf(session)).toBe(401)
    }
  })

  it('WK-21: a refresh needs no bearer, and looks at none', async () => {
    const session = await door.signInAnonymously()
    const body = { session_id: session.id, refresh_token: session.refresh_token }
    for (const authorization of ['Bearer x', `Bearer ${session.access_token}`, 'Basic eDp5']) {
      readSession(await door.post('/users/refresh-token', body, { authorization }))
    }
  })

  it('WK-21: claims are computed anew: an address that was proved, a passkey that was made', async () => {
    const session = await door.signInAnonymously()
    expect(claimsOf(session)).toMatchObject({ has_passkey_credentials: false })
    await door.addPasskey(session)
    expect(claimsOf(await door.refreshed(session))).toMatchObject({ has_passkey_credentials: true })
  })

  it('WK-37: each anonymous sign-in is a new user, with neither address nor wallet', async () => {
    const sessions = await Promise.all(Array.from({ length: 5 }, () => door.signInAnonymously()))
    expect(new Set(sessions.map(({ user_id }) => user_id)).size).toBe(5)
    for (const session of sessions) {
      const claims = claimsOf(session)
      expect('email' in claims || 'siwe_wallet_address' in claims).toBe(false)
      expect(claims['has_passkey_credentials']).toBe(false)
      expect((await door.wallets(session)).body).toEqual([])
    }
    const user = await stores.identities.findUser(door.project.id, firstOf(sessions).user_id)
    expect(user?.status).toBe('pending')
  })

  it('WK-37: a bearer beside it changes nothing: nobody is upgraded or signed out', async () => {
    const before = await door.signInByEmail()
    const answer = await door.bare('/users/login-anonymously', { authorization: `Bearer ${before.access_token}` })
    expect(readSession(answer).user_id).not.toBe(before.user_id)
    expect(await door.statusOf(before)).toBe(200)
    // Nor does an anonymous bearer pass its user on to a sign-in.
    const anonymous = await door.signInAnonymously()
    const code = await door.mailedCode()
    const session = readSession(await door.verify(code, { authorization: `Bearer ${anonymous.access_token}` }))
    expect(session.user_id).toBe(code.user_id)
  })

  it('WK-37: an anonymous user who makes a passkey is somebody: active, and found again by it', async () => {
    const session = await door.signInAnonymously()
    const authenticator = await door.addPasskey(session)
    expect((await stores.identities.findUser(door.project.id, session.user_id))?.status).toBe('active')
    const again = await door.signInByPasskey(authenticator)
    expect(again.user_id).toBe(session.user_id)
    expect(again.id).not.toBe(session.id)
    expect(claimsOf(again)).toMatchObject({ has_passkey_credentials: true })
  })
})
