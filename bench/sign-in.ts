import { randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import { startRedisServer } from '../test/support/redis-server.ts'
import { type Flow, fourMicaSignIn, moonKeySignIn, walletKitSignIn } from './flows.ts'
import { runMany } from './load.ts'
import { type Measured, median, startMeasured } from './measure.ts'
import { type BenchWallet, createEthereumWallet, createSolanaWallet } from './wallet.ts'

/*
 * CPU microseconds of the server per full sign-in (both requests, over HTTP, returning wallets), side by side in one run:
 * rounds are interleaved, and each figure is the median of its rounds.
 */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const SIGN_INS = Number(process.env['BENCH_SIGN_INS'] ?? 1_500)
const CONCURRENCY = 16
/** Each worker has wallets of its own: a second challenge for a wallet voids the first. */
const WALLETS_PER_WORKER = 4

interface Case {
  readonly name: string
  readonly flow: Flow
  readonly wallets: readonly BenchWallet[]
  /** Servers that know this flow, ours first. */
  readonly servers: readonly string[]
}

const ethereum = Array.from({ length: CONCURRENCY * WALLETS_PER_WORKER }, () => createEthereumWallet(randomBytes(32)))
const solana = Array.from({ length: CONCURRENCY * WALLETS_PER_WORKER }, () => createSolanaWallet(randomBytes(32)))
const CASES: readonly Case[] = [
  { name: '4mica, Ethereum', flow: fourMicaSignIn, wallets: ethereum, servers: ['walletgate', 'floor', 'textbook'] },
  { name: 'MoonKey, Ethereum', flow: moonKeySignIn, wallets: ethereum, servers: ['walletgate', 'textbook'] },
  { name: 'MoonKey, Solana', flow: moonKeySignIn, wallets: solana, servers: ['walletgate', 'textbook'] },
  { name: 'WalletKit, Ethereum', flow: walletKitSignIn, wallets: ethereum, servers: ['walletgate'] },
  { name: 'WalletKit, Solana', flow: walletKitSignIn, wallets: solana, servers: ['walletgate'] },
]

const started: Measured[] = []
const redis = await startRedisServer()
console.log(
  `Node ${process.version}, ${cpus()[0]?.model.trim()}, medians of ${ROUNDS} rounds of ${SIGN_INS} sign-ins\n`,
)
console.log('| store | sign-in | server | CPU µs per sign-in | × Walletgate | RSS MB |')
console.log('|---|---|---|---:|---:|---:|')
try {
  for (const store of ['memory', 'redis'] as const) {
    const servers = new Map<string, Measured>()
    for (const name of new Set(CASES.flatMap((each) => each.servers))) {
      const server = await startMeasured(name, store === 'redis' ? redis.url : null)
      servers.set(name, server)
      started.push(server)
    }
    for (const each of CASES) await measure(store, each, servers)
    for (const server of started.splice(0)) server.stop()
  }
} finally {
  for (const server of started) server.stop()
  await redis.stop()
}

async function measure(
  store: string,
  { name, flow, wallets, servers: names }: Case,
  servers: ReadonlyMap<string, Measured>,
): Promise<void> {
  const known = names.flatMap((server) => {
    const measured = servers.get(server)
    return measured === undefined ? [] : [{ server, measured, costs: [] as number[], rssBytes: 0 }]
  })
  // The textbook's Ed25519 takes milliseconds: its rounds are shorter, or nobody waits for them.
  const countFor = (server: string) => (server === 'textbook' ? Math.ceil(SIGN_INS / 5) : SIGN_INS)
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const row of known) {
      const count = countFor(row.server)
      const before = await row.measured.usage()
      await runMany(
        (agent, worker, turn) => flow(agent, row.measured.port, pick(wallets, worker, turn)),
        count,
        CONCURRENCY,
      )
      const after = await row.measured.usage()
      // The first round warms up.
      if (round >= 0) row.costs.push((after.cpuMicroseconds - before.cpuMicroseconds) / count)
      row.rssBytes = after.rssBytes
    }
  }
  const ours = median(known[0]?.costs ?? [])
  for (const { server, costs, rssBytes } of known) {
    const cost = median(costs)
    const cells = [store, name, server, cost.toFixed(0), (cost / ours).toFixed(2), Math.round(rssBytes / 1e6)]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

function pick(wallets: readonly BenchWallet[], worker: number, turn: number): BenchWallet {
  const wallet = wallets[worker * WALLETS_PER_WORKER + (turn % WALLETS_PER_WORKER)]
  if (wallet === undefined) throw new RangeError('no wallets')
  return wallet
}
