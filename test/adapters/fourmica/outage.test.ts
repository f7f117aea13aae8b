import { afterAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import type { Answer } from '../../support/api-client.ts'
import { TestClock } from '../../support/clock.ts'
import { untilReady } from '../../support/failing-stores.ts'
import { openStoresForTests, openTestGateway, openTestStores, STORES } from '../../support/gateway.ts'
import { interceptStores, planOutage, type StoreAct } from '../../support/intercept-stores.ts'
import { startRedisServer } from '../../support/redis-server.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { FourMicaDoor, fourMicaProject, openDoor, readTokens, START } from './door.ts'

function requireOutage({ status, headers, body }: Answer): void {
  expect([status, body]).toEqual([500, { error: 'authentication could not be completed, try again' }])
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
}

describe.each(STORES)('4mica when the store fails, on %s', (store) => {
  const stores = openStoresForTests(store)
  afterAll(() => stores.close())

  /** A door whose store fails at one act: before it does anything, or after it did it and before it could say so. */
  async function openFailingDoor() {
    let failing: { act: StoreAct; when: 'before' | 'after' } | null = null
    const faulty = interceptStores(stores, async (act, _, run) => {
      if (failing?.act === act && failing.when === 'before') throw new AuthError('store_unavailable', 'planted')
      const outcome = await run()
      if (failing?.act === act) throw new AuthError('store_unavailable', 'planted')
      return outcome
    })
    const door = await openDoor(faulty)
    return {
      door,
      failAt: async <T>(act: StoreAct, when: 'before' | 'after', attempt: () => Promise<T>): Promise<T> => {
        failing = { act, when }
        try {
          return await attempt()
        } finally {
          failing = null
        }
      },
    }
  }

  it('4MICA-24: a nonce that could not be stored is 500', async () => {
    const { door, failAt } = await openFailingDoor()
    const ask = () => door.post('/auth/nonce', { address: newEthereumWallet().address })
    requireOutage(await failAt('challenges.issue', 'before', ask))
    expect((await ask()).status).toBe(200)
  })

  it.each<[StoreAct, 'before' | 'after']>([
    ['challenges.find', 'before'],
    ['challenges.find', 'after'],
    ['identities.findWallet', 'before'],
    ['identities.claim', 'before'],
    ['identities.claim', 'after'],
    ['sessions.open', 'before'],
    ['sessions.open', 'after'],
    ['challenges.consume', 'before'],
  ])(
    '4MICA-24: a first sign-in during which %s fails %s its work is 500, and the nonce still works',
    async (act, when) => {
      const { door, failAt } = await openFailingDoor()
      const wallet = newEthereumWallet()
      const proof = await door.prove(wallet)
      requireOutage(await failAt(act, when, () => door.verify(proof)))
      readTokens(await door.verify(proof))
      expect((await door.verify(proof)).status).toBe(401)
    },
  )

  it('4MICA-24: a sign-in of a provisioned wallet that cannot be marked verified is 500, and the nonce still works', async () => {
    const { door, failAt } = await openFailingDoor()
    const wallet = newEthereumWallet()
    const access = { role: 'admin', scopes: [], status: 'active' }
    await door.gateway.core.grantWalletAccess(door.project.id, door.account(wallet), access)
    const proof = await door.prove(wallet)
    requireOutage(await failAt('identities.markVerified', 'before', () => door.verify(proof)))
    readTokens(await door.verify(proof))
  })

  it('4MICA-24: a loser whose session cannot be revoked is 500, and nobody has its token', async () => {
    const { door, failAt } = await openFailingDoor()
    const proof = await door.prove(newEthereumWallet())
    const answers = await failAt('sessions.revoke', 'before', () =>
      Promise.all([door.verify(proof), door.verify(proof)]),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 500])
  })

  it('4MICA-24: a nonce that was spent while the answer was lost is spent: never two successes', async () => {
    const { door, failAt } = await openFailingDoor()
    const proof = await door.prove(newEthereumWallet())
    requireOutage(await failAt('challenges.consume', 'after', () => door.verify(proof)))
    expect((await door.verify(proof)).status).toBe(401)
  })

  it.each<[StoreAct, 'before' | 'after']>([
    ['sessions.find', 'before'],
    ['identities.findWallet', 'before'],
    ['sessions.rotateRefreshToken', 'before'],
  ])('4MICA-24: a refresh during which %s fails %s its work is 500, and the token still works', async (act, when) => {
    const { door, failAt } = await openFailingDoor()
    const { refresh_token } = await door.signIn()
    requireOutage(await failAt(act, when, () => door.refresh(refresh_token)))
    readTokens(await door.refresh(refresh_token))
  })

  it('4MICA-24: a refresh with a bad token is 500 too while nobody can tell, never a refusal', async () => {
    const { door, failAt } = await openFailingDoor()
    requireOutage(await failAt('sessions.find', 'before', () => door.refresh('rfr_unknown')))
    expect((await door.refresh('rfr_unknown')).status).toBe(401)
  })

  it.each<StoreAct>(['sessions.find', 'sessions.revokeByRefreshToken'])(
    '4MICA-24: a logout during which %s fails is 500, and works afterwards',
    async (act) => {
      const { door, failAt } = await openFailingDoor()
      const { refresh_token } = await door.signIn()
      requireOutage(await failAt(act, 'before', () => door.logout(refresh_token)))
      expect((await door.logout(refresh_token)).body).toEqual({ revoked: true })
    },
  )

  it('4MICA-24: what is malformed is 400 even then', async () => {
    const outage = planOutage(stores, new AuthError('store_unavailable', 'planted'))
    const door = await openDoor(outage.stores)
    outage.begin()
    expect((await door.post('/auth/nonce', { address: 'x' })).status).toBe(400)
    expect((await door.post('/auth/refresh', {})).status).toBe(400)
  })

  it('4MICA-24: a defect is 500 without a word about it, and the log has its stack', async () => {
    const outage = planOutage(stores, new TypeError('hunter2 is undefined'))
    const door = await openDoor(outage.stores)
    outage.begin()
    const answer = await door.post('/auth/nonce', { address: newEthereumWallet().address })
    expect([answer.status, answer.body]).toEqual([500, { error: 'internal server error' }])
    expect(door.logs.at(-1)).toMatchObject({
      level: 50,
      msg: 'crashed',
      err: { message: 'hunter2 is undefined', stack: expect.any(String) },
    })
  })
})

