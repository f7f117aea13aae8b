import { createHmac, randomUUID } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { emailFrom, importedUser, importerOf, walletFrom } from '../../core/identities/fixtures.ts'
import { openTestAudit, type TestAudit } from '../../src/audit/memory-sink.ts'
import { startReceiver } from '../../src/webhooks/receiver.ts'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, openTestGateway, STORES } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { ethereumSigner, type Signer } from '../../support/signers.ts'
import { openWalletKit, walletKitProject } from '../walletkit/door.ts'
import {
  decodeJwt,
  MoonKeyDoor,
  moonKeyProject,
  openTwoDoors,
  readSession,
  refusalOf,
  SESSIONS,
  START,
  unix,
  VERIFY,
} from './door.ts'
import { type Claims, newVendor, newVendorSession, type Vendor, type VendorSession } from './vendor.ts'

const NOT_FOUND = '404 session_not_found'
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe.each(STORES)('session JWTs of the vendor that was left, on %s', (store) => {
  const stores = openStoresForTests(store)
  let vendor: Vendor
  let door: MoonKeyDoor
  let trail: TestAudit
  /** Happens once, just before a session takes the place of one of the vendor's. */
  let beforeOpening: (() => Promise<unknown>) | null = null
  const watched = interceptStores(stores, async (act, _, run) => {
    const happens = act === 'imports.openSession' ? beforeOpening : null
    if (happens !== null) beforeOpening = null
    await happens?.()
    return run()
  })
  beforeAll(async () => {
    vendor = await newVendor()
    trail = openTestAudit(new TestClock(START))
    door = await open(vendor)
  })
  afterAll(() => stores.close())

  async function open(of: Vendor, change: Parameters<Vendor['section']>[0] = {}): Promise<MoonKeyDoor> {
    const project = moonKeyProject({ vendorTokens: of.section(change) })
    const clock = new TestClock(START)
    const gateway = await openTestGateway({ projects: [project], stores: watched, clock, audit: trail.audit })
    return new MoonKeyDoor(gateway, project)
  }

  /** Somebody the import brought: here with the same id. */
  async function newUser(of = door): Promise<{ signer: Signer; userId: string; walletId: string }> {
    const signer = ethereumSigner()
    const { user_id: userId, id: walletId } = await of.signIn(signer)
    return { signer, userId, walletId }
  }
  /** Somebody the import brought with a wallet and an email, whose ids it kept. */
  async function newMover(): Promise<{ userId: string; walletId: string; emailId: string }> {
    const [userId, walletId, emailId] = [`user_${randomUUID()}`, `wallet_${randomUUID()}`, `email_${randomUUID()}`]
    const wallet = walletFrom('0', { id: walletId, account: door.account(ethereumSigner()) })
    const email = emailFrom(`${randomUUID()}@example.test`, { id: emailId, verifiedAt: START })
    const imported = importedUser({ id: userId, credentials: [wallet, email] })
    expect(await importerOf(stores, door.project.id)(imported)).toMatchObject({ outcome: 'imported' })
    return { userId, walletId, emailId }
  }
  async function newSession(of = door): Promise<VendorSession> {
    const { userId, walletId } = await newUser(of)
    return newVendorSession(userId, walletId)
  }
  const show = (jwt: string, more: object = {}, at = door) => at.verifySession({ session_jwt: jwt, ...more })

  describe('is exchanged', () => {
    it('MOON-77: for a session of ours, with the user of the same id and whatever a session has', async () => {
      const { userId, walletId } = await newUser()
      const shown = newVendorSession(userId, walletId)
      await trail.facts()
      const trio = readSession(await show(await vendor.sign(shown)))
      expect(trio.session).toMatchObject({ user_id: userId, expires_at: shown.expires_at, started_at: unix(START) })
      expect(trio.session.factors).toMatchObject([{ method: { method_id: walletId } }])
      expect(trio.session.id).not.toBe(shown.id)
      expect(decodeJwt(trio.session_jwt).claims).toMatchObject({ sub: userId, jti: trio.session.id })
      expect(readSession(await door.verifySession({ session_token: trio.session_token })).session.id).toBe(
        trio.session.id,
      )
      expect((await door.listSessions(userId)).map(({ id }) => id)).toEqual([trio.session.id])
      expect(await trail.facts()).toMatchObject([
        { event: 'foreign_token.accepted', user: userId, session: trio.session.id, door: 'moonkey' },
      ])
    })

    it('MOON-77: once: every JWT of one session of the vendor’s leads to one of ours, also in parallel', async () => {
      const shown = await newSession()
      const first = await vendor.sign(shown)
      const second = await vendor.sign(shown, { iat: unix(START) - 60, nbf: unix(START) - 60, exp: unix(START) + 240 })
      const answers = await Promise.all(Array.from({ length: 16 }, (_, each) => show(each % 2 === 0 ? first : second)))
      expect(new Set(answers.map((answer) => readSession(answer).session.id)).size).toBe(1)
      expect(await door.listSessions(shown.user_id)).toHaveLength(1)
      const other = { ...shown, id: `${shown.id}x` }
      readSession(await show(await vendor.sign(other)))
      expect(await door.listSessions(shown.user_id)).toHaveLength(2)
    })

    it('MOON-77: and extended where that is asked', async () => {
      const { session } = readSession(await show(await vendor.sign(await newSession()), { session_expires_in: 600 }))
      expect(session.expires_at - session.last_active_at).toBe(600 * 60)
    })

    it('MOON-77: with the vendor’s own session token beside it, and not with one of another session of ours', async () => {
      const shown = await newSession()
      const jwt = await vendor.sign(shown)
      const { session, session_token } = readSession(await show(jwt, { session_token: 'v'.repeat(64) }))
      expect(readSession(await show(jwt, { session_token })).session.id).toBe(session.id)
      const other = await door.openSession()
      expect(refusalOf(await show(jwt, { session_token: other.session_token }))).toBe('400 invalid_request')
    })

    it('MOON-77: for a session with the factors that the vendor names, as far as they are here', async () => {
      const { userId, walletId } = await newUser()
      for (const more of [[], ['wallet_elsewhere'], ['pn_elsewhere', 'idp_elsewhere']]) {
        const { session } = readSession(await show(await vendor.sign(newVendorSession(userId, walletId, ...more))))
        expect(session.factors.map(({ method }) => method.method_id)).toEqual([walletId])
      }
    })

    it('MOON-77: for a session with the credential that the vendor names, which was imported with its id, and not the oldest', async () => {
      const { userId, emailId } = await newMover()
      const { session } = readSession(await show(await vendor.sign(newVendorSession(userId, emailId))))
      expect(session.factors.map(({ method }) => method.method_id)).toEqual([emailId])
    })

    it.each([
      ['the namespaced claim alone', { session: undefined }],
      ['the plain claim alone', { 'https://streambird.io/jwt/session': undefined }],
    ])('MOON-77: where it has %s', async (_, change) => {
      const shown = await newSession()
      expect(readSession(await show(await vendor.sign(shown, change))).session.user_id).toBe(shown.user_id)
    })

    it('MOON-77: where its session does not say its end, which is then a day away, and its user is in sub', async () => {
      const { id, factors, user_id: sub } = await newSession()
      const bare = { session: { id, factors }, 'https://streambird.io/jwt/session': undefined, sub }
      const shown = { id, factors, user_id: sub, expires_at: 0 }
      const { session } = readSession(await show(await vendor.sign(shown, bare)))
      expect([session.user_id, session.expires_at]).toEqual([sub, unix(START) + 86_400])
    })

    it('MOON-77: under ES256 too', async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256')
      const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'ec' }] }
      const own = await open(vendor, { keySet: { kind: 'inline', jwks } })
      const jwt = await vendor.sign(await newSession(own), {}, { alg: 'ES256', kid: 'ec' }, privateKey)
      expect(refusalOf(await show(jwt, {}, own))).toBe('200')
    })
  })

  describe('is refused, with one thing changed', () => {
    const now = unix(START)
    const SESSION = 'https://streambird.io/jwt/session'
    it.each<[string, Claims | ((shown: VendorSession) => Claims)]>([
      ['expired now', { exp: now }],
      ['expired', { exp: now - 1 }],
      ['without exp', { exp: undefined }],
      ['an exp that is text', { exp: String(now + 300) }],
      ['an exp beyond all time', { exp: 1e300 }],
      ['not yet', { nbf: now + 60 }],
      ['an nbf that is text', { nbf: 'now' }],
      ['issued in the future', { iat: now + 60 }],
      ['another issuer', { iss: 'api.streambird.io/another' }],
      ['no issuer', { iss: undefined }],
      ['an issuer in a list', (shown) => ({ iss: [shown.id] })],
      ['no session', { session: undefined, [SESSION]: undefined, jti: undefined }],
      // As ID tokens and tokens of machines are, under the same keys.
      ['no session, but a jti', (shown) => ({ session: undefined, [SESSION]: undefined, sub: shown.user_id })],
      ['a session without an id, and a jti', ({ id: _, ...rest }) => ({ session: rest, [SESSION]: undefined })],
      ['one session without an id', ({ id: _, ...rest }) => ({ session: rest })],
      ['two sessions', (shown) => ({ session: { ...shown, id: `${shown.id}y` } })],
      ['a session in a list', (shown) => ({ session: [shown], [SESSION]: undefined, sub: shown.user_id })],
      ['no factors', (shown) => ({ session: { ...shown, factors: [] }, [SESSION]: undefined })],
      ['no word of factors', ({ factors: _, ...rest }) => ({ session: rest, [SESSION]: undefined })],
      [
        'factors that are none',
        (shown) => ({ session: { ...shown, factors: [7, null, { method: [] }] }, [SESSION]: undefined }),
      ],
      [
        'factors that are elsewhere',
        ({ id, user_id, expires_at }) => ({
          session: { id, user_id, expires_at, factors: newVendorSession(user_id, 'wallet_elsewhere').factors },
          [SESSION]: undefined,
        }),
      ],
      ['two users', { sub: 'user_another' }],
      ['two sessions of two users', { session: newVendorSession('user_another') }],
      ['a session that is over', (shown) => ({ session: { ...shown, expires_at: now } })],
      ['a session whose end is no time', (shown) => ({ session: { ...shown, expires_at: 'never' } })],
      ['a session whose end is beyond all time', (shown) => ({ session: { ...shown, expires_at: 1e300 } })],
      ['a session without a user', { session: { id: 'a' }, [SESSION]: undefined }],
      ['a user that is no text', { session: { id: 'a', user_id: 7 }, [SESSION]: undefined }],
    ])('MOON-78: %s', async (_, change) => {
      const shown = await newSession()
      expect(refusalOf(await show(await vendor.sign(shown)))).toBe('200')
      const other = { ...shown, id: `${shown.id}x` }
      const claims = typeof change === 'function' ? change(other) : change
      expect(refusalOf(await show(await vendor.sign(other, claims)))).toBe(NOT_FOUND)
      expect(await door.listSessions(shown.user_id)).toHaveLength(1)
    })

    it('MOON-78: signed by another key, under the vendor’s kid, none, or any', async () => {
      const { privateKey } = await generateKeyPair('RS256')
      const shown = await newSession()
      for (const kid of [vendor.kid, undefined, 'another', '', '../../../dev/null', "' OR 1=1 --", '__proto__']) {
        expect(refusalOf(await show(await vendor.sign(shown, {}, { kid }, privateKey)))).toBe(NOT_FOUND)
      }
      // And by the right one, under a kid that is none of its.
      for (const kid of ['another', '', '__proto__']) {
        expect(refusalOf(await show(await vendor.sign(shown, {}, { kid })))).toBe(NOT_FOUND)
      }
      expect(refusalOf(await show(await vendor.sign(shown, {}, { kid: undefined })))).toBe('200')
    })

    it('MOON-78: unsigned, or signed with what is public', async () => {
      const shown = await newSession()
      const [header = '', claims = '', signature = ''] = (await vendor.sign(shown)).split('.')
      const secrets = [
        await exportSPKI(vendor.publicKey),
        JSON.stringify(vendor.jwks),
        String(vendor.jwks.keys[0]?.n),
        '',
      ]
      const forged = [
        ...['none', 'None', 'NONE', ''].flatMap((alg) => [
          `${encode({ alg, typ: 'JWT' })}.${claims}.`,
          `${encode({ alg, typ: 'JWT', kid: vendor.kid })}.${claims}.${signature}`,
        ]),
        ...secrets.map((secret) => {
          const input = `${encode({ alg: 'HS256', typ: 'JWT', kid: vendor.kid })}.${claims}`
          return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
        }),
        ...['ES256', 'PS256', 'RS384', 'RS512', 'EdDSA', 'HS512', 7, null, ['RS256']].map(
          (alg) => `${encode({ alg, kid: vendor.kid })}.${claims}.${signature}`,
        ),
        `${header}.${claims}`,
        `${header}.${claims}.${signature}.${signature}`,
        `${header}.${encode({ iss: vendor.issuer, exp: now + 300, session: shown })}.${signature}`,
        `${header}.${claims}.${signature}=`,
        `${claims}.${claims}.${signature}`,
      ]
      for (const jwt of forged)
        expect([jwt.slice(0, 60), refusalOf(await show(jwt))]).toEqual([jwt.slice(0, 60), NOT_FOUND])
      expect(await door.listSessions(shown.user_id)).toEqual([])
    })

    it('MOON-78: a key that the token brings, or says where to find, is never looked at', async () => {
      const receiver = await startReceiver()
      onTestFinished(() => receiver.stop())
      const { privateKey, publicKey } = await generateKeyPair('RS256')
      const jwk = { ...(await exportJWK(publicKey)), kid: vendor.kid }
      receiver.answer = (response) => response.writeHead(200).end(JSON.stringify({ keys: [jwk] }))
      const url = `http://127.0.0.1:${receiver.port}/jwks`
      const shown = await newSession()
      const headers = [{ jku: url }, { x5u: url }, { jwk }, { jku: url, kid: 'theirs' }, { x5c: ['MIIB'] }]
      for (const header of headers) {
        expect(refusalOf(await show(await vendor.sign(shown, {}, header, privateKey)))).toBe(NOT_FOUND)
        const mine = await vendor.sign(shown, { jti: shown.id }, header)
        expect(refusalOf(await show(mine))).toBe(header.kid === 'theirs' ? NOT_FOUND : '200')
      }
      expect(receiver.received).toEqual([])
    })

    it('MOON-78: for another audience than is set, and taken for that', async () => {
      const own = await open(vendor, { audience: 'app' })
      const shown = await newSession(own)
      for (const aud of [undefined, 'other', ['other'], 'app ']) {
        expect(refusalOf(await show(await vendor.sign(shown, { aud }), {}, own))).toBe(NOT_FOUND)
      }
      expect(refusalOf(await show(await vendor.sign(shown, { aud: ['other', 'app'] }), {}, own))).toBe('200')
    })

    it('MOON-78: of a user who was not imported, was deleted, or is not proved', async () => {
      const shown = await newSession()
      expect(refusalOf(await show(await vendor.sign(newVendorSession('user_nobody'))))).toBe(NOT_FOUND)
      for (const requiresVerification of [true, false]) {
        const { user_id: unproved, email_id = '' } = await door.createUser({
          email: `${shown.id}-${requiresVerification}@example.test`.toLowerCase(),
          requires_verification: requiresVerification,
        })
        expect(refusalOf(await show(await vendor.sign(newVendorSession(unproved, email_id))))).toBe(NOT_FOUND)
      }
      expect(door.lastRefusal).toBe('session_unusable: nothing_verified')
      const jwt = await vendor.sign(shown)
      expect(refusalOf(await show(jwt))).toBe('200')
      await door.gateway.core.users.delete(door.project.id, shown.user_id)
      expect(refusalOf(await show(jwt))).toBe(NOT_FOUND)
    })

    it('MOON-78: of a user with a suspended wallet', async () => {
      const { signer, userId, walletId } = await newUser()
      const access = { role: 'user', scopes: [], status: 'suspended' }
      await door.gateway.core.grantWalletAccess(door.project.id, door.account(signer), access)
      expect(refusalOf(await show(await vendor.sign(newVendorSession(userId, walletId))))).toBe(NOT_FOUND)
      expect(door.lastRefusal).toBe('session_unusable: wallet_inactive')
    })

    it('MOON-78: at another App, which takes none or another vendor’s', async () => {
      const other = await newVendor()
      const [plain, theirs] = await openTwoDoors(stores, [
        moonKeyProject(),
        moonKeyProject({ vendorTokens: other.section() }),
      ])
      for (const elsewhere of [plain, theirs]) {
        const shown = await newSession(elsewhere)
        expect(refusalOf(await show(await vendor.sign(shown), {}, elsewhere))).toBe(NOT_FOUND)
      }
    })

    it('MOON-78: without the App’s secret key', async () => {
      const body = JSON.stringify({ session_jwt: await vendor.sign(await newSession()) })
      const answer = await door.send(`${SESSIONS}/verify`, { headers: { 'content-type': 'application/json' }, body })
      expect(refusalOf(answer)).toBe('401 unauthorized')
    })

    it('MOON-78: which the trail says, with a word for why and nobody’s name', async () => {
      const own = await open(vendor)
      const shown = await newSession(own)
      await trail.facts()
      await show(await vendor.sign(shown, { exp: now }), {}, own)
      const { privateKey } = await generateKeyPair('RS256')
      await show(await vendor.sign(shown, {}, {}, privateKey), {}, own)
      expect(await trail.facts()).toMatchObject([
        {
          event: 'sign_in.refused',
          factor: 'foreign_token',
          code: 'session_unusable',
          reason: 'foreign_token_expired',
        },
        { event: 'sign_in.refused', factor: 'foreign_token', reason: 'foreign_token_invalid' },
      ])
      expect(JSON.stringify(await trail.lines())).not.toContain(shown.id)
    })
  })

  describe('ends', () => {
    it('MOON-79: with the window, to the second', async () => {
      const until = new Date(START.getTime() + 10_000).toISOString()
      const own = await open(vendor, { until })
      const shown = await newSession(own)
      const jwt = await vendor.sign(shown)
      own.clock.advance(9_999)
      const { session_token } = readSession(await show(jwt, {}, own))
      own.clock.advance(1)
      expect(refusalOf(await show(jwt, {}, own))).toBe(NOT_FOUND)
      expect(own.lastRefusal).toBe('session_unusable: foreign_window_over')
      // What took its place goes on.
      expect(refusalOf(await own.verifySession({ session_token }))).toBe('200')
    })

    it('MOON-79: with its exp, or so much later as is set', async () => {
      const own = await open(vendor, { graceSeconds: 3_600 })
      const jwt = await vendor.sign(await newSession(own))
      own.clock.advance(300_000 + 3_600_000 - 789 - 1)
      expect(refusalOf(await show(jwt, {}, own))).toBe('200')
      own.clock.advance(1)
      expect(refusalOf(await show(jwt, {}, own))).toBe(NOT_FOUND)
    })

    it('MOON-79: for good with the session that took its place', async () => {
      const shown = await newSession()
      const jwt = await vendor.sign(shown)
      const { session } = readSession(await show(jwt))
      expect(refusalOf(await door.deleteSession({ session_id: session.id }))).toBe('200')
      expect(refusalOf(await show(jwt))).toBe(NOT_FOUND)
      expect(refusalOf(await show(await vendor.sign(shown, { exp: unix(START) + 299 })))).toBe(NOT_FOUND)
      expect(await door.listSessions(shown.user_id)).toEqual([])
    })

    it('MOON-79: for good, though the vendor keeps its session alive and signs for it until the window ends', async () => {
      const own = await open(vendor)
      const shown = { ...(await newSession(own)), expires_at: unix(START) + 3_600 }
      const signNow = () => {
        const now = unix(own.clock.now())
        const longer = { ...shown, expires_at: now + 30 * 86_400 }
        return vendor.sign(longer, { iat: now, nbf: now, exp: now + 300 })
      }
      const { session } = readSession(await show(await vendor.sign(shown), {}, own))
      expect(refusalOf(await own.deleteSession({ session_id: session.id }))).toBe('200')
      for (const hours of [0, 1, 24, 24, 48, 70]) {
        own.clock.advance(hours * 3_600_000)
        expect(refusalOf(await show(await signNow(), {}, own))).toBe(NOT_FOUND)
        expect(own.lastRefusal).toBe('session_unusable: session_not_live')
      }
      expect(await own.listSessions(shown.user_id)).toEqual([])
      own.clock.advance(86_400_000)
      expect(refusalOf(await show(await signNow(), {}, own))).toBe(NOT_FOUND)
      expect(own.lastRefusal).toBe('session_unusable: foreign_window_over')
    })

    it('MOON-79: for good when somebody logs out with it, shown before or not', async () => {
      const shown = await newSession()
      const jwt = await vendor.sign(shown)
      expect(refusalOf(await door.deleteSession({ session_jwt: jwt }))).toBe('200')
      expect(refusalOf(await show(jwt))).toBe(NOT_FOUND)
      expect(refusalOf(await door.deleteSession({ session_jwt: jwt }))).toBe(NOT_FOUND)
    })

    it('MOON-79: with the credential that it was opened with, whatever else its user has', async () => {
      const { userId, walletId } = await newMover()
      const jwt = await vendor.sign(newVendorSession(userId, walletId))
      const { session_token } = readSession(await show(jwt))
      await door.gateway.core.users.deleteCredential(door.project.id, 'wallet', walletId)
      expect(refusalOf(await door.verifySession({ session_token }))).toBe(NOT_FOUND)
      expect(refusalOf(await show(jwt))).toBe(NOT_FOUND)
      // Shown for the first time after that: the email that is left has proved nothing.
      expect(refusalOf(await show(await vendor.sign(newVendorSession(userId, walletId))))).toBe(NOT_FOUND)
      expect(door.lastRefusal).toBe('session_unusable: nothing_verified')
      expect(await door.listSessions(userId)).toEqual([])
    })

    it.each<[string, (shown: { userId: string; walletId: string }) => Promise<unknown>]>([
      [
        'is taken away',
        ({ walletId }) => door.gateway.core.users.deleteCredential(door.project.id, 'wallet', walletId),
      ],
      ['goes with its user', ({ userId }) => door.gateway.core.users.delete(door.project.id, userId)],
    ])('MOON-79: at once when that credential %s while it is opened', async (_, remove) => {
      const shown = await newMover()
      const { userId, walletId } = shown
      const jwt = await vendor.sign(newVendorSession(userId, walletId))
      beforeOpening = () => remove(shown)
      expect(refusalOf(await show(jwt))).toBe(NOT_FOUND)
      expect(beforeOpening).toBeNull()
      expect(await stores.sessions.list(door.project.id, userId, door.clock.now())).toEqual([])
      expect(refusalOf(await show(jwt))).toBe(NOT_FOUND)
    })
  })

  describe('is good for nothing else', () => {
    it('MOON-80: no sign-in adds a factor to it', async () => {
      const { userId, walletId, signer } = await newUser()
      const jwt = await vendor.sign(newVendorSession(userId, walletId))
      const proof = await door.prove(signer, { session_jwt: jwt })
      expect(refusalOf(await door.post(VERIFY, proof))).toBe(NOT_FOUND)
      expect(refusalOf(await door.me(jwt))).not.toBe('200')
      expect(await door.listSessions(userId)).toEqual([])
    })

    it('MOON-80: WalletKit’s calls do not take it', async () => {
      const project = walletKitProject({}, { moonkey: moonKeyProject({ vendorTokens: vendor.section() }).moonkey })
      const opened = await openWalletKit(store, stores, { projects: [project], clock: new TestClock(START) })
      const own = new MoonKeyDoor(opened.gateway, project)
      const jwt = await vendor.sign(await newSession(own))
      expect(refusalOf(await show(jwt, {}, own))).toBe('200')
      for (const [method, path] of [
        ['GET', '/wallets'],
        ['POST', '/users/passkey/begin-registration'],
        ['POST', '/users/logout'],
      ] as const) {
        const headers = {
          'x-walletkit-project-id': project.walletkit?.projectId ?? '',
          authorization: `Bearer ${jwt}`,
          'content-type': 'application/json',
        }
        const answer = await opened.gateway.app.request(path, { method, headers })
        expect([path, answer.status]).toEqual([path, 401])
      }
      await opened.close()
    })
  })

  it('MOON-09: no log line holds one', async () => {
    const jwt = await vendor.sign(await newSession())
    await show(jwt)
    await show(`${jwt}x`)
    const logs = JSON.stringify(door.logs)
    for (const part of jwt.split('.')) expect(logs).not.toContain(part)
  })
})
