import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createLogger } from '../../../src/logger.ts'
import { type RunningServer, startServer } from '../../../src/server.ts'
import { post, prove, signIn } from '../../e2e/support/client.ts'
import { startAnvil } from '../../support/evm/anvil.ts'
import { freePort, type RedisServer, startRedisServer } from '../../support/redis-server.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type Exposition, parseExposition } from './exposition.ts'

const SECRET_KEY = `sk_test_${'k'.repeat(48)}`
const REQUESTS = 'walletgate_http_requests_total'
const DURATIONS = 'walletgate_http_request_duration_seconds'
const STORE_ACTS = 'walletgate_store_operation_duration_seconds_count'

function start(env: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  const project = {
    PROJECT_ID: `metrics-${randomUUID()}`,
    PROJECT_SECRET_KEY: SECRET_KEY,
    WALLETGATE_SECRET: 's'.repeat(16) + randomUUID(),
    AUTH_JWT_SECRET: 'j'.repeat(32),
  }
  const all = { PORT: '0', METRICS_PORT: '0', PUBLIC_URL: 'https://auth.example.test', ...project, ...env }
  const settings = loadConfig(all, () => '', createSystemRandom())
  return startServer(settings, createLogger('silent'))
}

const ask = (port: number | null, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, init)

async function scrape({ metricsPort }: RunningServer): Promise<Exposition & { readonly text: string }> {
  const response = await ask(metricsPort, '/metrics')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  return { ...parseExposition(text), text }
}

