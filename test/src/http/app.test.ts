import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { openDoor } from '../../adapters/fourmica/door.ts'
import { openStoresForTests, STORES, type TestGateway } from '../../support/gateway.ts'
import { planOutage } from '../../support/intercept-stores.ts'

describe.each(STORES)('server routes on %s', (store) => {
  const stores = openStoresForTests(store)
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = (await openDoor(stores)).gateway
  })
  afterAll(() => stores.close())

  async function failingGateway(thrown: Error): Promise<TestGateway> {
    const outage = planOutage(stores, thrown)
    const { gateway: failing } = await openDoor(outage.stores)
    outage.begin()
    return failing
  }

  it('/healthz says that the process is up, also when the store is not', async () => {
    const { app } = await failingGateway(new AuthError('store_unavailable'))
    for (const each of [app, gateway.app]) {
      const answer = await each.request('/healthz')
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
    }
  })

  it('/readyz is 200 when the store answers', async () => {
    const answer = await gateway.app.request('/readyz')
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready', store: 'ok' }])
  })

  it('/readyz is 503 with Retry-After when the store does not, and the log says why', async () => {
    const failing = await failingGateway(new AuthError('store_unavailable', 'timeout', new Error('read ETIMEDOUT')))
    const answer = await failing.app.request('/readyz')
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'unavailable', store: 'unavailable' }])
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(failing.logs.at(-1)).toMatchObject({ level: 50, code: 'store_unavailable', reason: 'timeout', status: 503 })
  })

  it('/readyz that crashes is 500 in JSON without a word about it', async () => {
    const failing = await failingGateway(new RangeError('hunter2'))
    const answer = await failing.app.request('/readyz')
    expect([answer.status, await answer.json()]).toEqual([500, { error: 'internal server error' }])
  })

  it('an unknown path outside every dialect is 404 in JSON', async () => {
    for (const path of ['/nothing', '/authority', '/users', '/openapi/none.json']) {
      const answer = await gateway.app.request(path)
      expect([answer.status, await answer.json()]).toEqual([404, { error: 'not found' }])
    }
  })

  it('/healthz and /readyz refuse other methods with Allow', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const answer = await gateway.app.request(path, { method: 'POST' })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })
})

describe('request scope', () => {
  const stores = openStoresForTests('memory')
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = (await openDoor(stores)).gateway
  })
  afterAll(() => stores.close())

  const askWithId = async (id: string) => {
    const answer = await gateway.app.request('/healthz', { headers: { 'x-request-id': id } })
    return answer.headers.get('x-request-id')
  }

  it.each(['abcdefgh', '3f2b8c1e-9a4d-4a7e-8f10-2b6c5d4e3f21', 'A_-9'.repeat(16)])(
    'keeps the caller’s id %s, on the answer and in the log',
    async (id) => {
      expect(await askWithId(id)).toBe(id)
      expect(gateway.logs.at(-1)).toMatchObject({ requestId: id })
    },
  )

  it.each([
    ['short', 'abcdefg'],
    ['empty', ''],
    ['long', 'a'.repeat(65)],
    ['with a space', 'abcdefgh ijkl'],
    ['a script', '<script>alert(1)</script>'],
    ['JSON', '{"level":"fatal"}'],
    ['a template', '%{jndi:ldap://x}'],
    ['not ASCII', 'äöüäöüäöü'],
    ['a list', 'abcdefgh, ijklmnop'],
    ['a path', '../../etc/passwd'],
    ['with a percent-encoded line end', 'abcdefgh%0d%0aSet-Cookie'],
  ])('replaces an id that is %s', async (_, id) => {
    const given = await askWithId(id)
    expect(given).toMatch(/^[\w-]{8,64}$/)
    expect(given).not.toBe(id)
    expect(gateway.logs.at(-1)).toMatchObject({ requestId: given })
  })

  it('gives every request an id of its own', async () => {
    const ids = await Promise.all(Array.from({ length: 100 }, () => askWithId('')))
    expect(new Set(ids).size).toBe(100)
  })

  it('logs method, path, status and milliseconds, and no query', async () => {
    await gateway.app.request('/healthz?api_key=hunter2&token=hunter2')
    const line = gateway.logs.at(-1)
    expect(line).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      requestId: expect.any(String),
      method: 'GET',
      path: '/healthz',
      status: 200,
      ms: expect.any(Number),
      msg: 'answered',
    })
  })

  it('cuts long paths in the log', async () => {
    await gateway.app.request(`/${'x'.repeat(5_000)}`)
    expect(String(gateway.logs.at(-1)?.['path']).length).toBeLessThanOrEqual(200)
  })

  it('a path cannot forge a log line', async () => {
    await gateway.app.request('/a%0a%7b%22level%22:60%7d%1b%5b31m')
    const lines = gateway.logs.length
    expect(gateway.logs.at(-1)).toMatchObject({ status: 404, level: 30 })
    await gateway.app.request('/healthz')
    expect(gateway.logs.length).toBe(lines + 1)
  })
})
