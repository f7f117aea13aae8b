import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPrograms, type Programs } from '../../bench/programs.ts'
import { writeReport } from '../../bench/report/document.ts'
import { writeResults } from '../../bench/results.ts'
import { runSignIns } from '../../bench/run-sign-ins.ts'
import { measureCluster } from '../../bench/scale/cluster.ts'
import { measureProcesses } from '../../bench/scale/processes.ts'
import { measureStored } from '../../bench/scale/stored.ts'
import { SHORT_SOAK } from '../../bench/soak/plan.ts'
import { runSoak } from '../../bench/soak/run-soak.ts'

/** Whole processes, many of them, on a machine that may be busy. */
const LIMIT_MS = 240_000
const run = { command: 'npm test', quick: false, note: 'A test.' }

/* Every benchmark in its smallest form, so that none can rot; what they measure is not judged here, but for the soak. */
describe('benchmarks', { timeout: LIMIT_MS }, () => {
  let programs: Programs
  const folder = `${mkdtempSync(join(tmpdir(), 'wg-results-'))}/`
  beforeAll(async () => {
    programs = await buildPrograms()
  }, LIMIT_MS)
  afterAll(async () => {
    await programs.remove()
    rmSync(folder, { recursive: true })
  })

  it('sign-ins: every server, dialect, chain and kind of wallet is measured', async () => {
    const servers = ['walletgate', 'floor', 'textbook', 'better-auth'] as const
    const results = await runSignIns(
      programs,
      {
        rounds: 1,
        signIns: 10,
        warmUp: 5,
        concurrency: 4,
        pacedSeconds: 0.1,
        starts: 1,
        stores: ['redis'],
        chains: ['ethereum', 'solana'],
        servers,
        say: () => {},
      },
      run,
    )
    const kinds = results.signInRows.map(
      (row) => `${row.store} ${row.server} ${row.dialect} ${row.chain} ${row.wallet}`,
    )
    expect(new Set(kinds).size).toBe(kinds.length)
    // Five sign-ins by two kinds of wallet, two floors, three of the textbook, one of better-auth.
    expect(kinds).toHaveLength(10 + 2 + 3 + 1)
    for (const row of results.signInRows) {
      expect(row.cpu).toBeGreaterThan(0)
      expect(row.latency.p99).toBeGreaterThan(0)
      expect(row.httpBytes).toBeGreaterThan(0)
      expect(row.redis?.commands).toBeGreaterThan(0)
    }
    expect(results.starts.map(({ server }) => server)).toEqual(servers)
    expect(results.tokenSignatures.RS256).toBeGreaterThan(results.tokenSignatures.HS256)
    writeResults('sign-in', results, folder)
  })

  it('scale: processes, a cluster, and what is stored', async () => {
    const processes = await measureProcesses(programs, { counts: [1, 2], rounds: 1, signIns: 5, warmUp: 5 }, run)
    expect(processes.rows.map(({ kind, count }) => `${count} ${kind}`)).toEqual([
      '1 workers',
      '2 workers',
      '1 replicas',
      '2 replicas',
    ])
    const cluster = await measureCluster(programs, { rounds: 1, signIns: 10, warmUp: 5 }, run)
    expect(cluster.crossSlotErrors).toBe(0)
    expect(cluster.nodes.every(({ commands, keys }) => commands > 0 && keys > 0)).toBe(true)
    const plan = { sizes: [1, 50], rounds: 1, calls: 10, warmUp: 5, say: () => {} }
    const stored = await measureStored(programs, plan, run)
    expect(stored.bytesPerUser).toBeGreaterThan(100)
    for (const { gateway, redis } of [...processes.rows, ...stored.rows.flatMap(({ costs }) => costs)]) {
      expect(gateway).toBeGreaterThan(0)
      expect(redis).toBeGreaterThanOrEqual(0)
    }
    writeResults('scale-processes', processes, folder)
    writeResults('scale-cluster', cluster, folder)
    writeResults('scale-stored', stored, folder)
  })

  it('soak: neither store loses memory, files, handles or keys to sign-ins, refreshes, reads, mails and logouts', async () => {
    const soaks = [await runSoak(programs, 'memory', SHORT_SOAK), await runSoak(programs, 'redis', SHORT_SOAK)]
    for (const { findings, journeys } of soaks) {
      expect(journeys).toBeGreaterThan(20)
      expect(findings.filter(({ isKept }) => !isKept)).toEqual([])
    }
    const results = { run: { ...run, ...facts }, plan: SHORT_SOAK, soaks }
    writeResults('soak', results, folder)
  })

  it('the report shows all of it', () => {
    const files = writeReport(folder)
    expect(Object.keys(files).sort()).toEqual([
      'benchmarks.md',
      'benchmarks/one-redis.svg',
      'benchmarks/processes.svg',
      'benchmarks/sign-in.svg',
      'benchmarks/soak-latency.svg',
      'benchmarks/soak-memory.svg',
      'benchmarks/stored.svg',
    ])
    for (const content of Object.values(files)) expect(content).not.toMatch(/NaN|undefined|Infinity|null/)
    expect(files['benchmarks.md']).toContain('`npm test` on ')
    expect(files['benchmarks.md']).toContain('**A test.**')
  })
})

const facts = {
  date: '2026-01-01T00:00:00.000Z',
  commit: 'none',
  node: process.version,
  redis: '7',
  machine: { cpu: 'any', cores: 1, memoryGib: 1, system: 'any' },
}