describe.each(['memory', 'redis'] as const)('a scrape on %s', (store) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await start(store === 'redis' ? { REDIS_URL: inject('redisUrl') } : {})
  })
  afterAll(() => server.stop())

  it('counts what was asked, by dialect, operation, status and outcome', async () => {
    const { port } = server
    const wallet = newEthereumWallet()
    const proof = await prove(port, wallet)
    expect((await post(port, '/auth/verify', proof)).status).toBe(200)
    expect((await post(port, '/auth/verify', proof)).status).toBe(401)
    await signIn(port, wallet)
    await post(port, '/auth/refresh', { refresh_token: 'x' })
    await post(port, '/auth/nonce', { address: 'x' })
    await ask(port, '/auth/nonce')
    await ask(port, '/auth/verify', { method: 'OPTIONS' })
    const user = `/v1/auth/users/user_${'0'.repeat(27)}`
    await ask(port, user, { headers: { authorization: `Bearer ${SECRET_KEY}` } })
    await ask(port, user)
    await ask(port, '/v1/auth/nothing')

    const seen = await scrape(server)
    const count = (dialect: string, operation: string, status: number, outcome: string) =>
      seen.find(REQUESTS, { dialect, operation, status: String(status), outcome })
    expect(count('4mica', 'fourmicaNonce', 200, 'ok')).toBe(2)
    expect(count('4mica', 'fourmicaNonce', 400, 'address_malformed')).toBe(1)
    expect(count('4mica', 'fourmicaVerify', 200, 'ok')).toBe(2)
    expect(count('4mica', 'fourmicaVerify', 401, 'challenge_unusable')).toBe(1)
    expect(count('4mica', 'fourmicaRefresh', 401, 'refresh_token_unusable')).toBe(1)
    expect(count('4mica', '/auth/nonce', 405, 'method_not_allowed')).toBe(1)
    expect(count('4mica', '/auth/verify', 200, 'ok')).toBe(1)
    expect(count('moonkey', 'moonkeyGetUser', 404, 'user_unknown')).toBe(1)
    expect(count('moonkey', 'moonkeyGetUser', 401, 'project_unknown')).toBe(1)
    expect(count('moonkey', 'unmatched', 404, 'not_found')).toBe(1)

    expect(seen.value(`${DURATIONS}_count`, { operation: 'fourmicaVerify' })).toBe(3)
    expect(seen.value(`${DURATIONS}_sum`, { operation: 'fourmicaVerify' })).toBeGreaterThan(0)
    expect(seen.value(REQUESTS)).toBe(seen.value(`${DURATIONS}_count`))
    expect(seen.value('walletgate_http_requests_in_flight')).toBe(0)

    expect(seen.value(STORE_ACTS, { operation: 'challenges.issue' })).toBe(2)
    expect(seen.value(STORE_ACTS, { operation: 'identities.claim' })).toBe(1)
    expect(seen.value(STORE_ACTS, { operation: 'sessions.open' })).toBe(2)
    expect(seen.find('walletgate_store_failures_total')).toBeUndefined()
    expect(seen.types.get('walletgate_store_failures_total')).toBe('counter')
  })

  it('shows readiness, keys, mails and the process', async () => {
    const before = Date.now() / 1000
    const seen = await scrape(server)
    expect(seen.value('walletgate_ready')).toBe(1)
    const age = before - seen.value('walletgate_signing_key_created_timestamp_seconds', { dialect: 'moonkey' })
    expect(age).toBeGreaterThan(-60)
    expect(age).toBeLessThan(600)
    expect(seen.value('walletgate_oldest_signing_key_created_timestamp_seconds')).toBeLessThanOrEqual(before + 60)
    // With Redis and no mail server there is no outbox.
    expect(seen.find('walletgate_mails_waiting')).toBe(store === 'memory' ? 0 : undefined)
    expect(seen.find('walletgate_mails_total', { outcome: 'queued' })).toBe(store === 'memory' ? 0 : undefined)
    expect(seen.value('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(seen.types.get('nodejs_gc_duration_seconds')).toBe('histogram')
  })

  it('holds nothing of a request: no wallet, path, host, key or id', async () => {
    const marks = ['hunter2', newEthereumWallet().address]
    for (const mark of marks) {
      const headers = {
        'x-request-id': `${mark}-12345678`,
        authorization: `Bearer ${mark}`,
        origin: `https://${mark}.test`,
      }
      await ask(server.port, `/${mark}?a=${mark}`, { headers })
      await ask(server.port, `/v1/auth/users/${mark}`, { headers })
      await ask(server.port, '/auth/nonce', { method: 'POST', headers, body: JSON.stringify({ address: mark }) })
    }
    const { text } = await scrape(server)
    for (const mark of marks) expect(text.toLowerCase()).not.toContain(mark.toLowerCase())
  })

  it('has no more series after a thousand paths, methods and users than after a few', async () => {
    const visit = async (index: number) => {
      await ask(server.port, `/v1/auth/users/user_${index}`, { headers: { authorization: `Bearer ${SECRET_KEY}` } })
      await ask(server.port, `/path/${index}`, { method: index % 2 === 0 ? 'GET' : 'DELETE' })
      await ask(server.port, `/auth/${index}`, { method: 'PUT' })
      await ask(server.port, `/users/${index}`)
    }
    const series = async () =>
      (await scrape(server)).samples.filter(({ name }) => name.startsWith('walletgate_')).length
    await visit(0)
    const few = await series()
    for (let index = 1; index <= 250; index += 1) await visit(index)
    expect(await series()).toBe(few)
  })
})

