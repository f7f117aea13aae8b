import { afterEach, describe, expect, it } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import { createMemoryStores } from '../../../core/stores/memory/memory-stores.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createGateway } from '../../../src/gateway.ts'
import { createApp } from '../../../src/http/app.ts'
import { LIMITS } from '../../../src/limits/cost-classes.ts'
import { FOURMICA_COSTS, MOONKEY_COSTS, WALLETKIT_COSTS } from '../../../src/limits/route-costs.ts'
import { createLogger } from '../../../src/logger.ts'
import { countStatuses, LimitedServer, MEMORY_ENV } from './servers.ts'

const GUESSES = LIMITS.guess.address?.points ?? 0
const ACCOUNT_GUESSES = LIMITS.guess.account?.points ?? 0

describe('RATE_LIMITS and TRUSTED_PROXIES', () => {
  const running: LimitedServer[] = []
  afterEach(() => Promise.all(running.splice(0).map((server) => server.stop())))
  async function start(env: Readonly<Record<string, string>>): Promise<LimitedServer> {
    const server = await LimitedServer.start({ ...MEMORY_ENV, ...env })
    running.push(server)
    return server
  }

  const from = '198.51.100.1'

  it('off: nobody is refused', async () => {
    const server = await start({ RATE_LIMITS: 'off' })
    expect(await countStatuses(GUESSES + 50, (index) => server.guess(from, `user_${index}`))).toEqual({
      400: GUESSES + 50,
    })
  })

  it('a number: so many times as much, but for guesses at one code', async () => {
    const server = await start({ RATE_LIMITS: '2' })
    expect(await countStatuses(GUESSES * 2 + 50, (index) => server.guess(from, `user_${index}`))).toEqual({
      400: GUESSES * 2,
      429: 50,
    })
    expect(await countStatuses(ACCOUNT_GUESSES + 5, (index) => server.guess(`198.51.101.${index}`, 'user_x'))).toEqual({
      400: ACCOUNT_GUESSES,
      429: 5,
    })
  })

  it('a proxy nearby that nobody trusts is named in the log, once, and its callers count as one', async () => {
    const server = await start({ TRUSTED_PROXIES: '' })
    await server.call('/auth/nonce', { json: {} })
    const warnings = () => server.logs.filter(({ level }) => level === 40)
    expect(warnings()).toEqual([])
    const statuses = await countStatuses(GUESSES + 50, (index) =>
      server.guess(`198.51.100.${index % 250}`, `user_${index}`),
    )
    expect(statuses).toEqual({ 400: GUESSES, 429: 50 })
    expect(warnings()).toMatchObject([{ msg: expect.stringContaining('TRUSTED_PROXIES') }])
  })

  it('trusted: silent', async () => {
    const server = await start({})
    await server.nonce(from)
    expect(server.logs.filter(({ level }) => level === 40)).toEqual([])
  })
})

describe('the table of costs', () => {
  it('has every route of every dialect, and no other', async () => {
    const random = createSystemRandom()
    const ports = { clock: { now: () => new Date() }, random, mail: null, report: () => {} }
    const gateway = await createGateway(
      loadConfig({}, () => '', random),
      { ...ports, stores: createMemoryStores() },
    )
    const app = createApp({ ...gateway, mailbox: null, logger: createLogger('silent'), random })
    const routes = app.routes
      .filter(
        ({ method, path }) => method !== 'ALL' && !path.endsWith('*') && /^\/(auth|v1|users|wallets)\b/.test(path),
      )
      .map(({ method, path }) => `${method} ${path}`)
    const costs = { ...FOURMICA_COSTS, ...MOONKEY_COSTS, ...WALLETKIT_COSTS }
    expect(Object.keys(costs).sort()).toEqual([...new Set(routes)].sort())
  })

  it('names by its text every route that is not cheap', () => {
    const dear = Object.entries({ ...FOURMICA_COSTS, ...MOONKEY_COSTS, ...WALLETKIT_COSTS }).filter(
      ([, { costClass }]) => costClass !== 'cheap',
    )
    expect(dear.length).toBeGreaterThan(15)
    for (const [route] of dear) expect(route).toMatch(/^POST \/[\w/-]+$/)
  })
})
