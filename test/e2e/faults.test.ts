import { describe, expect, it } from 'vitest'
import { freePort } from '../support/redis-server.ts'
import { useProgram } from './support/fixture.ts'

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
