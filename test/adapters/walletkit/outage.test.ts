import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import type { Answer } from '../../support/api-client.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { createFailingStores, momentsOf, untilReady } from '../../support/failing-stores.ts'
import { openStoresForTests, openTestStores, STORES } from '../../support/gateway.ts'
import { planOutage } from '../../support/intercept-stores.ts'
import { ORIGIN } from '../../support/origin.ts'
import { startRedisServer } from '../../support/redis-server.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import {
  type Body,
  firstOf,
  newEmail,
  openDoor,
  openWalletKit,
  readChallenge,
  readCreation,
  readSession,
  refusalOf,
  type WalletKitDoor,
} from './door.ts'
import { asRequest, ENDPOINTS } from './endpoints.ts'

function requireOutage(answer: Answer, place = ''): void {
  expect(`${place} ${refusalOf(answer)}`).toBe(`${place} 503 service_unavailable`)
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
}

/** What signs in, and what is said when it is shown again after it has. */
const WAYS: Readonly<Record<string, { prove(door: WalletKitDoor): Promise<Body>; readonly spent: string }>> = {
  'a message': { prove: (door) => door.prove(ethereumSigner()), spent: '400 nonce_invalid' },
  'a Solana message': { prove: (door) => door.prove(solanaSigner()), spent: '400 nonce_invalid' },
  'a code': { prove: (door) => door.mailedCode(), spent: '400 verification_code_invalid' },
  'a passkey': {
    prove: async (door) => {
      const authenticator = await door.addPasskey(await door.signInAnonymously())
      return { passkey_credential_assertion_response: await door.assert(authenticator) }
    },
    spent: '400 passkey_invalid',
  },
}

