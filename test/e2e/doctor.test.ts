import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startRedisServer } from '../support/redis-server.ts'
import { useShell } from '../support/shell.ts'
import { replicaEnv } from './support/fixture.ts'

describe('walletgate doctor', () => {
  const shell = useShell()
  const say = async (env: Readonly<Record<string, string>>, lines = 'walletgate doctor') => shell.run(lines, env)

  it('lists what it looked at, what to do, and fails where something is wrong; with no secret and no trace', async () => {
    const redis = await startRedisServer()
    try {
      const env = {
        ...replicaEnv(`redis://:hunter2@127.0.0.1:${redis.port}`),
        SMTP_URL: 'smtp://user:hunter2@127.0.0.1:1',
        MAIL_FROM: 'gate@example.com',
        WALLETGATE_SECRET: `hunter2${randomBytes(32).toString('hex')}`,
        PROJECT_SECRET_KEY: `sk_live_hunter2${randomBytes(24).toString('hex')}`,
      }
      const { code, stdout, stderr } = await say(env)
      expect(code).toBe(1)
      expect(stdout).toMatch(/^ok +redis\.reachable +127\.0\.0\.1:\d+: answers$/m)
      expect(stdout).toMatch(/^FAIL +redis\.persistence +AOF and snapshots are off/m)
      expect(stdout).toMatch(/^FAIL +mail\.reachable +It does not answer/m)
      expect(stdout).toMatch(/^What to do:$/m)
      expect(stdout).toMatch(/^redis\.persistence +Set `appendonly yes`/m)
      expect(stdout).toMatch(/\n\d+ failed, \d+ warned, \d+ ok, \d+ could not be looked at; \d+\.\d s\n$/)
      expect(`${stdout}${stderr}`).not.toMatch(/hunter2|\bat .*\.[jt]s:/)

      const json = await say(env, 'walletgate doctor --json')
      const report = JSON.parse(json.stdout)
      expect([json.code, report.ok]).toEqual([1, false])
      expect(report.findings).toContainEqual({
        check: 'redis.writes',
        outcome: 'ok',
        subject: null,
        message: 'takes writes',
        remedy: null,
      })
      expect(json.stdout).not.toContain('hunter2')
    } finally {
      await redis.stop()
    }
  })

  it('is 0 where nothing is wrong', async () => {
    const { code, stdout } = await say({ PORT: '0' })
    expect(stdout).toMatch(/\n0 failed, /)
    expect(code).toBe(0)
  })

  it('names settings that cannot be used', async () => {
    const { code, stdout, stderr } = await say({ PORT: 'hunter2', STORE: 'redis' })
    expect([code, stderr]).toEqual([1, ''])
    expect(stdout).toMatch(/^FAIL +configuration +PORT: is text of 7 characters, not a whole number/m)
    expect(stdout).toMatch(/^PORT +Write it in plain digits\.$/m)
    expect(stdout).not.toContain('hunter2')
  })

  it('names a low limit of open files', async () => {
    const low = await say({ PORT: '0' }, 'ulimit -n 128; walletgate doctor')
    expect(low.stdout).toMatch(/^FAIL +process\.files +128 open files$/m)
    const some = await say({ PORT: '0' }, 'ulimit -n 1024; walletgate doctor')
    expect(some.stdout).toMatch(/^warn +process\.files +1024 open files$/m)
  })
})
