import { startRedisServer } from '../../test/support/redis-server.ts'
import { nameOf } from '../budgets.ts'
import type { Measured } from '../measured.ts'
import { FOURMICA, WalletPool } from '../participants.ts'
import type { Programs } from '../programs.ts'
import { watchRedis } from '../redis-usage.ts'
import { type RunOptions, runFacts } from '../results.ts'
import { startWalletgate } from '../start-walletgate.ts'
import { CONCURRENCY, Meter } from './meter.ts'
import type { ProcessesResults } from './results.ts'

/** What is measured of 1, 2, … processes. */
export interface ProcessesPlan {
  readonly counts: readonly number[]
  readonly rounds: number
  /** In a round, for each process. */
  readonly signIns: number
  /** Sign-ins before the first round, for each process. */
  readonly warmUp: number
}

/**
 * What a sign-in costs with several processes against one Redis: as workers that share a port, and as replicas. All of them run at once, and
 * take turns round by round, with as many callers for each process; what counts is CPU time, so they need no core each.
 */
export async function measureProcesses(
  programs: Programs,
  plan: ProcessesPlan,
  run: RunOptions,
): Promise<ProcessesResults> {
  const server = await startRedisServer()
  const redis = watchRedis(server.port)
  const started: Measured[] = []
  const start = async (workers: number) => {
    const gateway = await startWalletgate(programs, { kind: 'redis', url: server.url }, { workers })
    started.push(gateway)
    return gateway
  }
  try {
    const pool = new WalletPool('ethereum', CONCURRENCY * Math.max(...plan.counts))
    const rows: { kind: 'workers' | 'replicas'; count: number; meter: Meter }[] = []
    for (const kind of ['workers', 'replicas'] as const) {
      for (const count of plan.counts) {
        const gateways =
          kind === 'workers' ? [await start(count)] : await Promise.all(Array.from({ length: count }, () => start(1)))
        const meter = new Meter({
          act: (connection, worker, turn) => FOURMICA.flow(connection, pool.pick(worker, turn)),
          gateways,
          redis: [redis],
          concurrency: CONCURRENCY * count,
        })
        await meter.warmUp(plan.warmUp * count)
        rows.push({ kind, count, meter })
      }
    }
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const { count, meter } of rows) await meter.round(plan.signIns * count)
    }
    return {
      run: await runFacts(run),
      signIn: nameOf({ dialect: FOURMICA.name, chain: 'ethereum' }),
      rounds: plan.rounds,
      signIns: plan.signIns,
      rows: rows.map(({ kind, count, meter }) => ({ kind, count, ...meter.costs() })),
    }
  } finally {
    for (const gateway of started) await gateway.stop()
    redis.close()
    await server.stop()
  }
}
