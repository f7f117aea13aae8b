import { afterAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import type { Answer } from '../../support/api-client.ts'
import { TestClock } from '../../support/clock.ts'
import { createFailingStores, momentsOf, untilReady } from '../../support/failing-stores.ts'
import { openStoresForTests, openTestGateway, openTestStores, STORES } from '../../support/gateway.ts'
import { planOutage } from '../../support/intercept-stores.ts'
import { startRedisServer } from '../../support/redis-server.ts'
import { ethereumSigner, type Signer, solanaSigner } from '../../support/signers.ts'
import {
  BEGIN,
  type Body,
  MoonKeyDoor,
  moonKeyProject,
  openDoor,
  readSession,
  readTrio,
  readWallet,
  refusalOf,
  START,
  USERS,
} from './door.ts'
import { asRequest, ENDPOINTS } from './endpoints.ts'

function requireOutage(answer: Answer): void {
  expect(refusalOf(answer)).toBe('503 service_unavailable')
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
}

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

describe.each(STORES)('MoonKey when the store fails, on %s', (store) => {
  const stores = openStoresForTests(store)
  afterAll(() => stores.close())

  /** A door whose store fails once, where a test says. */
  async function openFailingDoor() {
    const { stores: failing, failAt, actsOf } = createFailingStores(stores)
    return { door: await openDoor(failing), failAt, actsOf }
  }

  it.each(Object.entries(ENDPOINTS))(
    'MOON-06: %s is 503 whichever act of the store fails, never a refusal',
    async (_, endpoint) => {
      const { door, failAt, actsOf } = await openFailingDoor()
      const sendGood = async () => {
        const good = await endpoint.good(door)
        return () => door.send(good.path, asRequest(door, endpoint, good))
      }
      for (const act of await actsOf(await sendGood())) requireOutage(await failAt([act, 'before'], await sendGood()))
      expect((await (await sendGood())()).status).toBe(200)
    },
  )

  describe.each(Object.entries(WAYS))('%s', (_, way) => {
    it.each<[string, (door: MoonKeyDoor) => Promise<{ signer: Signer; wish: Body }>]>([
      ['a first sign-in with a session', async () => ({ signer: ethereumSigner(), wish: { session_expires_in: 60 } })],
      ['a first sign-in without one', async () => ({ signer: solanaSigner(), wish: {} })],
      [
        'a repeated sign-in',
        async (door) => {
          const signer = ethereumSigner()
          await door.signIn(signer)
          return { signer, wish: { session_expires_in: 60 } }
        },
      ],
      [
        'a sign-in that adds to a session',
        async (door) => {
          const signer = ethereumSigner()
          const { session_token } = await door.openSession(signer)
          return { signer, wish: { session_token, session_expires_in: 30 } }
        },
      ],
    ])(
      'MOON-06: %s, sent again after a 503 at any act: it works or was done, at most one session results',
      async (_name, arrange) => {
        const { door, failAt, actsOf } = await openFailingDoor()
        const attempt = async () => {
          const { signer, wish } = await arrange(door)
          const before = await door.ownerOf(signer)
          const had = before === null ? 0 : (await door.listSessions(before)).length
          const body = { ...(await way.prove(door, signer)), ...wish }
          return { signer, wish, before, had, send: () => way.send(door, body) }
        }
        for (const moment of momentsOf(await actsOf((await attempt()).send))) {
          const { signer, wish, before, had, send } = await attempt()
          requireOutage(await failAt(moment, send))
          const again = refusalOf(await send())
          const expected = moment.join(' ') === 'challenges.consume after' ? '404 wallet_registration_not_found' : '200'
          expect(`${moment.join(' ')}: ${again}`).toBe(`${moment.join(' ')}: ${expected}`)
          expect(refusalOf(await send())).toBe('404 wallet_registration_not_found')
          const owner = await door.ownerOf(signer)
          if (before !== null) expect(owner).toBe(before)
          const opened = 'session_expires_in' in wish && !('session_token' in wish) && again === '200' ? 1 : 0
          expect([moment.join(' '), (await door.listSessions(String(owner))).length]).toEqual([
            moment.join(' '),
            had + opened,
          ])
        }
      },
    )

    it('MOON-06: a signature that is wrong is 503 too while nobody can tell, and 400 afterwards', async () => {
      const { door, failAt } = await openFailingDoor()
      const proof = await way.prove(door, ethereumSigner())
      const wrong = { ...proof, signature: `0x${'11'.repeat(65)}` }
      requireOutage(await failAt(['challenges.find', 'before'], () => way.send(door, wrong)))
      expect(refusalOf(await way.send(door, wrong))).toBe('400 invalid_signature')
      readWallet(await way.send(door, proof))
    })
  })

  it('MOON-06: a delete whose answer was lost is 404 when repeated, and the session is over', async () => {
    const { door, failAt } = await openFailingDoor()
    const { session_token } = await door.openSession()
    requireOutage(await failAt(['sessions.revoke', 'after'], () => door.deleteSession({ session_token })))
    expect(refusalOf(await door.deleteSession({ session_token }))).toBe('404 session_not_found')
    const other = await door.openSession()
    const shown = { session_token: other.session_token }
    requireOutage(await failAt(['sessions.revoke', 'before'], () => door.deleteSession(shown)))
    readSession(await door.verifySession(shown))
  })

  it('MOON-06: a user’s deletion that fails half-way can be repeated, and leaves no session once the user is gone', async () => {
    const { door, failAt, actsOf } = await openFailingDoor()
    const arrange = async () => {
      const { session, session_token } = await door.openSession()
      return { userId: session.user_id, session_token, send: () => door.delete(`${USERS}/${session.user_id}/delete`) }
    }
    for (const moment of momentsOf(await actsOf((await arrange()).send))) {
      const { userId, session_token, send } = await arrange()
      requireOutage(await failAt(moment, send))
      expect(['200', '404 user_not_found']).toContain(refusalOf(await send()))
      expect(refusalOf(await door.get(`${USERS}/${userId}`))).toBe('404 user_not_found')
      const verdict = refusalOf(await door.verifySession({ session_token }))
      expect(`${moment.join(' ')}: ${verdict}`).toBe(`${moment.join(' ')}: 404 session_not_found`)
    }
  })

  it('MOON-06: what is malformed is 400, and a bad key 401, even then', async () => {
    const outage = planOutage(stores, new AuthError('store_unavailable', 'planted'))
    const door = await openDoor(outage.stores)
    outage.begin()
    expect(refusalOf(await door.post(BEGIN, { wallet_type: 'x' }))).toBe('400 invalid_request')
    expect(refusalOf(await door.verifySession({}))).toBe('400 invalid_request')
    expect(refusalOf(await door.send(BEGIN))).toBe('401 unauthorized')
    expect(refusalOf(await door.get('/v1/auth/unknown'))).toBe('404 not_found')
  })

  it('MOON-02: a defect is 500 without a word about it, and the log has its stack', async () => {
    const outage = planOutage(stores, new TypeError('hunter2 is undefined'))
    const door = await openDoor(outage.stores)
    outage.begin()
    const answer = await door.begin(ethereumSigner())
    expect(answer.body).toEqual({
      status_code: 500,
      error_type: 'internal_server_error',
      error_message: 'An internal error occurred.',
    })
    expect(door.logs.at(-1)).toMatchObject({
      level: 50,
      msg: 'crashed',
      err: { message: 'hunter2 is undefined', stack: expect.any(String) },
    })
  })
})

describe('MoonKey when Redis goes away', () => {
  it('MOON-06: a Redis that hangs: 503 within seconds, and afterwards registration and session still work', async () => {
    const redis = await startRedisServer()
    const stores = openTestStores('redis', redis.url)
    const project = moonKeyProject()
    const gateway = await openTestGateway({ projects: [project], stores, clock: new TestClock(START) })
    const door = new MoonKeyDoor(gateway, project)
    try {
      const { session_token } = await door.openSession()
      const body = await door.prove(ethereumSigner(), { session_expires_in: 60 })
      const message = await door.proveBySiwe(solanaSigner(), {}, { session_token: '' })
      redis.signal('SIGSTOP')
      const startedAt = performance.now()
      const answers = await Promise.all([
        door.begin(ethereumSigner()),
        door.verify(body),
        door.verifySiwe(message),
        door.verifySession({ session_token }),
        door.deleteSession({ session_token }),
        door.get('/v1/auth/sessions/list?user_id=user_x'),
        door.me(session_token),
      ])
      for (const answer of answers) requireOutage(answer)
      expect(performance.now() - startedAt).toBeLessThan(10_000)
      redis.signal('SIGCONT')
      await untilReady(gateway)
      readTrio(readWallet(await door.verify(body)))
      readWallet(await door.verifySiwe(message))
    } finally {
      redis.signal('SIGCONT')
      await gateway.close()
      await redis.stop()
    }
  })

  it('MOON-06: a Redis that is killed: 503 with the keys still published from memory for a while, not for ever', async () => {
    const redis = await startRedisServer()
    const stores = openTestStores('redis', redis.url)
    const project = moonKeyProject()
    const gateway = await openTestGateway({ projects: [project], stores, clock: new TestClock(START) })
    const door = new MoonKeyDoor(gateway, project)
    try {
      const { keys } = await door.keySet()
      await redis.stop()
      requireOutage(await door.begin(ethereumSigner()))
      expect((await door.keySet()).keys).toEqual(keys)
      expect((await gateway.app.request('/readyz')).status).toBe(503)
      expect((await gateway.app.request('/healthz')).status).toBe(200)
      gateway.clock.advance(60_000)
      requireOutage(await door.get('/v1/auth/jwks/default'))
    } finally {
      await gateway.close()
      await redis.stop()
    }
  })
})
