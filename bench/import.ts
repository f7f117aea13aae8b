import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import bs58 from 'bs58'
import { Redis } from 'ioredis'
import { buildProgram } from '../test/e2e/support/build.ts'
import { type RedisServer, startRedisServer } from '../test/support/redis-server.ts'
import { benchSettings } from './settings.ts'

/*
 * What an import costs: time, the most memory of the process, and bytes in Redis per user; a dry run before it and the same file again
 * after it. `BENCH_USERS` says how many, `BENCH_RUNS` which runs. What is measured is the program as `npm run build` makes it.
 */
const USERS = Number(process.env['BENCH_USERS'] ?? '100000')
const RUNS = (process.env['BENCH_RUNS'] ?? 'dry,first,second').split(',')

interface Run {
  readonly summary: Readonly<Record<string, number>>
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
}

const folder = await mkdtemp(join(tmpdir(), 'walletgate-import-'))
const file = join(folder, 'users.ndjson')
const build = await buildProgram()
let redis: RedisServer | undefined
try {
  redis = await startRedisServer()
  const client = new Redis(redis.url)
  await pipeline(Readable.from(rows(USERS)), createWriteStream(file))
  const emptyBytes = await usedMemory(client)
  console.log(`Node ${process.version}, ${cpus()[0]?.model.trim()}, Redis on the same machine`)
  console.log(
    `${USERS} users: each with an id, a name and a wallet (one in four Solana), three in four with an email\n`,
  )
  console.log('| run | seconds | CPU seconds | users per second | peak RSS, MiB | imported | unchanged |')
  console.log('|---|---:|---:|---:|---:|---:|---:|')
  for (const name of RUNS) await report(name, name === 'dry' ? ['--dry-run'] : [])
  const bytes = ((await usedMemory(client)) - emptyBytes) / USERS
  console.log(`\nRedis: ${bytes.toFixed(0)} bytes per user`)
  client.disconnect()
} finally {
  await redis?.stop()
  await build.remove()
  await rm(folder, { recursive: true, force: true })
}

async function report(name: string, options: readonly string[]): Promise<void> {
  const { summary, seconds, cpuSeconds, peakBytes } = await runImport(options)
  const perSecond = Math.round(USERS / seconds)
  const mebibytes = (peakBytes / 2 ** 20).toFixed(0)
  const { imported, unchanged } = summary
  console.log(
    `| ${name} | ${seconds.toFixed(1)} | ${cpuSeconds.toFixed(1)} | ${perSecond} | ${mebibytes} | ${imported} | ${unchanged} |`,
  )
}

async function runImport(options: readonly string[]): Promise<Run> {
  // The process tells what it took when it ends: `maxRSS` is in KiB, times are in microseconds.
  const took =
    'const r = process.resourceUsage(); process.stderr.write("took " + r.maxRSS + " " + (r.userCPUTime + r.systemCPUTime))'
  const tell = `process.on('exit', () => { ${took} })`
  const preload = `data:text/javascript,${encodeURIComponent(tell)}`
  const args = ['--import', preload, build.entry, 'users', 'import', file, '--json', ...options]
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...benchSettings(redis?.url) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  const [, peak, cpu] = /took (\d+) (\d+)$/.exec(stderr) ?? []
  if (code !== 0 || peak === undefined) throw new Error(`the import ended with code ${code}: ${stdout}${stderr}`)
  return {
    summary: JSON.parse(stdout),
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: Number(cpu) / 1_000_000,
    peakBytes: Number(peak) * 1024,
  }
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

/** The same users in every run: addresses from a hash of the number. */
function* rows(count: number): Generator<string> {
  for (let number = 0; number < count; number += 1) {
    const bytes = createHash('sha256').update(`user ${number}`).digest()
    const address = number % 4 === 0 ? bs58.encode(bytes) : `0x${bytes.toString('hex', 0, 20)}`
    const emails = number % 4 === 1 ? [] : [{ address: `user-${number}@example.com`, verified: number % 2 === 0 }]
    const createdAt = new Date(1_600_000_000_000 + number * 1000).toISOString()
    const name = { first: 'Ada', last: `Number ${number}` }
    yield `${JSON.stringify({ id: `user_${bytes.toString('hex', 16, 30)}`, createdAt, name, wallets: [address], emails })}\n`
  }
}

async function usedMemory(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
}
