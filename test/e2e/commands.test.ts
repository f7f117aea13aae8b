import { describe, expect, inject, it } from 'vitest'
import { freePort, startRedisServer } from '../support/redis-server.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { post, prove, readTokens, signIn, statusOf } from './support/client.ts'
import { replicaEnv, useProgram } from './support/fixture.ts'

describe('walletgate wallets set-role', () => {
  const { run } = useProgram()
  const claimsOf = (token: string): unknown => JSON.parse(atob(token.split('.')[1] ?? ''))

  it('gives the next sign-in its role and scopes, and a suspended wallet none', async () => {
    const env = replicaEnv(inject('redisUrl'))
    const port = await run(env).port()
    const wallet = newEthereumWallet()
    const setRole = async (...options: string[]) => {
      const command = run(env, 'wallets', 'set-role', wallet.address.toLowerCase(), ...options)
      expect(await command.ended).toEqual({ code: 0, signal: null })
      return command.stdout
    }
    const printed = await setRole('--role', 'facilitator', '--scopes', 'tab:create, guarantee:issue')
    expect(printed).toBe(`${wallet.address}: facilitator, tab:create guarantee:issue, active\n`)
    const { access_token } = await signIn(port, wallet)
    expect(claimsOf(access_token)).toMatchObject({ role: 'facilitator', scopes: ['tab:create', 'guarantee:issue'] })

    await setRole('--status', 'suspended')
    const refused = await post(port, '/auth/verify', await prove(port, wallet))
    expect(refused.status).toBe(401)

    await setRole()
    expect(claimsOf((await signIn(port, wallet)).access_token)).toMatchObject({ role: 'user' })

    // The contract account of the same address is another wallet.
    const contract = await setRole('--role', 'admin', '--chain', 'eip155:84532')
    expect(contract).toBe(`${wallet.address} on eip155:84532: admin, tab:read, active\n`)
    expect(claimsOf((await signIn(port, wallet)).access_token)).toMatchObject({ role: 'user' })
  })

  const ADDRESS = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'
  it.each([
    ['an address that is none', ['0x12'], 65, 'no Ethereum address'],
    ['an address with a wrong checksum', [ADDRESS.replace('E7E', 'e7E')], 65, 'no Ethereum address'],
    ['an unknown role', [ADDRESS, '--role', 'king'], 64, 'role must be one of: user, admin, facilitator'],
    ['an unknown status', [ADDRESS, '--status', 'gone'], 64, 'status must be one of'],
    ['a scope that is none', [ADDRESS, '--scopes', 'a b'], 64, 'separated by commas'],
    ['an unknown project', [ADDRESS, '--project', 'elsewhere'], 64, '--project must be one of: e2e-'],
  ])('refuses %s', async (_, args, code, message) => {
    const command = run(replicaEnv(inject('redisUrl')), 'wallets', 'set-role', ...args)
    expect(await command.ended).toEqual({ code, signal: null })
    expect(command.stderr).toContain(message)
    expect(command.stderr).not.toMatch(/\bat .*\.(js|ts):/)
    expect(command.stdout).toBe('')
  })

  it('refuses a memory store, which is another process’s, and says when Redis is down', async () => {
    const inMemory = run({}, 'wallets', 'set-role', ADDRESS)
    expect(await inMemory.ended).toEqual({ code: 78, signal: null })
    expect(inMemory.stderr).toContain('REDIS_URL is not set')

    const down = run(replicaEnv(`redis://127.0.0.1:${await freePort()}`), 'wallets', 'set-role', ADDRESS)
    expect(await down.ended).toEqual({ code: 69, signal: null })
    expect(down.stderr).toMatch(/^the store does not answer .*REDIS_URL.*\n$/)
  })
})