describe.each(STORES)('WalletKit when the store fails, on %s', (store) => {
  const stores = openStoresForTests(store)
  afterAll(() => stores.close())

  /** A door whose store fails once, where a test says. */
  async function openFailingDoor() {
    const { stores: failing, failAt, actsOf } = createFailingStores(stores)
    const { door, close } = await openDoor(store, failing)
    onTestFinished(close)
    return { door, failAt, actsOf }
  }

  it.each(Object.entries(ENDPOINTS))(
    'WK-44: %s is 503 whichever act of the store fails, never a refusal, and a repeat works',
    async (name, endpoint) => {
      const { door, failAt, actsOf } = await openFailingDoor()
      const sendGood = async () => {
        const good = await endpoint.good(door)
        return () => door.send(good.path, asRequest(door, endpoint, good))
      }
      for (const act of await actsOf(await sendGood())) {
        const send = await sendGood()
        // Once the proof is spent, the rest of the claims may wait for the next refresh: nobody could repeat the sign-in.
        const answer = await failAt([act, 'before'], send)
        if (name === 'verify-login' && act === 'identities.listCredentials') expect(answer.status).toBe(200)
        else {
          requireOutage(answer, act)
          // A registration whose challenge is taken is begun again; what else can be repeated works.
          if (name === 'finish-registration' && act === 'identities.claimFor') continue
          const again = (await send()).status
          expect(`${act}: ${again}`).toBe(`${act}: ${endpoint.success}`)
        }
      }
    },
  )

  describe.each(Object.entries(WAYS))('%s', (_, way) => {
    it('WK-44: sent again after a 503 at any act: it works or was done, and at most one session results', async () => {
      const { door, failAt, actsOf } = await openFailingDoor()
      const arrange = async () => {
        const body = await way.prove(door)
        return { body, send: () => door.verify(body) }
      }
      for (const moment of momentsOf(await actsOf((await arrange()).send))) {
        const { send } = await arrange()
        const first = await failAt(moment, send)
        const place = moment.join(' ')
        if (moment[0] === 'identities.listCredentials') {
          readSession(first)
          expect(refusalOf(await send())).toBe(way.spent)
          continue
        }
        requireOutage(first, place)
        const again = await send()
        expect([place, refusalOf(again)]).toEqual([
          place,
          place === 'challenges.consume after' || place === 'identities.recordPasskeyUse after'
            ? expect.any(String)
            : '200',
        ])
        expect(['200', way.spent]).toContain(refusalOf(again))
        expect(refusalOf(await send())).toBe(way.spent)
        if (again.status !== 200) continue
        const { user_id } = readSession(again)
        const live = await stores.sessions.list(door.project.id, user_id, door.clock.now())
        // Besides the one in which the passkey was made.
        expect([place, live.filter(({ factors }) => factors.length > 0).length]).toEqual([place, 1])
      }
    })
  })

  it('WK-44: a refresh whose answer was lost can be repeated, and a logout', async () => {
    const { door, failAt, actsOf } = await openFailingDoor()
    const arrange = async () => {
      const session = await door.signInByEmail()
      return { session, send: () => door.refresh(session) }
    }
    for (const moment of momentsOf(await actsOf((await arrange()).send))) {
      const { send } = await arrange()
      requireOutage(await failAt(moment, send), moment.join(' '))
      expect([moment.join(' '), refusalOf(await send())]).toEqual([moment.join(' '), '200'])
    }
    const session = await door.signInByEmail()
    requireOutage(await failAt(['sessions.revoke', 'after'], () => door.logout(session)))
    expect(refusalOf(await door.logout(session))).toBe('401 unauthorized')
    const other = await door.signInByEmail()
    requireOutage(await failAt(['sessions.revoke', 'before'], () => door.logout(other)))
    expect((await door.logout(other)).status).toBe(204)
  })

  it('WK-44: pressing the button, polling and redeeming can be repeated after a 503 at any act', async () => {
    const { door, failAt, actsOf } = await openFailingDoor()
    const arrange = async () => {
      const { challenge, link } = await door.mailedLink()
      const page = await door.visitor.visit(link)
      return { challenge, press: () => door.visitor.press(link, page) }
    }
    for (const moment of momentsOf(await actsOf((await arrange()).press))) {
      const { challenge, press } = await arrange()
      const place = moment.join(' ')
      const pressed = await failAt(moment, press)
      // The last act leaves the session for whoever asked. When it fails the link is spent: another one has to be asked for.
      if (moment[0] === 'challenges.issue') {
        expect(await door.stateOf(challenge.code)).toBe(moment[1] === 'before' ? 'pending' : 'completed')
        continue
      }
      expect([place, pressed.status]).toEqual([place, 503])
      const again = await press()
      expect([place, again.status]).toEqual([place, place === 'challenges.consume after' ? 400 : 200])
      if (again.status === 400) continue
      const session = readSession(await door.redeem(challenge.code))
      expect(await stores.sessions.list(door.project.id, session.user_id, door.clock.now())).toHaveLength(1)
    }

    const completed = async () => {
      const { challenge, press } = await arrange()
      await press()
      return { code: challenge.code, redeem: () => door.redeem(challenge.code) }
    }
    for (const moment of momentsOf(await actsOf((await completed()).redeem))) {
      const { code, redeem } = await completed()
      requireOutage(await failAt(moment, redeem), moment.join(' '))
      requireOutage(await failAt(['challenges.find', 'before'], () => door.poll(code)))
      const session = readSession(await redeem())
      expect(await stores.sessions.list(door.project.id, session.user_id, door.clock.now())).toHaveLength(1)
      expect(readChallenge(await door.poll(code)).completed).toBe(true)
    }
  })

  it('WK-44: a passkey whose registration failed at any act can be finished again, or was made', async () => {
    const { door, failAt, actsOf } = await openFailingDoor()
    const arrange = async () => {
      const session = await door.signInAnonymously()
      const authenticator = createAuthenticator()
      const attestation = authenticator.create(readCreation(await door.beginRegistration(session)), ORIGIN)
      return { authenticator, session, send: () => door.finishRegistration(session, attestation) }
    }
    for (const moment of momentsOf(await actsOf((await arrange()).send))) {
      const { send, session, authenticator } = await arrange()
      const place = moment.join(' ')
      requireOutage(await failAt(moment, send), place)
      const again = await send()
      // Once its challenge is taken, a registration that fails is begun again: one more gesture.
      const spent = ['challenges.consume after', 'identities.claimFor before', 'identities.claimFor after']
      expect([place, again.status]).toEqual([place, spent.includes(place) ? 400 : 204])
      const isMade = again.status === 204 || place === 'identities.claimFor after'
      if (!isMade) await door.addPasskey(session, authenticator)
      expect((await door.signInByPasskey(authenticator)).user_id).toBe(session.user_id)
    }
  })

  it('WK-44: what is malformed is 400 even then, and a missing bearer 401', async () => {
    const outage = planOutage(stores, new AuthError('store_unavailable', 'planted'))
    const { door, close } = await openDoor(store, outage.stores)
    onTestFinished(close)
    await door.signInAnonymously()
    outage.begin()
    expect(refusalOf(await door.verify({}))).toBe('400 invalid_request')
    expect(refusalOf(await door.post('/users/login-with-email', { email: 'x' }))).toBe('400 invalid_request')
    expect(refusalOf(await door.loginWithWallet('x'))).toBe('400 invalid_request')
    expect(refusalOf(await door.bare('/users/logout'))).toBe('401 unauthorized')
    expect(refusalOf(await door.send('/users/logout'))).toBe('400 project_missing')
    expect(refusalOf(await door.get('/users/unknown'))).toBe('404 not_found')
  })

  it('WK-04: a defect is 500 without a word about it, and the log has its stack', async () => {
    const outage = planOutage(stores, new TypeError('hunter2 is undefined'))
    const { door, close } = await openDoor(store, outage.stores)
    onTestFinished(close)
    outage.begin()
    const answer = await door.bare('/users/create-session-challenge')
    expect([answer.status, answer.body]).toEqual([
      500,
      { error: 'An internal error occurred.', code: expect.stringMatching(/^internal/) },
    ])
    expect(door.logs.at(-1)).toMatchObject({
      level: 50,
      msg: 'crashed',
      err: { message: 'hunter2 is undefined', stack: expect.any(String) },
    })
  })
})