describe('4mica when Redis goes away', () => {
  it('4MICA-24: a Redis that is killed and comes back: 500 in between, and what could not be spent still works', async () => {
    const directory = ['--appendonly', 'yes', '--appendfsync', 'always']
    const first = await startRedisServer()
    const stores = openTestStores('redis', first.url)
    const project = fourMicaProject()
    const gateway = await openTestGateway({ projects: [project], stores, clock: new TestClock(START) })
    const door = new FourMicaDoor(gateway, project)
    try {
      await door.signIn()
      await first.stop()
      requireOutage(await door.post('/auth/nonce', { address: newEthereumWallet().address }))
      requireOutage(await door.refresh('rfr_x'))
      requireOutage(await door.logout('rfr_x'))
      expect((await gateway.app.request('/readyz')).status).toBe(503)
      expect((await gateway.app.request('/healthz')).status).toBe(200)

      const second = await startRedisServer({ port: first.port, args: directory })
      try {
        await untilReady(gateway)
        readTokens(await door.refresh((await door.signIn()).refresh_token))
      } finally {
        await second.stop()
      }
    } finally {
      await stores.close()
    }
  })

  it('4MICA-24: a Redis that hangs: 500 within seconds, and afterwards nonce and refresh token still work', async () => {
    const redis = await startRedisServer()
    const stores = openTestStores('redis', redis.url)
    const project = fourMicaProject()
    const gateway = await openTestGateway({ projects: [project], stores, clock: new TestClock(START) })
    const door = new FourMicaDoor(gateway, project)
    try {
      const wallet = newEthereumWallet()
      const { refresh_token } = await door.signIn(wallet)
      const proof = await door.prove(wallet)
      redis.signal('SIGSTOP')
      const startedAt = performance.now()
      const answers = await Promise.all([door.verify(proof), door.refresh('rfr_unknown'), door.logout('rfr_unknown')])
      for (const answer of answers) requireOutage(answer)
      expect(performance.now() - startedAt).toBeLessThan(10_000)
      redis.signal('SIGCONT')
      await untilReady(gateway)
      readTokens(await door.verify(proof))
      readTokens(await door.refresh(refresh_token))
    } finally {
      redis.signal('SIGCONT')
      await stores.close()
      await redis.stop()
    }
  })
})