describe('METRICS_PORT', () => {
  const running: RunningServer[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()))
  })
  const run = async (env?: Record<string, string>) => {
    const server = await start(env)
    running.push(server)
    return server
  }

  it('answers GET and HEAD of /metrics, and 404 in JSON to all else', async () => {
    const { metricsPort } = await run()
    const head = await ask(metricsPort, '/metrics', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect((await ask(metricsPort, '/metrics?x=1')).status).toBe(200)
    for (const [method, path] of [
      ['POST', '/metrics'],
      ['OPTIONS', '/metrics'],
      ['GET', '/'],
      ['GET', '/metrics/'],
      ['GET', '/metricsx'],
      ['GET', '/healthz'],
      ['GET', '/auth/nonce'],
      ['DELETE', '/'],
    ] as const) {
      const answer = await ask(metricsPort, path, { method })
      expect([method, path, answer.status, await answer.json()]).toEqual([method, path, 404, { error: 'not found' }])
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('is the only port with metrics', async () => {
    const { port } = await run()
    const answer = await ask(port, '/metrics')
    expect([answer.status, await answer.json()]).toEqual([404, { error: 'not found' }])
  })

  it('is not opened where none is set', async () => {
    expect((await run({ METRICS_PORT: '' })).metricsPort).toBeNull()
  })

  it('that is taken stops the start, names the setting, and leaves nothing open', async () => {
    const { metricsPort } = await run()
    const failed = start({ METRICS_PORT: String(metricsPort) })
    await expect(failed).rejects.toMatchObject({ code: 'EADDRINUSE', port: metricsPort, setting: 'METRICS_PORT' })
  })

  it('is closed again when the other port is taken', async () => {
    const { port } = await run()
    const free = await run()
    const metricsPort = String(free.metricsPort)
    await free.stop()
    running.pop()
    await expect(start({ PORT: String(port), METRICS_PORT: metricsPort })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port,
    })
    expect((await run({ METRICS_PORT: metricsPort })).metricsPort).toBe(Number(metricsPort))
  })
})

describe('a scrape while Redis is down', () => {
  let redis: RedisServer
  let server: RunningServer
  beforeAll(async () => {
    redis = await startRedisServer()
    server = await start({ REDIS_URL: redis.url, SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'no-reply@example.test' })
  })
  afterAll(async () => {
    await server.stop()
    await redis.stop()
  })

  it('still answers: not ready, the outage counted by reason, and nothing shown that is not known', async () => {
    const healthy = await scrape(server)
    expect([healthy.value('walletgate_ready'), healthy.value('walletgate_mails_waiting')]).toEqual([1, 0])
    await redis.stop()
    const refused = await post(server.port, '/auth/nonce', { address: newEthereumWallet().address })
    expect(refused.status).toBe(500)

    const seen = await scrape(server)
    expect(seen.value('walletgate_ready')).toBe(0)
    expect(seen.find('walletgate_mails_waiting')).toBeUndefined()
    expect(seen.value(REQUESTS, { operation: 'fourmicaNonce', status: '500', outcome: 'store_unavailable' })).toBe(1)
    expect(seen.value('walletgate_store_failures_total', { operation: 'challenges.issue' })).toBe(1)
    expect(seen.value('walletgate_store_failures_total', { reason: 'redis_unreachable' })).toBeGreaterThanOrEqual(1)
    const acts = seen.value(STORE_ACTS, { operation: 'challenges.issue' })
    expect(acts).toBe(1)
  })
})

describe('a scrape of a server that asks chains about contract accounts', () => {
  const forged = async (port: number) => {
    const { signature } = await prove(port, newEthereumWallet())
    return post(port, '/auth/verify', { ...(await prove(port, newEthereumWallet())), signature })
  }

  it('tells of an RPC server that is down, and so does readiness', async () => {
    const env = { EVM_RPC_URLS: JSON.stringify({ 'eip155:1': `http://127.0.0.1:${await freePort()}` }) }
    const server = await start(env)
    onTestFinished(() => server.stop())
    expect((await forged(server.port)).status).toBe(500)
    const seen = await scrape(server)
    const chain = 'eip155:1'
    expect(seen.value('walletgate_rpc_requests_total', { chain, outcome: 'rpc_unreachable' })).toBeGreaterThan(0)
    expect(seen.value('walletgate_contract_verdicts_total', { chain, reason: 'rpc_unreachable' })).toBe(1)
    const ready = await ask(server.port, '/readyz')
    expect([ready.status, await ready.json()]).toMatchObject([200, { chains: { [chain]: 'failing' } }])
  })

  it('tells of one that answers, and of no request for a key', async () => {
    const anvil = await startAnvil(1)
    onTestFinished(() => anvil.stop())
    const server = await start({ EVM_RPC_URLS: JSON.stringify({ 'eip155:1': anvil.url }) })
    onTestFinished(() => server.stop())
    const chain = 'eip155:1'
    await signIn(server.port, newEthereumWallet())
    expect((await scrape(server)).find('walletgate_rpc_requests_total', { chain, outcome: 'answered' })).toBeUndefined()
    expect((await forged(server.port)).status).toBe(401)
    const seen = await scrape(server)
    expect(seen.value('walletgate_rpc_requests_total', { chain, outcome: 'answered' })).toBe(1)
    expect(seen.value('walletgate_contract_verdicts_total', { chain, reason: 'account_without_code' })).toBe(1)
  })
})