describe('WalletKit when Redis goes away', () => {
  it('WK-44: a Redis that hangs: 503 within seconds and no 401; afterwards codes, nonces and tokens still work', async () => {
    const redis = await startRedisServer()
    const stores = openTestStores('redis', redis.url)
    const opened = await openWalletKit('redis', stores)
    const door = firstOf(opened.doors)
    try {
      const session = await door.signInByEmail()
      const code = await door.mailedCode()
      const proof = await door.prove(ethereumSigner())
      const { challenge, link } = await door.mailedLink()
      const page = await door.visitor.visit(link)
      redis.signal('SIGSTOP')
      const startedAt = performance.now()
      const answers = await Promise.all([
        door.verify(code),
        door.verify(proof),
        door.redeem(challenge.code),
        door.poll(challenge.code),
        door.refresh(session),
        door.logout(session),
        door.wallets(session),
        door.loginWithWallet(ethereumSigner().address),
        door.loginWithEmail(newEmail()),
        door.bare('/users/login-anonymously'),
        door.bare('/users/create-session-challenge'),
      ])
      for (const answer of answers) requireOutage(answer)
      expect((await door.visitor.press(link, page)).status).toBe(503)
      expect(performance.now() - startedAt).toBeLessThan(15_000)
      redis.signal('SIGCONT')
      await untilReady(opened.gateway)
      readSession(await door.verify(code))
      readSession(await door.verify(proof))
      // The logout may have been done after all: what was sent before the pause is read after it.
      expect(['200', '401 refresh_token_invalid']).toContain(refusalOf(await door.refresh(session)))
      expect(['completed', 'pending']).toContain(await door.stateOf(challenge.code))
    } finally {
      redis.signal('SIGCONT')
      await opened.close()
      await stores.close()
      await redis.stop()
    }
  })

  it('WK-44: a Redis that is killed: 503 with the keys still published from memory for a while, not for ever', async () => {
    const redis = await startRedisServer()
    const stores = openTestStores('redis', redis.url)
    const opened = await openWalletKit('redis', stores)
    const door = firstOf(opened.doors)
    const keys = () => door.send(`/users/jwks/${door.projectId}`, { method: 'GET' })
    try {
      const session = await door.signInAnonymously()
      const published = await keys()
      await redis.stop()
      for (const answer of [await door.refresh(session), await door.wallets(session), await door.logout(session)]) {
        requireOutage(answer)
      }
      expect((await keys()).body).toEqual(published.body)
      expect((await opened.gateway.app.request('/readyz')).status).toBe(503)
      expect((await opened.gateway.app.request('/healthz')).status).toBe(200)
      door.clock.advance(60_000)
      requireOutage(await keys())
    } finally {
      await opened.close()
      await stores.close()
      await redis.stop()
    }
  })
})
