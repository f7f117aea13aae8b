import { execFileSync } from 'node:child_process'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { post, readTokens, signIn } from '../e2e/support/client.ts'
import { replicaEnv, useProgram } from '../e2e/support/fixture.ts'
import { readGuide } from '../support/guide.ts'
import { findPostgres, type PostgresServer, startPostgresServer } from '../support/postgres-server.ts'
import { type Env, type ShellResult, useShell } from '../support/shell.ts'
import { newSolanaWallet } from '../support/solana-wallets.ts'
import { newEthereumWallet, vectorWallet } from '../support/wallets.ts'

const guide = readGuide('leaving-a-vendor')

const missing = [
  ...['curl', 'jq', 'psql'].filter((program) => {
    try {
      execFileSync('which', [program], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  }),
  ...(findPostgres() === null ? ['a PostgreSQL server'] : []),
]
if (missing.length > 0)
  process.stderr.write(`The guide's commands are not all run: this machine has no ${missing.join(', no ')}\n`)

describe('docs/guides/leaving-a-vendor.md', () => {
  const shell = useShell()
  const program = useProgram()
  let postgres: PostgresServer | null = null
  beforeAll(async () => {
    if (missing.length === 0) postgres = await startPostgresServer()
  })
  afterAll(() => postgres?.stop())

  async function follow(section: string, env: Env): Promise<readonly ShellResult[]> {
    const results: ShellResult[] = []
    for (const block of guide.commands.get(section) ?? []) {
      const result = await shell.run(block, env)
      if (result.code !== 0) throw new Error(`${block}\nended with ${result.code}: ${result.stdout}${result.stderr}`)
      results.push(result)
    }
    if (results.length === 0) throw new Error(`no commands under ${section}`)
    return results
  }
  const json = async (lines: string, env: Env) => JSON.parse((await shell.run(`${lines} --json`, env)).stdout)

  it('has no commands but those that are run here', () => {
    expect([...guide.commands.keys()]).toEqual([
      'MoonKey',
      'MoonKey: staying signed in',
      '4mica',
      'WalletKit',
      'From one Walletgate to another',
      'Afterwards',
    ])
    expect(guide.blocks).toHaveLength([...guide.commands.values()].flat().length)
  })

  it.skipIf(missing.length > 0)('MoonKey: everybody moves, over several pages, and keeps the id', async () => {
    const vendor = replicaEnv(inject('redisUrl'))
    const vendorPort = await program.run(vendor).port()
    const people = Array.from({ length: 230 }, (_, index) => ({
      id: `user_vendor${index}`,
      createdAt: 1_700_000_000 + index,
      name: { first: 'Ada', middle: '', last: `${index}` },
      metadata: { index },
      wallets: [index % 2 === 0 ? newEthereumWallet().address : newSolanaWallet().address],
      emails: [{ address: `ada${index}@example.com`, verified: index % 3 === 0, id: `email_${index}` }],
    }))
    await shell.write('people.ndjson', people.map((row) => `${JSON.stringify(row)}\n`).join(''))
    expect(await shell.run('walletgate users import people.ndjson', vendor)).toMatchObject({ code: 0 })

    const env = replicaEnv(inject('redisUrl'))
    const [, imported] = await follow('MoonKey', {
      ...env,
      MOONKEY_URL: `http://127.0.0.1:${vendorPort}`,
      MOONKEY_SECRET_KEY: vendor['PROJECT_SECRET_KEY'] ?? '',
    })
    expect(imported?.stdout).toMatch(
      /dry run: nothing was changed\n {2}230 imported, .*\n230 rows.*\n {2}230 imported, 0 completed, 0 unchanged, 0 malformed, 0 in conflict/,
    )
    const exportOf = async (of: Env) => (await shell.run('walletgate users export', of)).stdout.split('\n').sort()
    const withoutTimes = (rows: readonly string[]) =>
      rows.map((row) => row.replaceAll(/"verifiedAt":"[^"]*"/g, '"verifiedAt":"then"'))
    expect(withoutTimes(await exportOf(env))).toEqual(withoutTimes(await exportOf(vendor)))

    const wallet = newEthereumWallet()
    await shell.run(`walletgate wallets link ${wallet.address} --user user_vendor7`, env)
    await signIn(await program.run(env).port(), wallet)
    expect(await json(`walletgate users find --wallet ${wallet.address}`, env)).toMatchObject({ id: 'user_vendor7' })
  })

  it.skipIf(missing.length > 0)('MoonKey: whoever is signed in stays so, and is the same user', async () => {
    const vendor = replicaEnv(inject('redisUrl'))
    const appId = `app_${randomBytes(12).toString('hex')}`
    const moonkeyOf = (id: string, secretKey: string | undefined, app: string) => ({
      projects: [{ id, moonkey: { appId: app, secretKeys: [secretKey] } }],
    })
    const configOf = async (env: Env, name: string, app: string) => {
      await shell.write(name, JSON.stringify(moonkeyOf(env['PROJECT_ID'] ?? '', env['PROJECT_SECRET_KEY'], app)))
      const { PORT, REDIS_URL, PUBLIC_URL, WALLETGATE_SECRET } = env as Record<string, string>
      return { PORT, REDIS_URL, PUBLIC_URL, WALLETGATE_SECRET, WALLETGATE_CONFIG: join(shell.folder, name) } as Env
    }
    const callOf = (env: Env, port: number) => async (path: string, value: object) => {
      const answer = await post(port, path, value, { authorization: `Bearer ${env['PROJECT_SECRET_KEY']}` })
      return { status: answer.status, body: (await answer.json()) as Record<string, string> }
    }
    const vendorConfig = await configOf(vendor, 'vendor.json', appId)
    const vendorPort = await program.run(vendorConfig).port()
    const atVendor = callOf(vendor, vendorPort)
    const wallet = newEthereumWallet()
    const registration = { wallet_type: 'ethereum', public_address: wallet.address }
    const { body: begun } = await atVendor('/v1/auth/wallets/registrations/begin', registration)
    const signature = await wallet.signMessage(begun['challenge'] ?? '')
    const { body: signedIn } = await atVendor('/v1/auth/wallets/verify', {
      ...registration,
      signature,
      session_expires_in: 60,
    })

    const env = replicaEnv(inject('redisUrl'))
    const config = await configOf(env, 'projects.json', appId)
    const row = { id: signedIn['user_id'], wallets: [{ id: signedIn['id'], address: wallet.address }] }
    await shell.write('one.ndjson', JSON.stringify(row))
    expect(await shell.run('walletgate users import one.ndjson', config)).toMatchObject({ code: 0 })
    const issuer = JSON.parse(atob(signedIn['session_jwt']?.split('.')[1] ?? '')).iss as string
    await follow('MoonKey: staying signed in', {
      ...config,
      MOONKEY_URL: `http://127.0.0.1:${vendorPort}`,
      MOONKEY_APP_ID: appId,
      MOONKEY_ISSUER: issuer,
    })
    expect((await shell.run('ls', config)).stdout).not.toMatch(/jwks|projects\.new/)

    // The vendor's name for itself is also ours here: what tells the two apart is who signed.
    const here = callOf(env, await program.run(config).port())
    const { session_jwt } = signedIn
    const { status, body } = await here('/v1/auth/sessions/verify', { session_jwt })
    expect([status, JSON.parse(atob(body['session_jwt']?.split('.')[1] ?? '')).sub]).toEqual([200, row.id])
    for (const shown of [{ session_token: body['session_token'] }, { session_jwt: body['session_jwt'] }]) {
      expect((await here('/v1/auth/sessions/verify', shown)).status).toBe(200)
    }
    expect((await here('/v1/auth/sessions/verify', { session_token: signedIn['session_token'] })).status).toBe(404)
  })

  it.skipIf(missing.length > 0)('4mica: roles and live sessions move out of core’s tables', async () => {
    const [admin, suspended, plain] = [newEthereumWallet(), newEthereumWallet(), newEthereumWallet()]
    const newToken = () => `refresh_${randomBytes(32).toString('hex')}`
    const [live, revoked, expired] = [newToken(), newToken(), newToken()]
    const hash = (token: string) => createHash('sha256').update(token).digest('hex')
    const of = (wallet: { address: string }) => wallet.address.toLowerCase()
    postgres?.run(`
      CREATE TABLE "WalletRole" (address text PRIMARY KEY, role text NOT NULL, scopes json NOT NULL, status text);
      CREATE TABLE "AuthRefreshToken" (token_hash text PRIMARY KEY, address text NOT NULL, issued_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL, revoked_at timestamptz, replaced_by text);
      INSERT INTO "WalletRole" VALUES ('${of(admin)}', 'admin', '["tab:read","tab:create"]', 'active'),
        ('${of(suspended)}', 'user', '[]', 'suspended');
      INSERT INTO "AuthRefreshToken" VALUES ('${hash(live)}', '${of(plain)}', now() - interval '1 day', now() + interval '9 days', NULL, NULL),
        ('${hash(revoked)}', '${of(plain)}', now() - interval '1 day', now() + interval '9 days', now(), NULL),
        ('${hash(expired)}', '${of(plain)}', now() - interval '9 days', now() - interval '1 day', NULL, NULL);`)
    const env = replicaEnv(inject('redisUrl'))
    const [imported, role] = await follow('4mica', { ...env, FOURMICA_DATABASE_URL: postgres?.url ?? '' })
    expect(imported?.stdout).toMatch(/\n3 rows in .*\n {2}3 imported, .*\n {2}1 sessions go on\n$/)
    expect(role?.stdout).toContain('facilitator, tab:create guarantee:issue, active')

    const port = await program.run(env).port()
    const claims = JSON.parse(atob((await signIn(port, admin)).access_token.split('.')[1] ?? '')) as object
    expect(claims).toMatchObject({ role: 'admin', scopes: ['tab:read', 'tab:create'] })
    await expect(signIn(port, suspended)).rejects.toThrow('expected 200, got 401')
    const refresh = (token: string) => post(port, '/auth/refresh', { refresh_token: token })
    await readTokens(await refresh(live))
    for (const token of [live, revoked, expired]) expect((await refresh(token)).status).toBe(401)
    expect(JSON.parse(atob((await signIn(port, vectorWallet())).access_token.split('.')[1] ?? ''))).toMatchObject({
      role: 'facilitator',
    })
  })

  it.skipIf(missing.length > 0)('WalletKit: ids come out of the application’s own database', async () => {
    const wallet = newEthereumWallet()
    const [byEmail, byWallet] = [randomUUID(), randomUUID()]
    postgres?.run(`
      CREATE TABLE app_users (walletkit_user_id uuid, signed_up_at timestamptz, email text, wallet text);
      INSERT INTO app_users VALUES ('${byEmail}', '2024-05-01T12:00:00.123456Z', 'ada@example.com', NULL),
        ('${byWallet}', now(), NULL, '${wallet.address}'), (NULL, now(), 'nobody@example.com', NULL);`)
    const env = replicaEnv(inject('redisUrl'))
    const [imported] = await follow('WalletKit', { ...env, APP_DATABASE_URL: postgres?.url ?? '' })
    expect(imported?.stdout).toMatch(/\n2 rows in .*\n {2}2 imported, /)
    expect(await json('walletgate users find --email ada@example.com', env)).toMatchObject({
      id: byEmail,
      createdAt: '2024-05-01T12:00:00.123Z',
      emails: [{ verifiedAt: '2024-05-01T12:00:00.123Z' }],
    })
    await signIn(await program.run(env).port(), wallet)
    expect(await json(`walletgate users find --wallet ${wallet.address}`, env)).toMatchObject({ id: byWallet })
  })

  it('From one Walletgate to another, and afterwards', async () => {
    const env = replicaEnv(inject('redisUrl'))
    const other = `${env['PROJECT_ID']}-other`
    const row = {
      id: 'u1',
      wallets: [vectorWallet().address],
      emails: [{ address: 'ada@example.com', verified: true }],
    }
    await shell.write('one.ndjson', JSON.stringify(row))
    await shell.run('walletgate users import one.ndjson', env)
    await follow('From one Walletgate to another', { ...env, OTHER_PROJECT_ID: other })
    const results = await follow('Afterwards', { ...env, PROJECT_ID: other })
    expect(results[0]?.stdout).toMatch(/^u1 {2}active/)
    expect(results[0]?.stdout).toContain('"id": "u1"')
    expect((await shell.run('ls', env)).stdout).not.toMatch(/users|moonkey/)
  })
})
