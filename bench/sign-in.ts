import { randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import { startRedisServer } from '../test/support/redis-server.ts'
import { signInMany } from './load.ts'
import { median, startMeasured } from './measure.ts'
import { createBenchWallet } from './wallet.ts'

/*
 * CPU microseconds of the server per full Ethereum sign-in (nonce and verify, over HTTP, returning wallets), side by side in
 * one run: rounds are interleaved, and each figure is the median of its rounds.
 */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const SIGN_INS = Number(process.env['BENCH_SIGN_INS'] ?? 1_500)
const CONCURRENCY = 16
const SERVERS = ['walletgate', 'floor', 'textbook'] as const

const wallets = Array.from({ length: 50 }, () => createBenchWallet(randomBytes(32)))
const redis = await startRedisServer()
console.log(
  `Node ${process.version}, ${cpus()[0]?.model.trim()}, ${ROUNDS} rounds of ${SIGN_INS} sign-ins, ${CONCURRENCY} at a time\n`,
)
console.log('| store | server | CPU µs per sign-in | sign-ins/s on one core | × Walletgate | RSS MB |')
console.log('|---|---|---:|---:|---:|---:|')
try {
  for (const store of ['memory', 'redis'] as const) {
    const servers = await Promise.all(
      SERVERS.map(async (name) => ({ name, server: await startMeasured(name, store === 'redis' ? redis.url : null) })),
    )
    const cpu = new Map<string, number[]>(SERVERS.map((name) => [name, []]))
    const rss = new Map<string, number>()
    for (const { server } of servers) await signInMany(server.port, wallets, SIGN_INS, CONCURRENCY) // warm up
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, server } of servers) {
        const before = await server.usage()
        await signInMany(server.port, wallets, SIGN_INS, CONCURRENCY)
        const after = await server.usage()
        cpu.get(name)?.push((after.cpuMicroseconds - before.cpuMicroseconds) / SIGN_INS)
        rss.set(name, after.rssBytes)
      }
    }
    const ours = median(cpu.get('walletgate') ?? [])
    for (const { name, server } of servers) {
      const each = median(cpu.get(name) ?? [])
      const megabytes = Math.round((rss.get(name) ?? 0) / 1e6)
      console.log(
        `| ${store} | ${name} | ${each.toFixed(0)} | ${(1e6 / each).toFixed(0)} | ${(each / ours).toFixed(2)} | ${megabytes} |`,
      )
      server.stop()
    }
  }
} finally {
  await redis.stop()
}
