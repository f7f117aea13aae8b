import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Answer } from '../../support/api-client.ts'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, openTestGateway, STORES } from '../../support/gateway.ts'
import { interceptStores, type StoreAct } from '../../support/intercept-stores.ts'
import { ethereumSigner, SIGNERS, type Signer, solanaSigner } from '../../support/signers.ts'
import {
  type Body,
  decodeJwt,
  MoonKeyDoor,
  moonKeyProject,
  openDoor,
  readSession,
  readTrio,
  readWallet,
  refusalOf,
  SESSIONS,
  SIWE_VERIFY,
  START,
  unix,
  VERIFY,
} from './door.ts'

const MINUTE_MS = 60_000
const signers = Object.entries(SIGNERS)

/** The two ways to sign in, alike in what they make of a session. */
const WAYS = {
  verify: {
    prove: (door: MoonKeyDoor, signer: Signer) => door.prove(signer),
    send: (door: MoonKeyDoor, body: Body) => door.verify(body),
  },
  'siwe/verify': {
    prove: (door: MoonKeyDoor, signer: Signer) => door.proveBySiwe(signer),
    send: (door: MoonKeyDoor, body: Body) => door.verifySiwe(body),
  },
} as const

describe.each(STORES)('MoonKey sessions on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  describe.each(Object.entries(WAYS))('%s', (_, way) => {
    // One App for the many times of one test: each App makes RSA keys of its own.
    let timed: MoonKeyDoor
    beforeAll(async () => {
      timed = await openDoor(stores)
    })

    const signIn = async (own: MoonKeyDoor, signer: Signer, wish: Body): Promise<Answer> =>
      way.send(own, { ...(await way.prove(own, signer)), ...wish })

    it.each<{ wish: Body }>([
      { wish: {} },
      { wish: { session_token: '' } },
      { wish: { session_jwt: '' } },
      { wish: { session_token: '', session_jwt: '' } },
      { wish: { session_expires_in: null, session_token: null, session_jwt: null } },
    ])('MOON-23: $wish asks for no session, and there is none', async ({ wish }) => {
      const signer = ethereumSigner()
      const answer = await signIn(door, signer, wish)
      const { user_id: userId } = readWallet(answer)
      expect(Object.keys(answer.body as object).filter((key) => key.startsWith('session'))).toEqual([])
      expect(await door.listSessions(userId)).toEqual([])
    })

    it.each<{ minutes: unknown }>(
      [4, 0, -5, -0, 525_601, 1e9, 1e21, 5.5, 5.000001, 525_600.5, '60', '5', 'abc', true, [60], { n: 60 }].map(
        (minutes) => ({ minutes }),
      ),
    )('MOON-24: session_expires_in $minutes is 400, and leaves the registration usable', async ({ minutes }) => {
      const signer = ethereumSigner()
      const body = await way.prove(door, signer)
      expect(refusalOf(await way.send(door, { ...body, session_expires_in: minutes }))).toBe('400 invalid_request')
      expect(await door.ownerOf(signer)).toBeNull()
      readTrio(readWallet(await way.send(door, { ...body, session_expires_in: 5 })))
    })

    it.each(
      [5, 6, 60, 100, 1_000, 525_599, 525_600].flatMap((minutes) =>
        [0, 1, 499, 999].map((fraction) => ({ minutes, fraction })),
      ),
    )(
      'MOON-24: expires_at − last_active_at of $minutes minutes is exact, $fraction ms into a second',
      async ({ minutes, fraction }) => {
        const own = timed
        own.clock.set(new Date(START.getTime() - START.getMilliseconds() + fraction))
        const { session } = readTrio(readWallet(await signIn(own, ethereumSigner(), { session_expires_in: minutes })))
        expect(session.expires_at - session.last_active_at).toBe(minutes * 60)
        expect(session.started_at).toBe(unix(own.clock.now()))
        const verified = readSession(
          await own.verifySession({ session_token: session.session_token, session_expires_in: minutes }),
        )
        expect(verified.session.expires_at - verified.session.last_active_at).toBe(minutes * 60)
      },
    )

    it.each(signers)('MOON-26: a new session has every field, for %s', async (type, newSigner) => {
      const signer = newSigner()
      const wallet = readWallet(await signIn(door, signer, { session_expires_in: 60 }))
      const { session, session_token: token, session_jwt: jwt } = readTrio(wallet)
      expect(token).toMatch(/^[0-9A-Za-z]{64}$/)
      expect(jwt.split('.')).toHaveLength(3)
      const now = unix(START)
      expect(session).toEqual({
        id: expect.stringMatching(/^sess_[0-9A-Za-z]{27}$/),
        user_id: wallet.user_id,
        session_token: token,
        started_at: now,
        created_at: now,
        last_active_at: now,
        updated_at: now,
        expires_at: now + 3_600,
        device_fingerprint: { user_agent: '', ip: '' },
        factors: [
          {
            delivery_channel: type === 'ethereum' ? 'eth_wallet' : 'sol_wallet',
            type: 'wallet',
            method: {
              method_id: wallet.id,
              method_type: 'wallet',
              last_verified_at: now,
              wallet_id: wallet.id,
              wallet_type: type,
              wallet_public_address: signer.shownAddress,
            },
          },
        ],
      })
    })

    it('MOON-26: the device is what the App passes on, else what the request says', async () => {
      const given = { user_agent: 'Pocket/1.0', ip: '203.0.113.7' }
      const { session } = readWallet(
        await signIn(door, ethereumSigner(), { session_expires_in: 5, device_fingerprint: given }),
      )
      expect(session?.device_fingerprint).toEqual(given)
      const body = { ...(await way.prove(door, ethereumSigner())), session_expires_in: 5 }
      const path = 'siwe_challenge' in body ? SIWE_VERIFY : VERIFY
      const plain = readWallet(await door.post(path, body, { 'user-agent': 'streambird-node/1.0.6' }))
      expect(plain.session?.device_fingerprint).toEqual({ user_agent: 'streambird-node/1.0.6', ip: '' })
    })

    it.each<[string, (trio: { session_token: string; session_jwt: string }) => Body]>([
      ['session_token', ({ session_token }) => ({ session_token })],
      ['session_jwt', ({ session_jwt }) => ({ session_jwt })],
      ['both', ({ session_token, session_jwt }) => ({ session_token, session_jwt })],
    ])('MOON-25: by %s alone the live session gains a factor, and its life is unchanged', async (_name, show) => {
      const own = await openDoor(stores)
      const first = ethereumSigner()
      const trio = await own.openSession(first, 60)
      const second = solanaSigner()
      own.clock.advance(10 * MINUTE_MS)
      const { user_id: userId } = trio.session
      await own.signIn(second, {}, { user_id: userId })
      const body = await way.prove(own, second)
      const added = readTrio(readWallet(await way.send(own, { ...body, ...show(trio) })))
      expect(added.session).toMatchObject({
        id: trio.session.id,
        user_id: userId,
        session_token: trio.session_token,
        created_at: trio.session.created_at,
        started_at: trio.session.started_at,
        expires_at: trio.session.expires_at,
        last_active_at: unix(own.clock.now()),
        updated_at: unix(own.clock.now()),
      })
      expect(added.session_token).toBe(trio.session_token)
      expect(added.session.factors.map(({ delivery_channel }) => delivery_channel)).toEqual([
        'eth_wallet',
        'sol_wallet',
      ])
      expect(await own.listSessions(userId)).toHaveLength(1)
    })

    it.each<[string, number]>([
      ['longer', 120],
      ['shorter', 5],
    ])('MOON-25: with a %s time the session ends now + N minutes, exactly', async (_name, minutes) => {
      const own = await openDoor(stores)
      const signer = ethereumSigner()
      const trio = await own.openSession(signer, 60)
      own.clock.advance(7 * MINUTE_MS + 321)
      const wish = { session_token: trio.session_token, session_expires_in: minutes }
      const { session } = readTrio(readWallet(await signIn(own, signer, wish)))
      expect(session.id).toBe(trio.session.id)
      expect(session.expires_at).toBe(unix(own.clock.now()) + minutes * 60)
      expect(session.expires_at - session.last_active_at).toBe(minutes * 60)
      own.clock.advance(minutes * MINUTE_MS - 1)
      readSession(await own.verifySession({ session_token: trio.session_token }))
      own.clock.advance(1)
      expect(refusalOf(await own.verifySession({ session_token: trio.session_token }))).toBe('404 session_not_found')
    })

    it('MOON-25: the same wallet again is the same factor, verified later', async () => {
      const own = await openDoor(stores)
      const signer = ethereumSigner()
      const trio = await own.openSession(signer, 60)
      own.clock.advance(3 * MINUTE_MS)
      const again = readTrio(readWallet(await signIn(own, signer, { session_token: trio.session_token })))
      expect(again.session.factors).toHaveLength(1)
      expect(again.session.factors[0]?.method.last_verified_at).toBe(unix(own.clock.now()))
    })

    it('MOON-25: factors accumulate, oldest first', async () => {
      const own = await openDoor(stores)
      const trio = await own.openSession(ethereumSigner(), 60)
      const wallets = [trio.session.factors[0]?.method.wallet_id]
      for (let i = 0; i < 3; i += 1) {
        own.clock.advance(1_000)
        const signer = i % 2 === 0 ? solanaSigner() : ethereumSigner()
        await own.signIn(signer, {}, { user_id: trio.session.user_id })
        const body = await way.prove(own, signer)
        const added = readWallet(await way.send(own, { ...body, session_token: trio.session_token }))
        wallets.push(added.id)
        expect(added.session?.factors.map(({ method }) => method.wallet_id)).toEqual(wallets)
      }
      const { session } = readSession(await own.verifySession({ session_token: trio.session_token }))
      expect(session.factors.map(({ method }) => method.wallet_id)).toEqual(wallets)
    })

    it('MOON-25: another user’s session is 400, the wallet is nobody’s, and the registration is still good', async () => {
      const stranger = await door.openSession()
      const signer = ethereumSigner()
      const body = await way.prove(door, signer)
      const wishes = [
        { session_token: stranger.session_token },
        { session_jwt: stranger.session_jwt },
        { session_token: stranger.session_token, session_expires_in: 60 },
      ]
      for (const wish of wishes) {
        expect(refusalOf(await way.send(door, { ...body, ...wish }))).toBe('400 session_user_mismatch')
      }
      expect(await door.ownerOf(signer)).toBeNull()
      const [session] = await door.listSessions(stranger.session.user_id)
      expect(session).toMatchObject({ id: stranger.session.id, expires_at: stranger.session.expires_at })
      expect(session?.factors).toHaveLength(1)
      expect(readWallet(await way.send(door, body)).user_id).not.toBe(stranger.session.user_id)
    })

    it('MOON-25: a dead session is 404, and the registration is still good', async () => {
      const own = await openDoor(stores)
      const signer = ethereumSigner()
      const deleted = await own.openSession(signer)
      await own.deleteSession({ session_token: deleted.session_token })
      const expired = await own.openSession(signer, 5)
      own.clock.advance(5 * MINUTE_MS)
      const unknown = [...deleted.session_token].reverse().join('')
      const body = await way.prove(own, signer)
      for (const wish of [
        { session_token: deleted.session_token },
        { session_jwt: deleted.session_jwt },
        { session_token: expired.session_token },
        { session_jwt: expired.session_jwt, session_expires_in: 60 },
        { session_token: unknown },
        { session_token: 'x' },
        { session_jwt: 'x.y.z' },
      ]) {
        expect(refusalOf(await way.send(own, { ...body, ...wish }))).toBe('404 session_not_found')
      }
      const trio = readTrio(readWallet(await way.send(own, { ...body, session_expires_in: 60 })))
      expect((await own.listSessions(trio.session.user_id)).map(({ id }) => id)).toEqual([trio.session.id])
    })

    it('MOON-25: token and JWT of two sessions are 400, and neither gains a factor', async () => {
      const signer = ethereumSigner()
      const [one, two] = [await door.openSession(signer), await door.openSession(signer)]
      const body = await way.prove(door, signer)
      const wish = { session_token: one.session_token, session_jwt: two.session_jwt }
      expect(refusalOf(await way.send(door, { ...body, ...wish }))).toBe('400 invalid_request')
      readWallet(await way.send(door, body))
    })

    it('MOON-25: attaching a wallet to the session’s user: begun with user_id, verified with the session', async () => {
      const trio = await door.openSession()
      const signer = solanaSigner()
      const { user_id: userId } = trio.session
      const proved =
        way === WAYS.verify
          ? await door.prove(signer, {}, { user_id: userId })
          : await door.proveBySiwe(signer, {
              nonce: ((await door.nonce(signer, { user_id: userId })).body as { nonce: string }).nonce,
            })
      const wallet = readWallet(await way.send(door, { ...proved, session_token: trio.session_token }))
      expect(wallet.user_id).toBe(userId)
      expect(wallet.session?.factors).toHaveLength(2)
    })
  })

  describe('sessions/verify', () => {
    it('MOON-27: by token, by JWT and by both it returns the session, the same token and a fresh JWT', async () => {
      const own = await openDoor(stores)
      const trio = await own.openSession()
      const { session_token, session_jwt } = trio
      const jwts = new Set([session_jwt])
      for (const shown of [{ session_token }, { session_jwt }, { session_token, session_jwt }]) {
        own.clock.advance(1_000)
        const now = unix(own.clock.now())
        const verified = readSession(await own.verifySession(shown))
        expect(verified.session).toEqual({ ...trio.session, last_active_at: now, updated_at: now })
        expect(verified.session_token).toBe(session_token)
        expect(decodeJwt(verified.session_jwt).claims).toMatchObject({ iat: now, jti: trio.session.id })
        jwts.add(verified.session_jwt)
      }
      expect(jwts.size).toBe(4)
    })

    it('MOON-27: an expired JWT is exchanged for a fresh one while the session lives', async () => {
      const own = await openDoor(stores)
      const { session_jwt: jwt, session } = await own.openSession(ethereumSigner(), 525_600)
      for (const days of [1, 30, 300]) {
        own.clock.advance(days * 86_400_000)
        expect(Number(decodeJwt(jwt).claims['exp'])).toBeLessThan(unix(own.clock.now()))
        const verified = readSession(await own.verifySession({ session_jwt: jwt }))
        expect(verified.session.expires_at).toBe(session.expires_at)
        expect(Number(decodeJwt(verified.session_jwt).claims['exp'])).toBe(unix(own.clock.now()) + 300)
      }
      own.clock.set(new Date(START.getTime() + 525_600 * MINUTE_MS - 1))
      readSession(await own.verifySession({ session_jwt: jwt }))
      own.clock.advance(1)
      expect(refusalOf(await own.verifySession({ session_jwt: jwt }))).toBe('404 session_not_found')
    })

    it('MOON-27: it extends only with session_expires_in, from now, also to sooner', async () => {
      const own = await openDoor(stores)
      const { session_token, session_jwt, session } = await own.openSession(ethereumSigner(), 60)
      own.clock.advance(MINUTE_MS)
      expect(readSession(await own.verifySession({ session_token })).session.expires_at).toBe(session.expires_at)
      expect(readSession(await own.verifySession({ session_jwt })).session.expires_at).toBe(session.expires_at)
      for (const [shown, minutes] of [
        [{ session_token }, 525_600],
        [{ session_jwt }, 30],
        [{ session_token, session_jwt }, 5],
      ] as const) {
        const verified = readSession(await own.verifySession({ ...shown, session_expires_in: minutes }))
        expect(verified.session.expires_at).toBe(unix(own.clock.now()) + minutes * 60)
      }
      own.clock.advance(5 * MINUTE_MS)
      expect(refusalOf(await own.verifySession({ session_token }))).toBe('404 session_not_found')
      expect(await own.listSessions(session.user_id)).toEqual([])
    })

    it('MOON-27: an extended session lives and is listed beyond its first end', async () => {
      const own = await openDoor(stores)
      const { session_token, session } = await own.openSession(ethereumSigner(), 5)
      for (let i = 0; i < 4; i += 1) {
        own.clock.advance(5 * MINUTE_MS - 1)
        readSession(await own.verifySession({ session_token, session_expires_in: 5 }))
      }
      expect((await own.listSessions(session.user_id)).map(({ id }) => id)).toEqual([session.id])
    })

    it.each<{ minutes: unknown }>([4, 525_601, 5.5, '60', false, []].map((minutes) => ({ minutes })))(
      'MOON-24: session_expires_in $minutes is 400 here too, and changes nothing',
      async ({ minutes }) => {
        const { session_token, session } = await door.openSession()
        const answer = await door.verifySession({ session_token, session_expires_in: minutes })
        expect(refusalOf(answer)).toBe('400 invalid_request')
        expect(readSession(await door.verifySession({ session_token })).session.expires_at).toBe(session.expires_at)
      },
    )

    it('MOON-27: neither token nor JWT is 400; of two sessions, too', async () => {
      const signer = ethereumSigner()
      const [one, two] = [await door.openSession(signer), await door.openSession(signer)]
      for (const shown of [
        {},
        { session_token: '' },
        { session_token: null, session_jwt: '' },
        { session_expires_in: 60 },
        { session_id: one.session.id },
        { session_token: one.session_token, session_jwt: two.session_jwt },
      ]) {
        expect(refusalOf(await door.verifySession(shown))).toBe('400 invalid_request')
      }
    })

    it('MOON-27: whatever is no live session of ours is 404', async () => {
      const own = await openDoor(stores)
      const { session_token: token, session_jwt: jwt, session } = await own.openSession()
      const deleted = await own.openSession()
      await own.deleteSession({ session_id: deleted.session.id })
      const flip = (text: string, index: number) =>
        `${text.slice(0, index)}${text[index] === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`
      const [header = '', claims = '', signature = ''] = jwt.split('.')
      const forgedClaims = Buffer.from(JSON.stringify({ ...decodeJwt(jwt).claims, exp: 9e9 })).toString('base64url')
      const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')
      const shown: readonly Body[] = [
        ...[
          'x',
          ' ',
          `session_${token}`,
          ` ${token}`,
          `${token}\n`,
          token.slice(1),
          `${token}0`,
          flip(token, 0),
          flip(token, 26),
          flip(token, 27),
          flip(token, 63),
          token.toLowerCase(),
          session.id,
          session.id.slice(5) + token.slice(27).split('').reverse().join(''),
          jwt,
          '\0'.repeat(64),
          deleted.session_token,
          `${token.slice(0, 27)}${deleted.session_token.slice(27)}`,
        ].map((session_token) => ({ session_token })),
        ...[
          'x',
          'a.b',
          'a.b.c',
          `${header}.${claims}.`,
          `${header}.${claims}`,
          `${header}.${claims}.${signature}.`,
          `${header}.${forgedClaims}.${signature}`,
          `${unsigned}.${claims}.`,
          `${unsigned}.${claims}.${signature}`,
          `${header}.${claims}.${flip(signature, 10)}`,
          `${jwt}=`,
          ` ${jwt}`,
          token,
          deleted.session_jwt,
        ].map((session_jwt) => ({ session_jwt })),
        { session_token: token, session_jwt: 'x' },
        { session_token: 'x', session_jwt: jwt },
      ]
      for (const each of shown) {
        const verdict = refusalOf(await own.verifySession(each))
        expect(`${JSON.stringify(each)} ${verdict}`).toBe(`${JSON.stringify(each)} 404 session_not_found`)
      }
      readSession(await own.verifySession({ session_token: token }))
    })

    it('MOON-27: a JWT or token longer than any of ours is 400', async () => {
      expect(refusalOf(await door.verifySession({ session_token: 'x'.repeat(4_097) }))).toBe('400 invalid_request')
      expect(refusalOf(await door.verifySession({ session_jwt: 'x'.repeat(16_385) }))).toBe('400 invalid_request')
    })

    it('MOON-27: tokens and JWTs under an older secret are accepted while it is configured, not after', async () => {
      const project = moonKeyProject()
      const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
      const openWith = async (...secrets: readonly Uint8Array[]) =>
        new MoonKeyDoor(
          await openTestGateway({ projects: [project], stores, clock: new TestClock(START), secrets }),
          project,
        )
      const before = await openWith(older)
      const { session_token, session_jwt, session } = await before.openSession()
      const during = await openWith(newer, older)
      for (const shown of [{ session_token }, { session_jwt }, { session_token, session_jwt }]) {
        const renewed = readSession(await during.verifySession(shown))
        expect(renewed.session.id).toBe(session.id)
        expect(renewed.session_token).not.toBe(session_token)
        readSession(await during.verifySession({ session_token: renewed.session_token }))
      }
      const after = await openWith(newer)
      expect(refusalOf(await after.verifySession({ session_token }))).toBe('404 session_not_found')
    })

    it('MOON-31: a JWT names the newest 16 factors, so that it can be shown however many there are', async () => {
      const own = await openDoor(stores)
      let trio = await own.openSession()
      const { user_id: userId } = trio.session
      for (let i = 0; i < 24; i += 1) {
        own.clock.advance(1_000)
        const body = await own.prove(solanaSigner(), { session_token: trio.session_token }, { user_id: userId })
        trio = readTrio(readWallet(await own.verify(body)))
      }
      expect(trio.session.factors).toHaveLength(25)
      expect(decodeJwt(trio.session_jwt).claims['session']).toMatchObject({ factors: trio.session.factors.slice(-16) })
      expect(readSession(await own.verifySession({ session_jwt: trio.session_jwt })).session.factors).toHaveLength(25)
    })

    it('MOON-28: by token it is one act of the store', async () => {
      const acts: StoreAct[] = []
      const recording = interceptStores(stores, (act, _, run) => {
        acts.push(act)
        return run()
      })
      const own = await openDoor(recording)
      const { session_token } = await own.openSession()
      await own.verifySession({ session_token }) // The keys are at hand from here on.
      acts.length = 0
      readSession(await own.verifySession({ session_token }))
      expect(acts).toEqual(['sessions.renew'])
    })
  })

  describe('sessions/delete', () => {
    const MESSAGE = { message: 'Successfully deleted session' }

    it.each(['session_token', 'session_jwt', 'session_id'] as const)(
      'MOON-29: by %s alone it ends the session, for token and JWT; again is 404',
      async (field) => {
        const { session, session_token, session_jwt } = await door.openSession()
        const named = { session_token, session_jwt, session_id: session.id }
        const answer = await door.deleteSession({ [field]: named[field] })
        expect([answer.status, answer.body]).toEqual([200, MESSAGE])
        expect(refusalOf(await door.verifySession({ session_token }))).toBe('404 session_not_found')
        expect(refusalOf(await door.verifySession({ session_jwt }))).toBe('404 session_not_found')
        expect(refusalOf(await door.me(session_token))).toBe('404 session_not_found')
        for (const key of ['session_token', 'session_jwt', 'session_id'] as const) {
          expect(refusalOf(await door.deleteSession({ [key]: named[key] }))).toBe('404 session_not_found')
        }
        expect(await door.listSessions(session.user_id)).toEqual([])
      },
    )

    it('MOON-29: empty strings and nulls count as absent, as the vendor’s clients send them', async () => {
      const { session_token } = await door.openSession()
      const answer = await door.deleteSession({ session_token, session_jwt: '', session_id: null })
      expect(answer.body).toEqual(MESSAGE)
    })

    it('MOON-29: none, or more than one, is 400 and ends nothing', async () => {
      const { session, session_token, session_jwt } = await door.openSession()
      const bodies: readonly (Body | undefined)[] = [
        undefined,
        {},
        { session_token: '' },
        { session_token: '', session_jwt: '', session_id: '' },
        { session_token, session_jwt },
        { session_token, session_id: session.id },
        { session_jwt, session_id: session.id },
        { session_token, session_jwt, session_id: session.id },
        { session_token, session_id: 'sess_unknown' },
      ]
      for (const body of bodies) expect(refusalOf(await door.deleteSession(body))).toBe('400 invalid_request')
      readSession(await door.verifySession({ session_token }))
    })

    it('MOON-29: an expired JWT still ends its session', async () => {
      const own = await openDoor(stores)
      const { session_jwt, session_token } = await own.openSession()
      own.clock.advance(301_000)
      expect((await own.deleteSession({ session_jwt })).body).toEqual(MESSAGE)
      expect(refusalOf(await own.verifySession({ session_token }))).toBe('404 session_not_found')
    })

    it('MOON-29: a session that has expired is 404', async () => {
      const own = await openDoor(stores)
      const { session_token, session } = await own.openSession(ethereumSigner(), 5)
      own.clock.advance(5 * MINUTE_MS)
      expect(refusalOf(await own.deleteSession({ session_token }))).toBe('404 session_not_found')
      expect(refusalOf(await own.deleteSession({ session_id: session.id }))).toBe('404 session_not_found')
    })

    it.each(['sess_unknown', 'x', 'sess_*', '__proto__', `sess_${'0'.repeat(27)}`])(
      'MOON-29: the unknown id %s is 404',
      async (sessionId) => {
        expect(refusalOf(await door.deleteSession({ session_id: sessionId }))).toBe('404 session_not_found')
      },
    )

    it('MOON-29: other sessions of the user live on', async () => {
      const signer = ethereumSigner()
      const [one, two] = [await door.openSession(signer), await door.openSession(signer)]
      await door.deleteSession({ session_token: one.session_token })
      readSession(await door.verifySession({ session_token: two.session_token }))
    })

    it('MOON-29: of 32 parallel deletes one is 200, the rest 404', async () => {
      const { session_token } = await door.openSession()
      const answers = await Promise.all(Array.from({ length: 32 }, () => door.deleteSession({ session_token })))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 31 }, () => 404)])
    })

    it('MOON-29: a delete beside parallel extensions ends the session for good', async () => {
      for (let round = 0; round < 8; round += 1) {
        const { session_token, session } = await door.openSession()
        const extend = () => door.verifySession({ session_token, session_expires_in: 525_600 })
        await Promise.all([extend(), door.deleteSession({ session_token }), extend(), extend()])
        expect(refusalOf(await door.verifySession({ session_token }))).toBe('404 session_not_found')
        expect(await door.listSessions(session.user_id)).toEqual([])
      }
    })
  })

  describe('sessions/list', () => {
    it('MOON-30: returns the user’s live sessions, oldest first, without their tokens', async () => {
      const own = await openDoor(stores)
      const signer = ethereumSigner()
      const opened = []
      for (const minutes of [5, 60, 120, 30]) {
        opened.push((await own.openSession(signer, minutes)).session)
        own.clock.advance(1_500)
      }
      const [, second] = opened
      await own.deleteSession({ session_id: second?.id })
      const userId = String(second?.user_id)
      await own.openSession() // Somebody else's.
      const shown = (sessions: readonly { id: string }[]) => sessions.map(({ id }) => id)
      const expected = [opened[0], opened[2], opened[3]].flatMap((session) => session ?? [])
      const listed = await own.listSessions(userId)
      expect(listed).toEqual(expected.map(({ session_token: _, ...facts }) => facts))
      own.clock.advance(5 * MINUTE_MS)
      expect(shown(await own.listSessions(userId))).toEqual(shown(expected.slice(1)))
    })

    it('MOON-30: needs user_id: none or an empty one is 400, an unknown one 404', async () => {
      for (const query of ['', '?user_id=', '?userId=x', `?user_id=${'x'.repeat(257)}`]) {
        expect(refusalOf(await door.get(`${SESSIONS}/list${query}`))).toBe('400 invalid_request')
      }
      for (const query of ['?user_id=user_unknown', '?user_id=*', '?user_id=%00', '?user_id=__proto__']) {
        expect(refusalOf(await door.get(`${SESSIONS}/list${query}`))).toBe('404 user_not_found')
      }
    })

    it('MOON-30: a user without sessions has an empty list', async () => {
      const { user_id: userId } = await door.signIn(ethereumSigner())
      expect(await door.listSessions(userId)).toEqual([])
    })
  })
})

describe('MoonKey session tokens in Redis', () => {
  it('MOON-26: no key and no value holds a token, or the part of it that proves it', async () => {
    const stores = openStoresForTests('redis')
    const redis = new Redis(inject('redisUrl'))
    try {
      const door = await openDoor(stores)
      const { session_token: token, session_jwt: jwt } = await door.openSession()
      readSession(await door.verifySession({ session_token: token, session_expires_in: 30 }))
      const keys = (await redis.keys('*')).filter((key) => key.includes(door.project.id))
      const values = await Promise.all(
        keys.map(async (key) => `${key} ${(await redis.dumpBuffer(key)).toString('latin1')}`),
      )
      expect(values.length).toBeGreaterThan(3)
      for (const secret of [token, token.slice(27), jwt, jwt.slice(-100)]) {
        expect(values.filter((value) => value.includes(secret))).toEqual([])
      }
    } finally {
      redis.disconnect()
      await stores.close()
    }
  })
})
