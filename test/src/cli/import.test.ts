import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { replicaEnv } from '../../e2e/support/fixture.ts'
import { freePort } from '../../support/redis-server.ts'
import { type Env, useShell } from '../../support/shell.ts'

const wallet = (number: number) => `0x${(number + 1).toString(16).padStart(40, '0')}`
const rows = (count: number, from = 0) =>
  Array.from(
    { length: count },
    (_, index) => `${JSON.stringify({ id: `u${from + index}`, wallets: [wallet(from + index)] })}\n`,
  ).join('')
const SECRET = 'hunter2'

describe('walletgate users import', () => {
  const shell = useShell()
  let redis: Redis
  let env: Env
  beforeAll(() => {
    redis = new Redis(inject('redisUrl'))
  })
  afterAll(() => redis.disconnect())
  beforeEach(() => {
    env = replicaEnv(inject('redisUrl'))
  })
  afterEach(async () => {
    await redis.del(`walletgate:{${env['PROJECT_ID']}|users}:ids`)
  })
  const count = () => redis.zcard(`walletgate:{${env['PROJECT_ID']}|users}:ids`)
  const run = (lines: string, change: Env = {}) => shell.run(lines, { ...env, ...change })
  /** Waits in the shell until more users than this are there, or the import `$pid` has ended. */
  const until = (more: number) => {
    const count = `redis-cli -u ${env['REDIS_URL']} zcard 'walletgate:{${env['PROJECT_ID']}|users}:ids'`
    return `while kill -0 $pid 2>/dev/null && test "$(${count})" -le ${more}; do sleep 0.01; done`
  }

  it('imports a file, says what it did, and the second time that there was nothing to do', async () => {
    await shell.write('users.ndjson', rows(300))
    const dry = await run('walletgate users import users.ndjson --dry-run')
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toMatch(
      /^300 rows in [\d.]+ s; a dry run: nothing was changed\n {2}300 imported, 0 completed, 0 unchanged, /,
    )
    expect(await count()).toBe(0)
    const first = await run('walletgate users import users.ndjson')
    expect(first.stdout).toMatch(
      /^300 rows in [\d.]+ s\n {2}300 imported, 0 completed, 0 unchanged, 0 malformed, 0 in conflict\n$/,
    )
    expect(await count()).toBe(300)
    const second = await run('walletgate users import users.ndjson --json')
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(second.stdout)).toEqual({
      project: env['PROJECT_ID'],
      dryRun: false,
      rows: 300,
      imported: 0,
      completed: 0,
      unchanged: 300,
      malformed: 0,
      conflicts: 0,
      openedSessions: 0,
      stopped: null,
      reason: null,
      seconds: expect.any(Number),
      problems: [],
      problemsOmitted: 0,
    })
  })

  it('reads CSV by its extension, and standard input', async () => {
    await shell.write('users.csv', `id,wallet,email\nu1,${wallet(1)},a@example.com\n`)
    expect(await run('walletgate users import users.csv')).toMatchObject({ code: 0 })
    expect(await run('cat users.csv | walletgate users import - --format csv')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 unchanged'),
    })
    await shell.write('more.ndjson', rows(2, 10))
    expect(await run('walletgate users import - < more.ndjson')).toMatchObject({
      stdout: expect.stringContaining('2 imported'),
    })
    expect(await count()).toBe(3)
  })

  it('tells line, field, kind of value and remedy of what it cannot import, imports the rest, and exits with 65', async () => {
    await shell.write('bad.ndjson', `${rows(2)}{"id":"x","emails":["${SECRET}"]}\n{"id":"u1"}\n{${SECRET}\n`)
    for (const option of ['--dry-run', '']) {
      const { code, stdout, stderr } = await run(`walletgate users import bad.ndjson ${option}`)
      expect({ code, stderr }).toEqual({ code: 65, stderr: '' })
      expect(stdout.split('\n').slice(0, 3)).toEqual([
        'line 3: emails[0].address is text of 7 characters, not a mail address. Write a plain ASCII address, ada@example.com.',
        'line 4: id is on line 2 already. Keep one of the two rows, or merge them.',
        'line 5: is text of 8 characters that is not JSON. Write one JSON object a line.',
      ])
      expect(stdout).toContain('2 imported, 0 completed, 0 unchanged, 2 malformed, 1 in conflict')
      expect(stdout).not.toContain(SECRET)
    }
    const { code, stdout } = await run('walletgate users import bad.ndjson --on-conflict fail --json')
    expect(code).toBe(65)
    expect(JSON.parse(stdout)).toMatchObject({
      stopped: 'conflict',
      unchanged: 2,
      problems: [{ line: 3, kind: 'malformed' }, {}, {}],
    })
  })

  it('lists a thousand problems in JSON and counts the others', async () => {
    await shell.write('bad.ndjson', '{}\n'.repeat(1_500))
    const { code, stdout } = await run('walletgate users import bad.ndjson --json')
    const { malformed, problems, problemsOmitted } = JSON.parse(stdout)
    expect({ code, malformed, listed: problems.length, problemsOmitted }).toEqual({
      code: 65,
      malformed: 1_500,
      listed: 1_000,
      problemsOmitted: 500,
    })
  })

  it.each([
    ['a file that is not there', 'none.ndjson', 66, 'cannot read the file: ENOENT'],
    ['a directory', 'bin --format csv', 66, 'cannot read the file: it is a directory'],
    ['a name that tells no format', 'users.txt', 64, 'say --format ndjson or --format csv'],
    ['a format nobody knows', 'users.csv --format xml', 64, 'format must be one of: ndjson, csv'],
    ['a way nobody knows', 'users.csv --on-conflict merge', 64, 'on-conflict must be one of: skip, fail'],
    ['an unknown project', 'users.csv --project other', 64, '--project must be one of: e2e-'],
  ])('refuses %s', async (_, args, code, message) => {
    const result = await run(`walletgate users import ${args}`)
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) })
    expect(result.stderr).not.toMatch(/\bat .*\.(js|ts):/)
  })

  it('refuses a memory store, and says when Redis is down', async () => {
    await shell.write('users.ndjson', rows(1))
    const memory = await shell.run('walletgate users import users.ndjson', {})
    expect(memory).toMatchObject({ code: 78, stderr: expect.stringContaining('REDIS_URL is not set') })
    const down = await run('walletgate users import users.ndjson', {
      REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
    })
    expect(down).toMatchObject({ code: 69, stderr: expect.stringMatching(/^the store does not answer/) })
  })

  it('ends in order when it is interrupted, and the next run goes on', async () => {
    await shell.write('many.ndjson', rows(15_000))
    const script = [
      'walletgate users import many.ndjson --json > summary.json &',
      'pid=$!',
      until(500),
      'kill -INT $pid',
      'wait $pid || echo "ended with $?"',
      'cat summary.json',
    ].join('\n')
    const { stdout } = await run(script)
    expect(stdout).toMatch(/^ended with 130\n/)
    const first = JSON.parse(stdout.slice(stdout.indexOf('{')))
    expect(first).toMatchObject({ stopped: 'interrupted', malformed: 0, conflicts: 0 })
    expect(first.rows).toBeLessThan(15_000)
    expect(await count()).toBe(first.imported)
    const second = JSON.parse((await run('walletgate users import many.ndjson --json')).stdout)
    expect(second).toMatchObject({
      rows: 15_000,
      unchanged: first.imported,
      imported: 15_000 - first.imported,
      stopped: null,
    })
    expect(await count()).toBe(15_000)
  }, 60_000)

  it('killed at any moment, leaves what the next run completes', async () => {
    await shell.write('many.ndjson', rows(5_000))
    let [kills, before] = [0, -1]
    while ((await count()) < 3_000 && (await count()) > before) {
      before = await count()
      const script = [
        'walletgate users import many.ndjson > /dev/null &',
        'pid=$!',
        until(before + 1_500),
        'kill -KILL $pid',
        'wait $pid || true',
      ].join('\n')
      await run(script)
      kills += 1
    }
    expect(kills).toBeGreaterThan(1)
    const last = JSON.parse((await run('walletgate users import many.ndjson --json')).stdout)
    expect(last).toMatchObject({ rows: 5_000, malformed: 0, conflicts: 0, stopped: null })
    expect(last.imported + last.completed + last.unchanged).toBe(5_000)
    expect(JSON.parse((await run('walletgate users import many.ndjson --json')).stdout)).toMatchObject({
      unchanged: 5_000,
    })
    const exported = await run('walletgate users export | wc -l')
    expect(exported.stdout.trim()).toBe('5000')
  }, 60_000)
})
