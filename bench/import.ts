import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import bs58 from 'bs58'
import { buildProgram } from '../test/support/build.ts'
import { startRedisServer } from '../test/support/redis-server.ts'
import { beginRun } from './begin-run.ts'
import { type ImportResults, type ImportRow, importTable } from './import-results.ts'

import { watchRedis } from './redis-usage.ts'
import { runFacts, writeResults } from './results.ts'
import { benchSettings } from './settings.ts'

/*
 * `npm run bench:import`: what an import costs: time, the most memory of the process, and bytes in Redis per user; a dry run before it and
 * the same file again after it. What is measured is the program as `npm run build` makes it. `--quick` for a look.
 */
const options = beginRun('bench:import')
const users = options.quick ? 5_000 : 1_000_000

const folder = await mkdtemp(join(tmpdir(), 'walletgate-import-'))
const file = join(folder, 'users.ndjson')
const build = await buildProgram()
const redis = await startRedisServer()
const watched = watchRedis(redis.port)
try {
  await pipeline(Readable.from(rows(users)), createWriteStream(file))
  const empty = await watched.usage()
  const done: ImportRow[] = []
  done.push(await runImport('dry run', ['--dry-run']))
  done.push(await runImport('first', []))
  done.push(await runImport('the same file again', []))
  const full = await watched.usage()
  const bytesPerUser = (full.memoryBytes - empty.memoryBytes) / users
  const results: ImportResults = { run: await runFacts(options), users, rows: done, bytesPerUser }
  console.log(`${importTable(results)}\n\nRedis: ${bytesPerUser.toFixed(0)} bytes a user`)
  console.log(`\nkept as ${writeResults('import', results)}`)
} finally {
  watched.close()
  await redis.stop()
  await build.remove()
  await rm(folder, { recursive: true, force: true })
}

async function runImport(name: string, args: readonly string[]): Promise<ImportRow> {
  // The process tells what it took when it ends: `maxRSS` is in KiB, times are in microseconds.
  const took =
    'const r = process.resourceUsage(); process.stderr.write("took " + r.maxRSS + " " + (r.userCPUTime + r.systemCPUTime))'
  const tell = `process.on('exit', () => { ${took} })`
  const preload = `data:text/javascript,${encodeURIComponent(tell)}`
  const command = ['--import', preload, build.entry, 'users', 'import', file, '--json', ...args]
  const startedAt = performance.now()
  const child = spawn(process.execPath, command, {
    env: { PATH: process.env['PATH'], ...benchSettings({ kind: 'redis', url: redis.url }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  const [, peak, cpu] = /took (\d+) (\d+)$/.exec(stderr) ?? []
  if (code !== 0 || peak === undefined) throw new Error(`the import ended with code ${code}: ${stdout}${stderr}`)
  const { imported, unchanged } = JSON.parse(stdout) as { imported: number; unchanged: number }
  return {
    name,
    imported,
    unchanged,
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
