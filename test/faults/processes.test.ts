import { describe, expect, it } from 'vitest'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { useGateways } from './support/gateways.ts'
import { ROUNDS, timeFor } from './support/rounds.ts'

/** What a client sees of a process that was there a moment ago. */
const GONE = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE']
/** Longer than a drain and all limits after it. */
const STOP_LIMIT_MS = 15_000

describe('processes', () => {
  const { start, cleanUp } = useGateways()

  async function startRedis(): Promise<RedisServer> {
    const redis = await startRedisServer()
    cleanUp(() => redis.stop())
    return redis
  }

  it('a worker is killed', { timeout: timeFor(10) }, async () => {
    const redis = await startRedis()
    const env = { REDIS_URL: redis.url, WORKERS: '2', LOG_LEVEL: 'info' }
    const gateways = await start(env, { count: 1 })
    const [program] = gateways.programs
    if (program === undefined) throw new Error('no program')
    const workload = await gateways.work()
    workload.caller.mayBreak = GONE
    for (let round = 1; round <= ROUNDS; round += 1) {
      const workers = await program.logged('listening', 1 + round)
      process.kill(Number(workers.at(-1)?.['pid']), 'SIGKILL')
      // The others go on, and a new one comes.
      await workload.recovers()
      await program.logged('listening', 2 + round)
      await workload.recovers()
    }
    await workload.endsWell()
    expect(await program.stop()).toEqual({ code: 0, signal: null })
  })

  // That every request in flight is answered, and how, is in `test/e2e/stop.test.ts`.
  it('a server is told to stop', { timeout: timeFor(10) }, async () => {
    const redis = await startRedis()
    const gateways = await start({ REDIS_URL: redis.url })
    const workload = await gateways.work()
    workload.caller.mayBreak = GONE
    expect(await gateways.programs[0]?.stop()).toEqual({ code: 0, signal: null })
    await workload.recovers()
    workload.caller.ports = gateways.ports.slice(1)
    await workload.endsWell()
    expect(workload.history.counts.outage).toBe(0)
  })

  it('a server is told to stop while Redis hangs', { timeout: timeFor(20) }, async () => {
    const redis = await startRedis()
    const gateways = await start({ REDIS_URL: redis.url })
    const workload = await gateways.work()
    workload.caller.mayBreak = GONE
    redis.signal('SIGSTOP')
    await workload.history.more('outage', 1)
    const began = performance.now()
    expect(await gateways.programs[0]?.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - began).toBeLessThan(STOP_LIMIT_MS)
    redis.signal('SIGCONT')
    await workload.recovers()
    workload.caller.ports = gateways.ports.slice(1)
    await workload.endsWell()
  })
})
