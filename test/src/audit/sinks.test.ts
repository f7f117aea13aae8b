import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { connectRedis } from '../../../core/stores/redis/connect-redis.ts'
import { openRedisEventStream } from '../../../core/stores/redis/redis-event-stream.ts'
import { RedisSteps } from '../../../core/stores/redis/redis-steps.ts'
import { openFileSink } from '../../../src/audit/file-sink.ts'
import { createStdoutSink } from '../../../src/audit/stdout-sink.ts'
import { ConfigError } from '../../../src/config/config-error.ts'

describe('a trail in a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'walletgate-audit-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  const newPath = () => join(directory, randomUUID())
  const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1)

  it('is its owner’s alone, and is appended to', async () => {
    const path = newPath()
    for (const line of ['{"a":1}', '{"b":2}']) {
      const sink = openFileSink(path)
      await sink.append([line])
      await sink.close()
    }
    expect(linesOf(path)).toEqual(['{"a":1}', '{"b":2}'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('may be shared: no line is cut by another process’s', async () => {
    const path = newPath()
    const sinks = [openFileSink(path), openFileSink(path)]
    const line = (sink: number, index: number) => JSON.stringify({ sink, index, pad: 'x'.repeat(900) })
    await Promise.all(
      sinks.map(async (sink, which) => {
        for (let round = 0; round < 20; round += 1) {
          await sink.append(Array.from({ length: 20 }, (_, index) => line(which, round * 20 + index)))
        }
        await sink.close()
      }),
    )
    const lines = linesOf(path)
    expect(lines).toHaveLength(800)
    const seen = lines.map((text) => JSON.parse(text) as { sink: number; index: number })
    for (const which of [0, 1]) {
      const own = seen.filter(({ sink }) => sink === which).map(({ index }) => index)
      expect(own).toEqual(Array.from({ length: 400 }, (_, index) => index))
    }
  })

  it('may be emptied under us, as copytruncate does', async () => {
    const path = newPath()
    const sink = openFileSink(path)
    await sink.append(['before'])
    truncateSync(path)
    await sink.append(['after'])
    expect(readFileSync(path, 'utf8')).toBe('after\n')
    await sink.close()
  })

  it('that cannot be opened stops the start, with the name of the setting and without the path', () => {
    const path = join(directory, 'no-such-directory', 'audit.ndjson')
    try {
      openFileSink(path)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect(String(error)).toContain('AUDIT_LOG names a file that cannot be opened to append to (ENOENT)')
      expect(String(error)).not.toContain('no-such-directory')
    }
  })

  it('that is full says so', async () => {
    const sink = openFileSink('/dev/full')
    await expect(sink.append(['a'])).rejects.toMatchObject({ code: 'ENOSPC' })
    await sink.close()
  })
})

describe('a trail on standard output', () => {
  it('goes line by line through the stream of the log', async () => {
    const written: string[] = []
    const sink = createStdoutSink({ write: (text) => void written.push(text) })
    await sink.append(['a', 'b'])
    expect(written).toEqual(['a\n', 'b\n'])
  })
})

describe('a trail in a Redis stream', () => {
  const { hostname: host, port } = new URL(inject('redisUrl'))
  const access = { username: null, password: null, db: 0, tls: false }
  const connection = { mode: 'single', node: { host, port: Number(port) }, access } as const
  const client = connectRedis(connection)
  const steps = new RedisSteps(client)
  afterAll(() => client.disconnect())

  it('keeps the order, under one field, and about as many as it may', async () => {
    const key = `audit-${randomUUID()}`
    const stream = openRedisEventStream(connection, { key, maxLength: 100 })
    await stream.append(['{"a":1}', '{"b":2}'])
    const first = await steps.ask((redis) => redis.xrange(key, '-', '+'))
    expect(first.map(([, fields]) => fields)).toEqual([
      ['event', '{"a":1}'],
      ['event', '{"b":2}'],
    ])
    for (let batch = 0; batch < 20; batch += 1) {
      await stream.append(Array.from({ length: 100 }, (_, index) => String(batch * 100 + index)))
    }
    const length = await client.xlen(key)
    // "About": Redis trims whole nodes, of 100 entries by default.
    expect(length).toBeGreaterThanOrEqual(100)
    expect(length).toBeLessThanOrEqual(300)
    const [newest] = await client.xrevrange(key, '+', '-', 'COUNT', 1)
    expect(newest?.[1]).toEqual(['event', '1999'])
    await stream.close()
  })

  it('under a key that holds something else says so, and spoils nothing', async () => {
    const key = `audit-${randomUUID()}`
    await steps.ask((redis) => redis.set(key, 'mine'))
    const stream = openRedisEventStream(connection, { key, maxLength: 100 })
    await expect(stream.append(['a'])).rejects.toMatchObject({ code: 'store_unavailable', reason: 'redis_wrongtype' })
    expect(await client.get(key)).toBe('mine')
    await stream.close()
  })
})
