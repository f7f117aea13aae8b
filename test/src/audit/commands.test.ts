import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { connectRedis } from '../../../core/stores/redis/connect-redis.ts'
import { RedisSteps } from '../../../core/stores/redis/redis-steps.ts'
import type { AuditRecord } from '../../../src/audit/audit-record.ts'
import { post, prove, signIn } from '../../e2e/support/client.ts'
import { replicaEnv, useProgram } from '../../e2e/support/fixture.ts'
import { newEthereumWallet } from '../../support/wallets.ts'

describe('a trail of a running server', () => {
  const { run } = useProgram()
  const directory = mkdtempSync(join(tmpdir(), 'walletgate-trail-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  const newPath = () => join(directory, `${randomUUID()}.ndjson`)
  const factsIn = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{"audit":'))
      .map((line) => JSON.parse(line) as AuditRecord)

  it('is written by all workers and by commands, to a file and a stream, and its proofs verify offline', async () => {
    const path = newPath()
    const key = `audit-${randomUUID()}`
    const env = { ...replicaEnv(inject('redisUrl')), AUDIT_LOG: path, AUDIT_STREAM: key, AUDIT_STREAM_MAXLEN: '1000' }
    const server = run({ ...env, WORKERS: '2' })
    const port = await server.port()
    await server.logged('listening', 2)
    const wallets = Array.from({ length: 6 }, newEthereumWallet)
    for (const wallet of wallets) await signIn(port, wallet)
    const [first = newEthereumWallet()] = wallets
    await post(port, '/auth/verify', await prove(port, first))
    const refused = await prove(port, first)
    await post(port, '/auth/verify', { ...refused, signature: `0x${'11'.repeat(65)}` })

    const role = run(env, 'wallets', 'set-role', first.address, '--role', 'admin')
    expect(await role.ended).toEqual({ code: 0, signal: null })
    const rotate = run(env, 'keys', 'rotate', '--force', '--dialect', 'moonkey', '--json')
    expect(await rotate.ended).toEqual({ code: 0, signal: null })
    const [rotated] = JSON.parse(rotate.stdout) as { current: string }[]
    expect(await server.stop()).toEqual({ code: 0, signal: null })

    const facts = factsIn(readFileSync(path, 'utf8'))
    const count = (event: string) => facts.filter((fact) => fact.event === event).length
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(facts.length + 1)
    expect(['user.created', 'wallet.linked', 'session.opened', 'sign_in.refused'].map(count)).toEqual([6, 6, 7, 1])
    expect(facts.find(({ event }) => event === 'access.changed')).toMatchObject({ role: 'admin' })
    expect(facts.find(({ event }) => event === 'key.rotated')).toMatchObject({ door: 'moonkey', key: rotated?.current })
    expect(facts.find(({ event }) => event === 'key.rotated')).not.toHaveProperty('request')

    const verify = run({}, 'audit', 'verify', path)
    expect(await verify.ended).toEqual({ code: 0, signal: null })
    expect(verify.stdout.match(/^line \d+: valid session\.opened eip155:0x[0-9a-f]{40} fact_\w{27}$/gm)).toHaveLength(7)
    expect(verify.stdout).toContain('7 valid, 0 invalid, 0 malformed; ')

    const client = connectRedis({
      mode: 'single',
      node: { host: '127.0.0.1', port: Number(new URL(inject('redisUrl')).port) },
      access: { username: null, password: null, db: 0, tls: false },
    })
    const found = await new RedisSteps(client).ask((redis) => redis.xrange(key, '-', '+'))
    const entries = found.map(([, fields]) => fields[1] ?? '')
    client.disconnect()
    const ids = (records: readonly AuditRecord[]) => records.map(({ id }) => id).sort()
    expect(ids(factsIn(entries.join('\n')))).toEqual(ids(facts))
  })

  it('has each act of an operator by command, and an import as one fact', async () => {
    const path = newPath()
    const env = { ...replicaEnv(inject('redisUrl')), AUDIT_LOG: path }
    const act = async (...args: string[]): Promise<string> => {
      const program = run(env, ...args)
      expect({ ...(await program.ended), stderr: program.stderr }).toEqual({ code: 0, signal: null, stderr: '' })
      return program.stdout
    }
    const newAddress = () => newEthereumWallet().address
    const [first, second, third] = [newAddress(), newAddress(), newAddress()]
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const session = { refreshTokenHash: randomBytes(32).toString('hex'), expiresAt }
    const emails = [{ id: 'email_ada', address: 'ada@example.com', verified: true }]
    const users = join(directory, 'users.ndjson')
    const rows = [{ id: 'ada', wallets: [first], emails, sessions: [session] }, { id: 'bob', wallets: [second] }, {}]
    writeFileSync(users, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const imported = run(env, 'users', 'import', users)
    expect({ ...(await imported.ended), stdout: imported.stdout }).toEqual({
      code: 65,
      signal: null,
      stdout: expect.stringContaining('2 imported, 0 completed, 0 unchanged, 1 malformed'),
    })
    await act('wallets', 'link', third, '--user', 'ada')
    await act('wallets', 'set-role', third, '--role', 'admin')
    await act('wallets', 'unlink', third)
    await act('users', 'unlink', 'email_ada')
    await act('sessions', 'revoke', '--user', 'ada')
    const exported = run(env, 'users', 'export')
    expect({ ...(await exported.ended), lines: exported.stdout.match(/\n/g) }).toMatchObject({
      code: 0,
      lines: ['\n', '\n'],
    })
    await act('users', 'delete', 'bob', '--yes')
    const [rotated] = JSON.parse(await act('keys', 'rotate', '--dialect', 'moonkey', '--json'))
    await act('keys', 'retire', rotated.next)

    const account = `eip155:${third.toLowerCase()}`
    const counts = { rows: 3, imported: 2, completed: 0, unchanged: 0, malformed: 1, conflicts: 0, openedSessions: 1 }
    const text = readFileSync(path, 'utf8')
    expect(factsIn(text)).toMatchObject([
      { event: 'users.imported', ...counts },
      { event: 'wallet.linked', user: 'ada', account },
      { event: 'access.changed', account, role: 'admin' },
      { event: 'wallet.unlinked', user: 'ada', account },
      { event: 'email.unlinked', user: 'ada', credential: 'email_ada' },
      { event: 'session.revoked', user: 'ada', door: 'fourmica' },
      { event: 'users.exported', rows: 2 },
      { event: 'user.deleted', user: 'bob' },
      { event: 'key.rotated', door: 'moonkey', key: rotated.current },
      { event: 'key.retired', door: 'moonkey', key: rotated.next },
    ])
    expect(text).not.toContain('ada@example.com')
  })

  it('stands among the log on standard output, and verifies from there', async () => {
    const server = run({ ...replicaEnv(inject('redisUrl')), AUDIT_LOG: '-' })
    await signIn(await server.port(), newEthereumWallet())
    await server.stop()
    expect(
      factsIn(server.stdout)
        .map(({ event }) => event)
        .sort(),
    ).toEqual(['session.opened', 'user.created', 'wallet.linked'])
    const path = newPath()
    writeFileSync(path, server.stdout)
    const verify = run({}, 'audit', 'verify', path, '--json')
    expect(await verify.ended).toEqual({ code: 0, signal: null })
    const lines = verify.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([{ verdict: 'valid' }, { summary: { valid: 1, invalid: 0, malformed: 0 } }])
  })

  it('fails the command when it was altered, cut off, or is not there', async () => {
    const path = newPath()
    const server = run({ ...replicaEnv(inject('redisUrl')), AUDIT_LOG: path })
    await signIn(await server.port(), newEthereumWallet())
    await server.stop()
    const text = readFileSync(path, 'utf8')
    for (const [spoiled, told] of [
      [text.replace('Sign in to 4mica.', 'Sign in to 5mica.'), '0 valid, 1 invalid, 0 malformed'],
      [text.slice(0, -30), '1 malformed'],
    ] as const) {
      writeFileSync(path, spoiled)
      const verify = run({}, 'audit', 'verify', path)
      expect(await verify.ended).toEqual({ code: 65, signal: null })
      expect(verify.stdout).toContain(told)
    }
    const missing = run({}, 'audit', 'verify', join(directory, 'nothing'))
    expect(await missing.ended).toEqual({ code: 66, signal: null })
    expect([missing.stdout, missing.stderr]).toEqual(['', 'error: the file cannot be read (ENOENT)\n'])
  })

  it('stops the start when its file cannot be opened, and a command too, before it does anything', async () => {
    const env = { ...replicaEnv(inject('redisUrl')), AUDIT_LOG: join(directory, 'missing', 'trail') }
    for (const args of [['start'], ['keys', 'rotate', '--force']]) {
      const program = run(env, ...args)
      expect(await program.ended).toEqual({ code: 78, signal: null })
      expect(program.stderr).toContain('AUDIT_LOG names a file that cannot be opened to append to (ENOENT)')
    }
    const list = run({ ...env, AUDIT_LOG: '' }, 'keys', 'list', '--json')
    await list.ended
    expect(JSON.parse(list.stdout)).toMatchObject([{ keys: [] }, { keys: [] }])
  })
})
