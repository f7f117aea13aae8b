import { execFileSync } from 'node:child_process'
import { startRedisServer } from '../test/support/redis-server.ts'
import { createRunner, type Runner } from './measure-sign-ins.ts'
import { type Measured, startMeasured } from './measured.ts'
import { type Chain, participantsOf, type ServerName, type TokenAlgorithm } from './participants.ts'
import { measuredCore } from './pin.ts'
import type { Programs } from './programs.ts'
import { type WatchedRedis, watchRedis } from './redis-usage.ts'
import { type RunOptions, runFacts } from './results.ts'
import type { SignInPlan, SignInResults, SignInRow, StartRow } from './sign-in-results.ts'
import { startWalletgate } from './start-walletgate.ts'
import { median } from './statistics.ts'

/**
 * Measures sign-ins of every kind, side by side: within a store and a chain all participants take turns, round by round, so that what the
 * machine does meanwhile happens to all of them.
 */
export async function runSignIns(programs: Programs, plan: SignInPlan, run: RunOptions): Promise<SignInResults> {
  const redis = await startRedisServer()
  const watched = watchRedis(redis.port)
  const signatures: Record<TokenAlgorithm, number>[] = []
  try {
    const starts: StartRow[] = []
    const rows: SignInRow[] = []
    for (const store of plan.stores) {
      const url = store === 'redis' ? redis.url : null
      starts.push(...(await measureStarts(programs, store, url, plan)))
      for (const chain of plan.chains) {
        plan.say(`${store}, ${chain} …`)
        rows.push(...(await measureGroup(programs, { store, url, chain }, url === null ? null : watched, plan)))
        signatures.push(measureSignatures(programs))
      }
    }
    const costOf = (algorithm: TokenAlgorithm) => median(signatures.map((costs) => costs[algorithm]))
    return {
      run: await runFacts(run),
      rounds: plan.rounds,
      signIns: plan.signIns,
      concurrency: plan.concurrency,
      tokenSignatures: { HS256: costOf('HS256'), RS256: costOf('RS256'), ES256: costOf('ES256') },
      starts,
      signInRows: rows,
    }
  } finally {
    watched.close()
    await redis.stop()
  }
}

function start(programs: Programs, name: ServerName, redisUrl: string | null): Promise<Measured> {
  if (name === 'walletgate')
    return startWalletgate(programs, redisUrl === null ? { kind: 'memory' } : { kind: 'redis', url: redisUrl })
  const reporter = programs.compiled('usage-reporter')
  const env = redisUrl === null ? {} : { REDIS_URL: redisUrl }
  return startMeasured({ command: [programs.compiled(name)], env, reporter })
}

async function measureStarts(
  programs: Programs,
  store: 'memory' | 'redis',
  url: string | null,
  { starts, servers }: SignInPlan,
): Promise<StartRow[]> {
  const rows = new Map<ServerName, { ms: number[]; rss: number[] }>()
  const names = servers.filter((name) => store === 'redis' || name !== 'better-auth')
  for (let turn = 0; turn < starts; turn += 1) {
    for (const name of names) {
      const row = rows.get(name) ?? { ms: [], rss: [] }
      rows.set(name, row)
      const server = await start(programs, name, url)
      row.ms.push(server.startMs)
      row.rss.push((await server.usage()).rssBytes)
      await server.stop()
    }
  }
  return [...rows].map(([server, { ms, rss }]) => ({ server, store, startMs: median(ms), idleRssBytes: median(rss) }))
}

async function measureGroup(
  programs: Programs,
  { store, url, chain }: { store: 'memory' | 'redis'; url: string | null; chain: Chain },
  redis: WatchedRedis | null,
  plan: SignInPlan,
): Promise<SignInRow[]> {
  const participants = participantsOf(store, chain).filter(({ server }) => plan.servers.includes(server))
  const servers = new Map<ServerName, Measured>()
  try {
    const runners: Runner[] = []
    for (const participant of participants) {
      const server = servers.get(participant.server) ?? (await start(programs, participant.server, url))
      servers.set(participant.server, server)
      runners.push(await createRunner(participant, server, redis, plan))
    }
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const runner of runners) await runner.round()
    }
    for (const runner of runners) await runner.pace(plan.pacedSeconds)
    return runners.map((runner) => runner.result(store))
  } finally {
    for (const server of servers.values()) await server.stop()
  }
}

function measureSignatures(programs: Programs): Record<TokenAlgorithm, number> {
  const [program = '', ...args] = [...measuredCore(), process.execPath, programs.compiled('token-signatures')]
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' }))
}
