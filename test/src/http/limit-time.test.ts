import { afterEach, describe, expect, it } from 'vitest'
import { newApiKeyText } from '../../../core/api-keys/key-text.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { listen } from '../../../src/http/listen.ts'
import { fourMicaProject } from '../../adapters/fourmica/door.ts'
import { moonKeyProject } from '../../adapters/moonkey/door.ts'
import { walletKitProject } from '../../adapters/walletkit/door.ts'
import { openStoresForTests, openTestGateway, type TestGateway } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { RawConnection } from '../../support/raw-http.ts'

const LIMIT_MS = 100
const ADDRESS = '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'
const BODY = JSON.stringify({ address: ADDRESS, wallet_type: 'ethereum', public_address: ADDRESS })
const HEAD = `POST /auth/nonce HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`
const PROJECT = walletKitProject({}, { moonkey: moonKeyProject().moonkey, fourmica: fourMicaProject().fourmica })

class SlowStore {
  isSlow = false
  readonly #waiting: (() => void)[] = []
  async pass(): Promise<void> {
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
  goOn(): void {
    this.isSlow = false
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

describe('a store that is slow', () => {
  const cleanUps: (() => unknown)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })

  async function openSlow(): Promise<{ readonly gateway: TestGateway; readonly store: SlowStore }> {
    const memory = openStoresForTests('memory')
    cleanUps.push(() => memory.close())
    const store = new SlowStore()
    const stores = interceptStores(memory, async (_, __, run) => {
      await store.pass()
      return run()
    })
    return { store, gateway: await openTestGateway({ projects: [PROJECT], stores, answerLimitMs: LIMIT_MS }) }
  }
  const asked = (headers: Record<string, string> = {}) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: BODY,
  })

  it.each([
    ['/auth/nonce', 500, asked()],
    [
      '/v1/auth/wallets/registrations/begin',
      503,
      asked({ authorization: `Bearer ${PROJECT.moonkey?.secretKeys[0] ?? ''}` }),
    ],
    [
      '/users/login-anonymously',
      503,
      asked({ 'x-walletkit-project-id': PROJECT.walletkit?.projectId ?? '', origin: PROJECT.allowedOrigins[0] ?? '' }),
    ],
    ['/readyz', 503, {}],
  ])('%s: it could not be decided, in time', async (path, status, init) => {
    const { store, gateway } = await openSlow()
    store.isSlow = true
    const answer = await gateway.app.request(path, init)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, '1'])
    expect(gateway.logs.at(-1)).toMatchObject({ path, status, code: 'store_unavailable', reason: 'too_slow' })
    // What went on comes to its end, and nobody is answered twice.
    const lines = gateway.logs.length
    store.goOn()
    await new Promise((resolve) => setImmediate(resolve))
    expect(gateway.logs).toHaveLength(lines)
    expect((await gateway.app.request('/auth/nonce', asked())).status).toBe(200)
  })

  it('a page may read that answer', async () => {
    const { store, gateway } = await openSlow()
    store.isSlow = true
    const origin = PROJECT.allowedOrigins[0] ?? ''
    const headers = { 'x-walletkit-project-id': PROJECT.walletkit?.projectId ?? '', origin }
    const answer = await gateway.app.request('/users/login-anonymously', asked(headers))
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([503, origin])
  })

  it('the time for a body that is slow to come is its sender’s', async () => {
    const { gateway } = await openSlow()
    const server = await listen(gateway.app.fetch, { host: '127.0.0.1', port: 0 })
    cleanUps.push(() => server.drain(500))
    const connection = await RawConnection.open(server.port)
    connection.write(HEAD + BODY.slice(0, 10))
    await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT_MS))
    connection.write(BODY.slice(10))
    expect(await connection.next()).toMatchObject({ status: 200 })
  })

  it('after the last byte of a body the time begins', async () => {
    const { store, gateway } = await openSlow()
    const server = await listen(gateway.app.fetch, { host: '127.0.0.1', port: 0 })
    cleanUps.push(() => server.drain(500))
    store.isSlow = true
    const connection = await RawConnection.open(server.port)
    connection.write(HEAD + BODY)
    expect(await connection.next()).toMatchObject({ status: 500 })
    store.goOn()
  })

  it.each([
    ['nobody reads and nobody sends', '/readyz', ''],
    ['nobody reads', '/readyz', 'a'],
    ['is read once the store was asked', '/v1/auth/wallets/registrations/begin', ''],
  ])('a body that %s stops no clock', async (_, path, body) => {
    const { store, gateway } = await openSlow()
    const server = await listen(gateway.app.fetch, { host: '127.0.0.1', port: 0 })
    cleanUps.push(() => server.drain(500))
    store.isSlow = true
    const connection = await RawConnection.open(server.port)
    const method = path === '/readyz' ? 'GET' : 'POST'
    const key = `Authorization: Bearer ${newApiKeyText('secret', createSystemRandom())}`
    connection.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\n${key}\r\nContent-Length: 1\r\n\r\n${body}`)
    expect(await connection.next({ limitMs: 20 * LIMIT_MS })).toMatchObject({ status: 503 })
    store.goOn()
  })
})
