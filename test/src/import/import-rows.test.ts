import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createChains } from '../../../core/chains/chains.ts'
import { AuthError } from '../../../core/errors.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { type ImportTerms, importRows, type RowProblem } from '../../../src/import/import-rows.ts'
import { readNdjson } from '../../../src/import/read-ndjson.ts'
import { type RawRow, UnreadableInputError } from '../../../src/import/row.ts'
import { openTestStores, STORES } from '../../support/gateway.ts'
import { interceptStores, planOutage } from '../../support/intercept-stores.ts'
import { openTestAudit, type TestAudit } from '../audit/memory-sink.ts'
import { chunksOf } from './rows-from.ts'

const chains = await createChains()
const random = createSystemRandom()
const NOW = new Date('2026-06-22T10:00:00.000Z')
const wallet = (number: number) => `0x${(number + 1).toString(16).padStart(40, '0')}`
const row = (number: number, more: object = {}) => ({ id: `u${number}`, wallets: [wallet(number)], ...more })

describe.each(STORES)('importRows on %s', (store) => {
  let stores: Stores
  beforeAll(() => {
    stores = openTestStores(store, inject('redisUrl'))
  })
  afterAll(() => stores.close())
  let projectId: string
  let trail: TestAudit
  beforeEach(() => {
    projectId = `rows-${randomUUID()}`
    trail = openTestAudit()
  })

  async function run(rows: AsyncIterable<RawRow>, terms: Partial<ImportTerms> = {}, on = stores) {
    const problems: RowProblem[] = []
    const ports = { stores: on, chains, random, clock: { now: () => NOW }, audit: trail.audit }
    const summary = await importRows(ports, rows, {
      projectId,
      isDryRun: false,
      onConflict: 'skip',
      signal: new AbortController().signal,
      onProblem: (problem) => problems.push(problem),
      onRow: () => {},
      ...terms,
    })
    return {
      ...summary,
      problems: problems.map(({ line, kind, field, problem }) => `${line} ${kind}: ${field} ${problem}`),
    }
  }
  const lines = (...values: readonly unknown[]) =>
    readNdjson(
      chunksOf(values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n'), 1_000),
    )
  const CLEAN = {
    completed: 0,
    malformed: 0,
    conflicts: 0,
    openedSessions: 0,
    stopped: null,
    reason: null,
    problems: [],
  }

  it('imports, and the second time changes nothing', async () => {
    const all = Array.from({ length: 1_000 }, (_, number) => row(number))
    const dry = await run(lines(...all), { isDryRun: true })
    expect(dry).toEqual({ ...CLEAN, rows: 1_000, imported: 1_000, unchanged: 0 })
    expect(await stores.identities.countUsers(projectId)).toBe(0)
    expect(await run(lines(...all))).toEqual(dry)
    expect(await stores.identities.countUsers(projectId)).toBe(1_000)
    for (const isDryRun of [true, false]) {
      expect(await run(lines(...all), { isDryRun })).toEqual({ ...CLEAN, rows: 1_000, imported: 0, unchanged: 1_000 })
    }
  })

  it('reports in the order of lines what is malformed, repeated and taken, the same dry and not, and imports the rest', async () => {
    await run(lines(row(50, { id: 'here', emails: ['taken@example.com'] })))
    const all = [
      row(1, { emails: ['ada@example.com'] }),
      row(1, { wallets: [wallet(60)] }),
      'not json',
      row(2, { emails: ['taken@example.com'] }),
      row(3, { emails: ['ADA@example.com'] }),
      { id: 'u4', wallets: [wallet(1), 'bad'] },
      row(5),
      row(50),
      row(6, { wallets: [wallet(2)] }),
    ]
    const told = [
      '2 conflict: id is on line 1 already',
      '3 malformed: null is text of 8 characters that is not JSON',
      "4 conflict: emails[0] is user here's here",
      '5 conflict: emails[0] is on line 1 already',
      '6 malformed: wallets[1].address is text of 3 characters, not an address',
      "8 conflict: wallets[0] is user here's here",
      '9 conflict: wallets[0] is on line 4 already',
    ]
    for (const isDryRun of [true, false]) {
      const summary = await run(lines(...all), { isDryRun })
      expect(summary.problems).toEqual(told)
      expect(summary).toMatchObject({ rows: 9, imported: 2, unchanged: 0, malformed: 2, conflicts: 5, stopped: null })
    }
    expect(await stores.identities.listUserIds(projectId, null, 99)).toEqual(['here', 'u1', 'u5'])
  })

  it('is one fact a run with its counts, however it ends, and none of a dry run', async () => {
    const counts = { rows: 2, imported: 2, completed: 0, unchanged: 0, malformed: 0, conflicts: 0, openedSessions: 0 }
    const fact = { audit: 1, id: expect.any(String), time: expect.any(String), event: 'users.imported' }
    await run(lines(row(1), row(2)), { isDryRun: true })
    expect(await trail.facts()).toEqual([])
    await run(lines(row(1), row(2)))
    expect(await trail.facts()).toEqual([{ ...fact, project: projectId, ...counts }])
    await run(lines(row(1), row(2, { emails: ['ada@example.com'] }), 'not json'), { onConflict: 'fail' })
    const again = { rows: 3, imported: 0, unchanged: 1, conflicts: 1, malformed: 1, stopped: 'conflict' }
    expect(await trail.facts()).toEqual([{ ...fact, project: projectId, ...counts, ...again }])
    async function* torn() {
      yield* lines(row(3))
      throw new Error('EIO')
    }
    await expect(run(torn())).rejects.toThrow('EIO')
    expect(await trail.facts()).toMatchObject([{ event: 'users.imported', rows: 1, imported: 1, stopped: 'failed' }])
  })

  it('stops at the first row that cannot be imported, when told so', async () => {
    const all = [row(1), row(2), 'not json', ...Array.from({ length: 5_000 }, (_, number) => row(10 + number))]
    const summary = await run(lines(...all), { onConflict: 'fail' })
    expect(summary).toMatchObject({ stopped: 'conflict', malformed: 1 })
    expect(summary.imported).toBe(summary.rows - 1)
    expect(summary.rows).toBeLessThan(300)
    expect(await stores.identities.countUsers(projectId)).toBe(summary.imported)
  })

  it('finishes what is under way when it is interrupted, and goes on from there', async () => {
    const all = Array.from({ length: 1_000 }, (_, number) => row(number))
    const stop = new AbortController()
    const first = await run(lines(...all), {
      signal: stop.signal,
      onRow: (rows) => {
        if (rows === 500) stop.abort()
      },
    })
    expect(first).toMatchObject({ stopped: 'interrupted', rows: 500, imported: 500, problems: [] })
    expect(await run(lines(...all))).toMatchObject({ imported: 500, unchanged: 500, stopped: null })
  })

  it('says so when the store goes away, reads no further, and goes on from there', async () => {
    const all = Array.from({ length: 2_000 }, (_, number) => row(number))
    const outage = planOutage(stores, new AuthError('store_unavailable', 'redis_unreachable'))
    const onRow = (rows: number) => {
      if (rows === 700) outage.begin()
    }
    const first = await run(lines(...all), { onRow }, outage.stores)
    expect(first).toMatchObject({ stopped: 'store_unavailable', reason: 'redis_unreachable', problems: [] })
    expect(first.rows).toBeLessThan(1_000)
    expect(first.imported).toBeLessThan(701)
    const second = await run(lines(...all))
    expect(second).toMatchObject({ stopped: null, malformed: 0, conflicts: 0 })
    expect(second.imported + second.completed + second.unchanged).toBe(2_000)
    expect(await stores.identities.countUsers(projectId)).toBe(2_000)
  })

  it('has few rows under way, however fast they come', async () => {
    let [underWay, most] = [0, 0]
    const counted = interceptStores(stores, async (act, _, perform) => {
      if (act !== 'imports.importUser') return perform()
      underWay += 1
      most = Math.max(most, underWay)
      const done = await perform()
      underWay -= 1
      return done
    })
    await run(lines(...Array.from({ length: 1_000 }, (_, number) => row(number))), {}, counted)
    // Memory is done with each row before the next one is read.
    if (store === 'redis') expect(most).toBeGreaterThan(16)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(128)
  })

  it('reports where an input stops being readable', async () => {
    async function* broken(): AsyncGenerator<RawRow> {
      yield { line: 1, value: row(1) }
      throw new UnreadableInputError(2, { field: null, problem: 'is broken', remedy: 'Mend it' })
    }
    expect(await run(broken())).toMatchObject({
      imported: 1,
      stopped: 'unreadable',
      problems: ['2 malformed: null is broken'],
    })
  })

  it('throws what it does not know', async () => {
    const broken = interceptStores(stores, async (act, _, perform) => {
      if (act === 'imports.importUser') throw new TypeError('a mistake of ours')
      return perform()
    })
    await expect(run(lines(row(1), row(2)), {}, broken)).rejects.toThrow('a mistake of ours')
  })
})
