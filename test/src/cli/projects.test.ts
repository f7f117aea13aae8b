import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { signIn } from '../../e2e/support/client.ts'
import { replicaEnv, useProgram } from '../../e2e/support/fixture.ts'
import { freePort } from '../../support/redis-server.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { JWT_SECRET, PUBLIC_KEY, SECRET, SECRET_KEY } from '../config/load-with.ts'

const WHSEC = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`
const SECRETS = [JWT_SECRET, PUBLIC_KEY, SECRET, SECRET_KEY, WHSEC, 'url-key', 'hook-path']

const PROJECTS = [
  {
    id: 'demo',
    name: 'Demo',
    allowedOrigins: ['https://app.example.com', 'https://*.example.com'],
    walletkit: { projectId: 'wk', rpId: 'example.com' },
    moonkey: { appId: 'app_demo', secretKeys: [SECRET_KEY], publicKeys: [PUBLIC_KEY] },
    fourmica: { hosts: ['auth.example.com'], chainId: 84532, jwtSecret: JWT_SECRET },
    evmRpcUrls: { 'eip155:84532': 'https://rpc.example.com/url-key' },
    webhooks: [{ url: 'https://hooks.example.com/hook-path', secret: WHSEC }],
  },
  { id: 'shop', allowedOrigins: ['https://shop.example.com'], walletkit: { projectId: 'shop' } },
]

describe('walletgate', () => {
  const { run } = useProgram()
  const folder = mkdtempSync(join(tmpdir(), 'walletgate-projects-'))
  const path = join(folder, 'projects.json')
  beforeAll(() => writeFileSync(path, JSON.stringify({ projects: PROJECTS })))
  afterAll(() => rmSync(folder, { recursive: true }))
  const fileEnv = () => ({ WALLETGATE_CONFIG: path, WALLETGATE_SECRET: SECRET, PUBLIC_URL: 'https://auth.example.com' })

  async function print(env: Readonly<Record<string, string>>, ...args: string[]) {
    const command = run(env, ...args)
    const { code } = await command.ended
    const { stdout, stderr } = command
    for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret)
    expect(stderr).not.toMatch(/\bat .*\.(js|ts):/)
    return { code, stdout, stderr }
  }

  it('projects lists what each serves, for people', async () => {
    const { code, stdout } = await print(fileEnv(), 'projects')
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'demo (Demo)',
        '  origins    https://app.example.com, https://*.example.com',
        '  WalletKit  project wk, passkeys of example.com',
        '  MoonKey    App app_demo, keys: 1 secret, 1 public',
        '  4mica      chain 84532, auth.example.com, every host that is no other’s',
        '  contracts  eip155:84532',
        '  webhooks   1',
        '',
        'shop (My App)',
        '  origins    https://shop.example.com',
        '  WalletKit  project shop',
        '',
      ].join('\n'),
    )
  })

  it('projects --json lists the same for programs', async () => {
    const { stdout } = await print(fileEnv(), 'projects', '--json')
    expect(JSON.parse(stdout)).toEqual([
      {
        id: 'demo',
        name: 'Demo',
        dialects: ['walletkit', 'moonkey', '4mica'],
        origins: ['https://app.example.com', 'https://*.example.com'],
        walletkit: { projectId: 'wk', rpId: 'example.com' },
        moonkey: { appId: 'app_demo', secretKeys: 1, publicKeys: 1 },
        fourmica: { hosts: ['auth.example.com'], isDefault: true, chainId: 84532 },
        contractChains: ['eip155:84532'],
        webhooks: 1,
      },
      {
        id: 'shop',
        name: 'My App',
        dialects: ['walletkit'],
        origins: ['https://shop.example.com'],
        walletkit: { projectId: 'shop', rpId: null },
        moonkey: null,
        fourmica: null,
        contractChains: [],
        webhooks: 0,
      },
    ])
  })

  it('projects --users counts them, and says when the store cannot be asked', async () => {
    const env = { ...replicaEnv(inject('redisUrl')), PROJECT_ID: `cli-${randomUUID()}` }
    const port = await run(env).port()
    await signIn(port, newEthereumWallet())
    await signIn(port, newEthereumWallet())
    const { stdout } = await print(env, 'projects', '--users', '--json')
    expect(JSON.parse(stdout)).toMatchObject([{ id: env.PROJECT_ID, users: 2 }])

    const down = { ...fileEnv(), REDIS_URL: `redis://127.0.0.1:${await freePort()}` }
    expect(await print(down, 'projects', '--users')).toMatchObject({ code: 69, stdout: '' })
    expect(await print(down, 'projects')).toMatchObject({ code: 0 })
    const memory = await print(fileEnv(), 'projects', '--users')
    expect([memory.code, memory.stderr]).toEqual([78, expect.stringContaining('REDIS_URL is not set')])
  })

  it('projects of a first start says that its id does not last', async () => {
    const { code, stderr } = await print({}, 'projects')
    expect([code, stderr]).toEqual([0, 'PROJECT_ID is not set: with the memory store each start makes up another.\n'])
  })

  it('check-config says that all is well, and what is probably not meant', async () => {
    const { code, stdout } = await print({ ...fileEnv(), REDIS_URL: 'redis://127.0.0.1:1' }, 'check-config')
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'The configuration has no faults: 2 projects, store redis.',
        '  warning: SMTP_URL is not set: no code and no link can be mailed.',
        '',
      ].join('\n'),
    )
    const json = await print({ ...fileEnv(), REDIS_URL: 'redis://127.0.0.1:1' }, 'check-config', '--json')
    expect([json.code, JSON.parse(json.stdout)]).toEqual([
      0,
      {
        faults: [],
        warnings: ['SMTP_URL is not set: no code and no link can be mailed.'],
        projects: ['demo', 'shop'],
      },
    ])
  })

  it('check-config says every fault that a start would die of, and ends as it', async () => {
    const bad = join(folder, 'bad.json')
    writeFileSync(bad, JSON.stringify({ projects: [{ id: SECRET_KEY.repeat(2) }, { id: 'a', moonkey: {} }] }))
    const env = { ...fileEnv(), WALLETGATE_CONFIG: bad, PORT: 'x' }
    const checked = await print(env, 'check-config')
    const started = await print(env, 'start')
    expect(checked).toEqual(started)
    expect(checked).toMatchObject({ code: 78, stdout: '' })
    const json = await print(env, 'check-config', '--json')
    expect(json).toMatchObject({ code: 78, stderr: '' })
    const { faults } = JSON.parse(json.stdout) as { faults: { name: string }[] }
    expect(faults.map(({ name }) => name)).toEqual([
      'PORT',
      'projects[0].id',
      'projects[1].moonkey.appId',
      'projects[1].moonkey.secretKeys',
    ])
  })
})
