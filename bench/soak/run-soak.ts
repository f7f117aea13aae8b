import { startRedisServer } from '../../test/support/redis-server.ts'
import type { Connection } from '../connection.ts'
import { runMany, runPaced } from '../load.ts'
import type { Measured } from '../measured.ts'
import type { Programs } from '../programs.ts'
import { watchRedis } from '../redis-usage.ts'
import { startWalletgate } from '../start-walletgate.ts'
import { quantile } from '../statistics.ts'
import { createJourneys } from './journeys.ts'
import { judgeSoak } from './judge-soak.ts'
import { type CodeMailbox, openCodeMailbox } from './mailbox.ts'
import type { SoakPlan } from './plan.ts'
import type { Soak, SoakSample } from './results.ts'

/** Nonces that nobody redeems end soon, so that their number is reached while the soak warms up. */
const SHORT_LIVES = { AUTH_NONCE_TTL_SECS: '15' }

/** Lets a server work for a while at a share of what it can do, and judges whether it is still as it was. */
export async function runSoak(programs: Programs, store: Soak['store'], plan: SoakPlan): Promise<Soak> {
  const mailbox = await openCodeMailbox()
  const redis = store === 'redis' ? await startRedisServer() : null
  const watched = redis === null ? null : watchRedis(redis.port)
  let server: Measured | null = null
  try {
    server = await startWalletgate(programs, redis === null ? { kind: 'memory' } : { kind: 'redis', url: redis.url }, {
      env: { ...SHORT_LIVES, SMTP_URL: mailbox.url, MAIL_FROM: 'no-reply@bench.example' },
    })
    const countKeys = async () => (watched === null ? null : (await watched.usage()).keys)
    return await soak(server, store, plan, { mailbox, countKeys })
  } finally {
    await server?.stop()
    watched?.close()
    await redis?.stop()
    await mailbox.stop()
  }
}

async function soak(
  server: Measured,
  store: Soak['store'],
  plan: SoakPlan,
  { mailbox, countKeys }: { readonly mailbox: CodeMailbox; readonly countKeys: () => Promise<number | null> },
): Promise<Soak> {
  const journeys = createJourneys(mailbox, plan)
  // The second half of them: by then the server is warm.
  const half = { count: Math.ceil(plan.capacityJourneys / 2), concurrency: plan.connections }
  const walk = (connection: Connection) => journeys.next()(connection)
  await runMany(walk, [server.port], half)
  const capacity = half.count / (await runMany(walk, [server.port], half)).seconds
  const asked = capacity * plan.share

  const watch = watchServer(server, plan, countKeys)
  let requests = 0
  let mailsDue = 0
  const act = (connection: Connection): Promise<unknown> => {
    connection.onAnswer = (milliseconds) => {
      requests += 1
      watch.answered(milliseconds)
    }
    mailsDue += plan.mailsPerSecond / asked
    const byMail = mailsDue < 1 ? null : journeys.nextByMail()
    if (byMail !== null) mailsDue -= 1
    return (byMail ?? journeys.next())(connection)
  }
  const pace = { perSecond: asked, seconds: plan.seconds, connections: plan.connections }
  const [{ done, held }, watched] = await Promise.all([
    runPaced(act, server.port, pace).finally(watch.end),
    watch.watched,
  ])
  const findings = judgeSoak({ ...watched, held, journeys: done }, plan.bounds)
  return { store, capacity, asked, journeys: done, requests, ...watched, findings }
}

/** Looks at the server again and again until it is told to end. */
function watchServer(server: Measured, { sampleEveryMs, seconds }: SoakPlan, countKeys: () => Promise<number | null>) {
  const samples: SoakSample[] = []
  const startedAt = performance.now()
  let latencies: number[] = []
  let heapBefore: number | null = null
  let ended = false
  const look = async () => {
    const [usage, keys] = await Promise.all([server.usage(), countKeys()])
    const second = (performance.now() - startedAt) / 1000
    const since = latencies
    latencies = []
    samples.push({
      second,
      rssBytes: usage.rssBytes,
      files: usage.files,
      handles: usage.handles,
      keys,
      p99Ms: since.length === 0 ? null : quantile(since, 0.99),
    })
    if (heapBefore === null && second >= seconds / 4) heapBefore = (await server.usageAfterCollection()).heapBytes
  }
  const watch = async () => {
    while (!ended) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, sampleEveryMs))
    }
    const { heapBytes } = await server.usageAfterCollection()
    return { samples, heapBytes: [heapBefore ?? Number.NaN, heapBytes] as const }
  }
  return {
    answered: (milliseconds: number) => void latencies.push(milliseconds),
    end: () => {
      ended = true
    },
    watched: watch(),
  }
}
