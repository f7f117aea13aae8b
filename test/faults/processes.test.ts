import { beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { type Gateways, useGateways } from './support/gateways.ts'
import { ROUNDS, timeFor } from './support/rounds.ts'

/** What a client sees of a process that was there a moment ago. */
const GONE = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE']
/** Longer than a drain and all limits after it. */
const STOP_LIMIT_MS = 15_000

describe('one server with workers', () => {
  const { start, cleanUp } = useGateways()

  it('a worker is killed', { timeout: timeFor(10) }, async () => {
    const redis = await startRedisServer()
    cleanUp(() => redis.stop())
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
})

// That every request in flight is answered, and how, is in `test/e2e/stop.test.ts`.
describe('servers of which the others go on', () => {
  const { start, cleanUp } = useGateways('file')
  let redis: RedisServer
  let gateways: Gateways
  beforeAll(async () => {
    redis = await startRedisServer()
    cleanUp(() => redis.stop())
    gateways = await start({ REDIS_URL: redis.url }, { count: 3 })
  })

  /** Tells this one to stop; whoever asked it goes to the others. */
  async function stop(index: number): Promise<void> {
    const began = performance.now()
    expect(await gateways.programs[index]?.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - began).toBeLessThan(STOP_LIMIT_MS)
  }

  it('a server is told to stop', { timeout: timeFor(10) }, async () => {
    const workload = await gateways.work()
    workload.caller.mayBreak = GONE
    await stop(0)
    await workload.recovers()
    workload.caller.ports = gateways.ports.slice(1)
    await workload.endsWell()
    expect(workload.history.counts.outage).toBe(0)
  })

  it('a server is told to stop while Redis hangs', { timeout: timeFor(20) }, async () => {
    const workload = await gateways.work(3, gateways.ports.slice(1))
    workload.caller.mayBreak = GONE
    redis.signal('SIGSTOP')
    await workload.history.more('outage', 1)
    await stop(1)
    redis.signal('SIGCONT')
    await workload.recovers()
    workload.caller.ports = gateways.ports.slice(2)
    await workload.endsWell()
  })
})
