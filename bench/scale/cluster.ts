import { startRedisCluster, startRedisServer } from '../../test/support/redis-server.ts'
import { nameOf } from '../budgets.ts'
import type { Measured } from '../measured.ts'
import { DIALECTS, newWallet, WalletPool } from '../participants.ts'
import type { Programs } from '../programs.ts'
import { watchRedis } from '../redis-usage.ts'
import { type RunOptions, runFacts } from '../results.ts'
import { startWalletgate } from '../start-walletgate.ts'
import { CONCURRENCY, Meter, type MeterParts } from './meter.ts'
import type { ClusterResults } from './results.ts'

/** How much is measured against a cluster. */
export interface ClusterPlan {
  readonly rounds: number
  readonly signIns: number
  readonly warmUp: number
}

/** Every sign-in on one Redis and on a cluster of three primaries, in turns; and how evenly the cluster is used. */
export async function measureCluster(programs: Programs, plan: ClusterPlan, run: RunOptions): Promise<ClusterResults> {
  const [server, cluster] = await Promise.all([startRedisServer(), startRedisCluster()])
  const redis = watchRedis(server.port)
  const nodes = cluster.ports.map(watchRedis)
  const started: Measured[] = []
  try {
    const single = await startWalletgate(programs, { kind: 'redis', url: server.url })
    started.push(single)
    const clustered = await startWalletgate(programs, { kind: 'cluster', ports: cluster.ports })
    started.push(clustered)
    const before = await Promise.all(nodes.map((node) => node.usage()))
    const kinds = DIALECTS.flatMap((dialect) =>
      dialect.chains.flatMap((chain) =>
        (['returning', 'first'] as const).map((wallet) => ({ dialect, chain, wallet })),
      ),
    )
    const rows = kinds.map(({ dialect, chain, wallet }) => {
      const pool = new WalletPool(chain, CONCURRENCY)
      const act: MeterParts['act'] = (connection, worker, turn) =>
        dialect.flow(connection, wallet === 'first' ? newWallet(chain) : pool.pick(worker, turn))
      return {
        signIn: nameOf({ dialect: dialect.name, chain }),
        wallet,
        single: new Meter({ act, gateways: [single], redis: [redis] }),
        cluster: new Meter({ act, gateways: [clustered], redis: nodes }),
      }
    })
    const meters = rows.flatMap((row) => [row.single, row.cluster])
    for (const meter of meters) await meter.warmUp(plan.warmUp)
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const meter of meters) await meter.round(plan.signIns)
    }
    const after = await Promise.all(nodes.map((node) => node.usage()))
    return {
      run: await runFacts(run),
      rounds: plan.rounds,
      signIns: plan.signIns,
      rows: rows.map((row) => ({ ...row, single: row.single.costs(), cluster: row.cluster.costs() })),
      nodes: after.map(({ commands, keys, cpuMicroseconds }, index) => ({
        commands: commands - (before[index]?.commands ?? 0),
        keys,
        cpuMicroseconds: cpuMicroseconds - (before[index]?.cpuMicroseconds ?? 0),
      })),
      crossSlotErrors: after.reduce((sum, { errors }) => sum + (errors['CROSSSLOT'] ?? 0), 0),
    }
  } finally {
    for (const gateway of started) await gateway.stop()
    for (const each of [redis, ...nodes]) each.close()
    await Promise.all([server.stop(), cluster.stop()])
  }
}
