import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { freePort, startRedisServer } from '../support/redis-server.ts'
import { replicaEnv, useProgram } from './support/fixture.ts'

describe('what cannot start says why', () => {
  const { run } = useProgram()

  it('a port that is taken: one line, exit code 69', async () => {
    const port = String(await freePort())
    await run({ PORT: port }).port()
    const second = run({ PORT: port })
    expect(await second.ended).toEqual({ code: 69, signal: null })
    expect(second.stderr).toBe(`cannot listen: port ${port} is in use. Stop what listens there, or set PORT.\n`)
    expect(second.stdout).not.toContain('listens on')
  })

  it.each(['0', '8787'])('a host that is not ours, port %s: one line, exit code 69', async (port) => {
    // RFC 5737: an address of documentation, that no machine has.
    const program = run({ HOST: '192.0.2.1', PORT: port })
    expect(await program.ended).toEqual({ code: 69, signal: null })
    expect(program.stderr).toMatch(/^cannot listen: .*192\.0\.2\.1.*\n$/)
  })

  it('settings: every fault in one go, exit code 78, and no value', async () => {
    const secret = 'hunter2-and-not-a-byte-more'
    const program = run({
      PORT: `port-${secret}`,
      REDIS_URL: `http://user:${secret}@redis.example.test`,
      WALLETGATE_SECRET: secret,
      WALLETGATE_SECRETS: secret,
      AUTH_SIWE_DOMAIN: `https://${secret}/`,
    })
    expect(await program.ended).toEqual({ code: 78, signal: null })
    for (const name of [
      'PORT',
      'REDIS_URL',
      'WALLETGATE_SECRET',
      'WALLETGATE_SECRETS',
      'AUTH_SIWE_DOMAIN',
      'PROJECT_ID',
    ]) {
      expect(program.stderr).toMatch(new RegExp(`^ {2}- ${name} `, 'm'))
    }
    expect(program.stderr).not.toContain('hunter2')
    expect(program.stderr).not.toMatch(/\bat .*\.(js|ts):/)
    expect(program.stdout).toBe('')
  })

  it('a mail server URL that cannot be read: beside the other faults, with no part of it', async () => {
    const program = run({ SMTP_URL: 'smtp://user:hunter2%@mail.example.test', PORT: 'first' })
    expect(await program.ended).toEqual({ code: 78, signal: null })
    expect(program.stderr).toMatch(/^ {2}- SMTP_URL has a % .*%25\.$/m)
    expect(program.stderr).toMatch(/^ {2}- PORT /m)
    expect(program.stderr).not.toMatch(/hunter2|mail\.example/)
  })

  it.each([1, 2])(
    'keys that WALLETGATE_SECRET does not open, with %i worker(s): names the remedy, exit code 78',
    async (workers) => {
      const redis = await startRedisServer()
      try {
        const secret = randomBytes(32).toString('hex')
        const env = { ...replicaEnv(redis.url), WORKERS: String(workers), WALLETGATE_SECRET: secret }
        const first = run(env)
        await untilReady(await first.port())
        await first.stop()

        const newSecret = randomBytes(32).toString('hex')
        const second = run({ ...env, WALLETGATE_SECRET: newSecret })
        expect(await second.ended).toEqual({ code: 78, signal: null })
        expect(second.stderr).toMatch(
          /WALLETGATE_SECRET cannot open the keys: the (moonkey|walletkit) key .* Add the secret/,
        )
        expect(second.stderr).not.toMatch(new RegExp(`${newSecret}|${secret}|\\bat .*\\.[jt]s:`))
        expect(second.stdout).not.toContain('listens on')

        const third = run({ ...env, WALLETGATE_SECRET: `${newSecret},${secret}` })
        await untilReady(await third.port())
      } finally {
        await redis.stop()
      }
    },
  )

  it.each([
    [['bogus'], "unknown command 'bogus'"],
    [['strat'], 'Did you mean start?'],
    [['--bogus'], "unknown option '--bogus'"],
    [['start', 'now'], 'too many arguments'],
    [['wallets'], 'Usage: walletgate wallets'],
    [['wallets', 'bogus'], "unknown command 'bogus'"],
    [['wallets', 'set-role'], "missing required argument 'address'"],
  ])('wrong usage %j: exit code 64', async (args, message) => {
    const program = run({ PORT: '0' }, ...args)
    expect(await program.ended).toEqual({ code: 64, signal: null })
    expect(program.stderr).toContain(message)
    expect(program.stdout).toBe('')
  })

  it('--help names the commands, the first settings and the exit codes', async () => {
    const program = run({}, '--help')
    expect(await program.ended).toEqual({ code: 0, signal: null })
    for (const word of ['start', 'wallets', 'keys', 'healthcheck', 'REDIS_URL', 'PUBLIC_URL', 'set-role 0x', '78']) {
      expect(program.stdout).toContain(word)
    }
  })
})

/** Readiness makes the keys that are missing. */
async function untilReady(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
  expect(answer.status).toBe(200)
}
