import type { Connection } from './connection.ts'
import { runMany, runPaced } from './load.ts'
import type { Measured } from './measured.ts'
import { newWallet, type Participant, WalletPool } from './participants.ts'
import type { WatchedRedis } from './redis-usage.ts'
import type { SignInPlan, SignInRow } from './sign-in-results.ts'
import { median, quantile } from './statistics.ts'

interface Round {
  readonly cpu: number
  readonly perSecond: number
  readonly coreShare: number
  readonly rssBytes: number
  readonly redis: SignInRow['redis']
  readonly httpBytes: number
}

/** How a participant does, measured round by round so that others can have their turns in between. */
export interface Runner {
  round(): Promise<void>
  /** Sign-ins that come at their own times, half as many as the server can do. */
  pace(seconds: number): Promise<void>
  result(store: SignInRow['store']): SignInRow
}

/** Prepares a participant: signs in until its server has been compiled where it is hot. */
export async function createRunner(
  participant: Participant,
  server: Measured,
  redis: WatchedRedis | null,
  { signIns, warmUp, concurrency }: Pick<SignInPlan, 'signIns' | 'warmUp' | 'concurrency'>,
): Promise<Runner> {
  const { chain, wallet, dialect } = participant
  const count = Math.ceil(signIns * participant.share)
  const pool = new WalletPool(chain, concurrency)
  const pick = (worker: number, turn: number) => (wallet === 'first' ? newWallet(chain) : pool.pick(worker, turn))
  const signIn = (connection: Connection, worker: number, turn: number) => dialect.flow(connection, pick(worker, turn))
  const rounds: Round[] = []
  const latencies: number[] = []
  await runMany(signIn, [server.port], { count: Math.ceil(warmUp * participant.share), concurrency })
  return {
    async round() {
      const redisBefore = await redis?.usage()
      const before = await server.usage()
      const load = await runMany(signIn, [server.port], { count, concurrency })
      const after = await server.usage()
      const redisAfter = await redis?.usage()
      const cpu = (after.cpuMicroseconds - before.cpuMicroseconds) / count
      rounds.push({
        cpu,
        perSecond: count / load.seconds,
        coreShare: (cpu * count) / (load.seconds * 1_000_000),
        rssBytes: after.rssBytes,
        httpBytes: (load.bytesSent + load.bytesReceived) / count,
        redis:
          redisBefore === undefined || redisAfter === undefined
            ? null
            : {
                cpu: (redisAfter.cpuMicroseconds - redisBefore.cpuMicroseconds) / count,
                commands: (redisAfter.commands - redisBefore.commands) / count,
                bytes:
                  (redisAfter.bytesReceived +
                    redisAfter.bytesSent -
                    redisBefore.bytesReceived -
                    redisBefore.bytesSent) /
                  count,
              },
      })
    },
    async pace(seconds) {
      const capacity = 1_000_000 / median(rounds.map(({ cpu }) => cpu))
      const turns = new Map<number, number>()
      const act = async (connection: Connection, slot: number) => {
        const turn = turns.get(slot) ?? 0
        turns.set(slot, turn + 1)
        const waited = connection.waitedMs
        await signIn(connection, slot, turn)
        latencies.push(connection.waitedMs - waited)
      }
      await runPaced(act, server.port, { perSecond: capacity / 2, seconds, connections: concurrency })
    },
    result(store) {
      const of = (read: (round: Round) => number) => median(rounds.map(read))
      const cpus = rounds.map(({ cpu }) => cpu)
      return {
        store,
        server: participant.server,
        dialect: dialect.name,
        chain,
        wallet,
        algorithm: dialect.algorithm,
        cpu: median(cpus),
        cpuLeast: Math.min(...cpus),
        cpuMost: Math.max(...cpus),
        perSecond: of(({ perSecond }) => perSecond),
        coreShare: of(({ coreShare }) => coreShare),
        latency: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95), p99: quantile(latencies, 0.99) },
        rssBytes: of(({ rssBytes }) => rssBytes),
        redis:
          redis === null
            ? null
            : {
                cpu: of((round) => round.redis?.cpu ?? 0),
                bytes: of((round) => round.redis?.bytes ?? 0),
                commands: of((round) => round.redis?.commands ?? 0),
              },
        httpBytes: of(({ httpBytes }) => httpBytes),
      }
    },
  }
}
