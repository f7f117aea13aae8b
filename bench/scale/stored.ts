import { createSessionTokens } from '../../core/sessions/session-token.ts'
import { type RedisServer, startRedisServer } from '../../test/support/redis-server.ts'
import { nameOf } from '../budgets.ts'
import type { Connection } from '../connection.ts'
import { BENCH_PROJECT_ID, MOONKEY_HEADERS } from '../flows.ts'
import type { Measured } from '../measured.ts'
import { FOURMICA, WALLETKIT, WalletPool } from '../participants.ts'
import type { Programs } from '../programs.ts'
import { type WatchedRedis, watchRedis } from '../redis-usage.ts'
import { type RunOptions, runFacts } from '../results.ts'
import { BENCH_SECRET } from '../settings.ts'
import { startWalletgate } from '../start-walletgate.ts'
import { fill } from './fill.ts'
import { CONCURRENCY, Meter } from './meter.ts'
import type { StoredResults } from './results.ts'

/** How many are stored, and how much is measured then. */
export interface StoredPlan {
  readonly sizes: readonly number[]
  readonly rounds: number
  readonly calls: number
  readonly warmUp: number
  readonly say: (line: string) => void
}

const tokens = createSessionTokens([Buffer.from(BENCH_SECRET)])

/**
 * What sign-ins and checks of sessions cost with few and with many users and sessions stored. Every number of them has a Redis and a
 * gateway of its own, so that they can take turns.
 */
export async function measureStored(programs: Programs, plan: StoredPlan, run: RunOptions): Promise<StoredResults> {
  const servers: RedisServer[] = []
  const watched: WatchedRedis[] = []
  const started: Measured[] = []
  const pool = new WalletPool('ethereum', CONCURRENCY)
  try {
    const rows: { stored: number; meters: { act: string; meter: Meter }[] }[] = []
    let bytes = { bytesPerUser: 0, bytesPerSession: 0 }
    for (const stored of plan.sizes) {
      plan.say(`filling a Redis with ${stored} users and sessions …`)
      const server = await startRedisServer()
      servers.push(server)
      const redis = watchRedis(server.port)
      watched.push(redis)
      const { sessionIds, ...sizes } = await fill(server.port, redis, stored)
      bytes = sizes
      const gateway = await startWalletgate(programs, { kind: 'redis', url: server.url })
      started.push(gateway)
      const meterOf = (act: (connection: Connection, worker: number, turn: number) => Promise<unknown>) =>
        new Meter({ act, gateways: [gateway], redis: [redis] })
      const checkSession = (connection: Connection) => {
        const id = sessionIds[Math.floor(Math.random() * sessionIds.length)] ?? ''
        const body = { session_token: tokens.derive(BENCH_PROJECT_ID, id) }
        return connection.post('/v1/auth/sessions/verify', body, MOONKEY_HEADERS)
      }
      const meters = [
        ...[FOURMICA, WALLETKIT].map(({ name, flow }) => ({
          act: `sign-in: ${nameOf({ dialect: name, chain: 'ethereum' })}`,
          meter: meterOf((connection, worker, turn) => flow(connection, pool.pick(worker, turn))),
        })),
        { act: 'session check: MoonKey', meter: meterOf(checkSession) },
      ]
      for (const { meter } of meters) await meter.warmUp(plan.warmUp)
      rows.push({ stored, meters })
    }
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const { meters } of rows) for (const { meter } of meters) await meter.round(plan.calls)
    }
    return {
      run: await runFacts(run),
      rounds: plan.rounds,
      calls: plan.calls,
      rows: rows.map(({ stored, meters }) => ({
        stored,
        costs: meters.map(({ act, meter }) => ({ act, ...meter.costs() })),
      })),
      ...bytes,
    }
  } finally {
    for (const gateway of started) await gateway.stop()
    for (const redis of watched) redis.close()
    for (const server of servers) await server.stop()
  }
}