describe('walletgate keys retire', () => {
  const { run } = useProgram()

  it('takes a key from what every worker of a running server publishes and accepts', { timeout: 90_000 }, async () => {
    const env = replicaEnv(inject('redisUrl'))
    const port = await run({ ...env, WORKERS: '2' }).port()
    const headers = { authorization: `Bearer ${env['PROJECT_SECRET_KEY']}`, connection: 'close' }
    const command = async (...args: string[]) => {
      const ran = run(env, 'keys', ...args, '--dialect', 'moonkey', '--json')
      expect(await ran.ended).toEqual({ code: 0, signal: null })
      return JSON.parse(ran.stdout)
    }
    /** Of so many connections, which the workers share. */
    const published = async () => {
      const sets = Array.from({ length: 10 }, async () => {
        const response = await fetch(`http://127.0.0.1:${port}/v1/auth/jwks/default`, { headers })
        return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
      })
      return (await Promise.all(sets)).flat()
    }
    const wallet = newEthereumWallet()
    const body = { wallet_type: 'ethereum', public_address: wallet.address }
    const begun = await post(port, '/v1/auth/wallets/registrations/begin', body, headers)
    const { challenge } = (await begun.json()) as { challenge: string }
    const proof = { ...body, signature: await wallet.signMessage(challenge), session_expires_in: 60 }
    const signedIn = await post(port, '/v1/auth/wallets/verify', proof, headers)
    const { session_jwt } = (await signedIn.json()) as { session_jwt: string }
    const { kid } = JSON.parse(atob(session_jwt.split('.')[0] ?? '')) as { kid: string }
    const verify = async () => (await post(port, '/v1/auth/sessions/verify', { session_jwt }, headers)).status

    const refused = run(env, 'keys', 'retire', kid)
    expect(await refused.ended).toEqual({ code: 65, signal: null })
    expect(refused.stderr).toContain('that key signs: run “walletgate keys rotate')
    await command('rotate', '--force')
    expect(await published()).toContain(kid)
    expect(await verify()).toBe(200)
    expect(await command('retire', kid)).toMatchObject({ dialect: 'moonkey', retired: kid, retiring: [] })
    await expect.poll(published, { timeout: 40_000, interval: 500 }).not.toContain(kid)
    for (let attempt = 0; attempt < 10; attempt += 1) expect(await verify()).toBe(404)
  })
})

describe('walletgate healthcheck', () => {
  const { run } = useProgram()

  it('is 0 while the server is ready, else 1', async () => {
    const env = { PORT: String(await freePort()) }
    const before = run(env, 'healthcheck')
    expect(await before.ended).toEqual({ code: 1, signal: null })
    expect(before.stdout).toContain('does not answer')

    const server = run({ ...env, HOST: '0.0.0.0' })
    await server.port()
    const during = run({ ...env, HOST: '0.0.0.0' }, 'healthcheck')
    expect(await during.ended).toEqual({ code: 0, signal: null })
    expect(during.stdout).toBe('ready\n')

    await server.stop()
    expect(await run(env, 'healthcheck').ended).toEqual({ code: 1, signal: null })
  })
})

describe('a start while Redis is down', () => {
  const { run } = useProgram()

  it('is alive, not ready, refuses nobody as unknown, and works when Redis is up', async () => {
    const redisPort = await freePort()
    const env = { ...replicaEnv(`redis://127.0.0.1:${redisPort}`), PORT: String(await freePort()) }
    const program = run(env)
    const port = await program.port()
    expect(await statusOf(port, '/healthz')).toBe(200)
    expect(await statusOf(port, '/readyz')).toBe(503)
    expect(await run(env, 'healthcheck').ended).toEqual({ code: 1, signal: null })
    const wallet = newEthereumWallet()
    expect((await post(port, '/auth/nonce', { address: wallet.address })).status).toBe(500)

    const redis = await startRedisServer({ port: redisPort })
    try {
      const deadline = Date.now() + 10_000
      while ((await statusOf(port, '/readyz')) !== 200) {
        if (Date.now() > deadline) throw new Error('not ready although Redis is')
      }
      const tokens = await signIn(port, wallet)
      await readTokens(await post(port, '/auth/refresh', { refresh_token: tokens.refresh_token }))
      expect(await program.stop()).toEqual({ code: 0, signal: null })
    } finally {
      await redis.stop()
    }
  })
})
