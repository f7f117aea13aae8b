import { beforeAll, describe, expect, it } from 'vitest'
import { startRedisServer } from '../support/redis-server.ts'
import { startTcpProxy, type TcpProxy, type Weather } from '../support/tcp-proxy.ts'
import { type Gateways, readiness, useGateways } from './support/gateways.ts'
import { ROUNDS, timeFor } from './support/rounds.ts'

describe('the way to Redis', () => {
  const { start, cleanUp } = useGateways('file')
  let proxy: TcpProxy
  let gateways: Gateways
  beforeAll(async () => {
    const redis = await startRedisServer()
    cleanUp(() => redis.stop())
    proxy = await startTcpProxy(redis.port)
    cleanUp(() => proxy.stop())
    proxy.turn({ kind: 'closed' })
    gateways = await start({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` }, { isBroken: true })
  })

  async function strike(outages: number, weather: Weather): Promise<void> {
    const workload = await gateways.work()
    for (let round = 0; round < ROUNDS; round += 1) {
      proxy.turn(weather)
      await workload.history.more('outage', outages)
      proxy.turn({ kind: 'clear' })
      await gateways.ready()
      await workload.recovers()
    }
    await workload.endsWell()
  }

  it('Redis is not there yet when the server starts', { timeout: timeFor(5) }, async () => {
    for (const port of gateways.ports) expect(await readiness(port)).toBe(503)
    proxy.turn({ kind: 'clear' })
    await gateways.ready()
    await (await gateways.work()).endsWell()
  })

  /** Slow for everybody, and wrong for nobody. */
  async function endure(weather: Weather): Promise<void> {
    const workload = await gateways.work()
    proxy.turn(weather)
    await workload.history.more('ok', 12 * ROUNDS)
    proxy.turn({ kind: 'clear' })
    await workload.recovers()
    expect(workload.history.counts.outage).toBe(0)
    await workload.endsWell()
  }

  it('answers of Redis come late', { timeout: timeFor(10) }, () => endure({ kind: 'slow', delayMs: 100 }))

  it('answers of Redis trickle', { timeout: timeFor(10) }, () => endure({ kind: 'narrow', bytes: 64 }))

  it('answers of Redis come late at every step, and too late together', { timeout: timeFor(15) }, () =>
    strike(3, { kind: 'slow', delayMs: 1_500 }),
  )

  it('answers of Redis come too late', { timeout: timeFor(10) }, () => strike(3, { kind: 'slow', delayMs: 2_500 }))

  it.each([
    ['connections to Redis are cut after the request', 0],
    ['connections to Redis are cut in the middle of an answer', 3],
  ])('%s', { timeout: timeFor(5) }, (_, afterBytes) => strike(30, { kind: 'cut', afterBytes }))

  it('the network to Redis swallows everything', { timeout: timeFor(10) }, () => strike(6, { kind: 'silent' }))

  it('nobody listens where Redis was', { timeout: timeFor(5) }, () => strike(30, { kind: 'closed' }))
})
