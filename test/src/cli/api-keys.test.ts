import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { post } from '../../e2e/support/client.ts'
import { replicaEnv, useProgram } from '../../e2e/support/fixture.ts'
import { freePort } from '../../support/redis-server.ts'
import { type Env, useShell } from '../../support/shell.ts'
import { newEthereumWallet } from '../../support/wallets.ts'

const BEGIN = '/v1/auth/wallets/registrations/begin'
const VERIFY = '/v1/auth/wallets/verify'

describe('walletgate api-keys', () => {
  const shell = useShell()
  const program = useProgram()
  let env: Env
  let project: string
  beforeEach(() => {
    env = replicaEnv(inject('redisUrl'))
    project = env['PROJECT_ID'] ?? ''
  })
  const run = (lines: string, more: Env = {}) => shell.run(lines, { ...env, ...more })
  const json = async (lines: string, more: Env = {}) => {
    const { code, stdout, stderr } = await run(`${lines} --json`, more)
    if (code !== 0) throw new Error(`${lines} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout)
  }
  const begin = (port: number, key: string) =>
    post(
      port,
      BEGIN,
      { wallet_type: 'ethereum', public_address: newEthereumWallet().address },
      { authorization: `Bearer ${key}` },
    )

  it('makes a key that signs in at once at every replica, shows it once, and ends it', async () => {
    const [one, two] = [await program.run(env).port(), await program.run({ ...env, WORKERS: '2' }).port()]
    const created = await json('walletgate api-keys create --name "billing server"')
    expect(created).toEqual({
      id: expect.stringMatching(/^key_\w{27}$/),
      project,
      kind: 'secret',
      name: 'billing server',
      key: expect.stringMatching(/^sk_live_\w{48}$/),
      ending: created.key.slice(-5),
      digest: `sha256:${createHash('sha256').update(created.key).digest('hex')}`,
      createdAt: expect.stringMatching(/Z$/),
      revokedAt: null,
    })
    for (const port of [one, two]) {
      const wallet = newEthereumWallet()
      const headers = { authorization: `Bearer ${created.key}` }
      const body = { wallet_type: 'ethereum', public_address: wallet.address }
      const { challenge } = (await (await post(port, BEGIN, body, headers)).json()) as { challenge: string }
      const signature = await wallet.signMessage(challenge)
      const verified = await post(port, VERIFY, { ...body, signature, session_expires_in: 60 }, headers)
      expect(verified.status).toBe(200)
    }
    const { key, ...facts } = created
    expect(await json('walletgate api-keys list')).toContainEqual(facts)
    const shown = await run(`walletgate api-keys list --project ${project}`)
    expect(shown.stdout).toMatch(
      /^key_\w{27} {2}e2e-\S+ {2}secret {2}…\w{5} {2}since \S+Z {2}live {2}billing server\n$/,
    )
    expect(shown.stdout).not.toContain(key.slice(8, 30))

    const ended = await run(`walletgate api-keys revoke ${created.id}`)
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^key_\w{27}: revoked; /) })
    for (const port of [one, two, two, two]) {
      await expect.poll(async () => (await begin(port, key)).status, { timeout: 10_000 }).toBe(401)
    }
    const again = await run(`walletgate api-keys revoke ${created.id}`)
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/ was revoked before, at \S+Z\n$/) })
    const [listed] = await json(`walletgate api-keys list --project ${project}`)
    expect(listed).toEqual({ ...facts, revokedAt: expect.stringMatching(/Z$/) })
  })

  it('says for people what the key is, that it is not shown again, and what kind it is of', async () => {
    const { stdout, stderr, code } = await run('walletgate api-keys create --kind public')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^key_\w{27}: a public key of e2e-\S+\n\n {2}pk_live_\w{48}\n\nPages may show it\. It is not shown again: /,
    )
    expect((await run(`walletgate api-keys list --project ${project}`)).stdout).toContain('  public  …')
  })

  it('lists nothing where nothing was made', async () => {
    expect((await run(`walletgate api-keys list --project ${project}`)).stdout).toBe(
      'no keys were made by command; those of the configuration are not listed\n',
    )
    expect(await json(`walletgate api-keys list --project ${project}`)).toEqual([])
  })

  it('is written to the audit trail by id, without the key', async () => {
    const path = join(shell.folder, 'trail.ndjson')
    const { id, key, digest } = await json('walletgate api-keys create', { AUDIT_LOG: path })
    await json(`walletgate api-keys revoke ${id}`, { AUDIT_LOG: path })
    await json(`walletgate api-keys revoke ${id}`, { AUDIT_LOG: path })
    const text = readFileSync(path, 'utf8')
    const facts = text.trimEnd().split('\n')
    expect(facts.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'api_key.created', project, key: id, kind: 'secret' },
      { event: 'api_key.revoked', project, key: id, kind: 'secret' },
    ])
    for (const secret of [key.slice(8, 30), key.slice(-20), digest.slice(7)]) expect(text).not.toContain(secret)
  })

  it('gives a configuration the hash of a key it already has: the server takes the key, and not the hash', async () => {
    const key = env['PROJECT_SECRET_KEY'] ?? ''
    const { stdout: hashed } = await run('printenv PROJECT_SECRET_KEY | walletgate api-keys hash')
    expect(hashed).toBe(`sha256:${createHash('sha256').update(key).digest('hex')}\n`)
    expect(await json('printenv PROJECT_SECRET_KEY | walletgate api-keys hash')).toEqual({ secretKey: hashed.trim() })
    const file = {
      projects: [{ id: project, moonkey: { appId: `app_${project}`, secretKeys: [hashed.trim()] } }],
    }
    await shell.write('projects.json', JSON.stringify(file))
    const { PROJECT_ID, PROJECT_SECRET_KEY, AUTH_JWT_SECRET, ...server } = env
    const port = await program.run({ ...server, WALLETGATE_CONFIG: join(shell.folder, 'projects.json') }).port()
    expect((await begin(port, key)).status).toBe(200)
    expect((await begin(port, hashed.trim())).status).toBe(401)
  })

  it('serves an App whose keys are all made by command', async () => {
    const { PROJECT_ID, PROJECT_SECRET_KEY, AUTH_JWT_SECRET, ...server } = env
    const projects = ['a', 'b'].map((name) => ({
      id: `${project}-${name}`,
      moonkey: { appId: `app_${project}${name}` },
    }))
    await shell.write(
      'keyless.json',
      JSON.stringify({ projects: [...projects, { id: `${project}-c`, walletkit: { projectId: 'c' } }] }),
    )
    env = { ...server, WALLETGATE_CONFIG: join(shell.folder, 'keyless.json') }
    const port = await program.run(env).port()
    const [a, b] = [
      await json(`walletgate api-keys create --project ${project}-a`),
      await json(`walletgate api-keys create --project ${project}-b`),
    ]
    for (const [{ key }, name] of [
      [a, 'a'],
      [b, 'b'],
    ] as const) {
      expect(await (await begin(port, key)).json()).toMatchObject({ app_id: `app_${project}${name}` })
    }
    expect((await json(`walletgate api-keys list --project ${project}-b`)).map(({ id }: { id: string }) => id)).toEqual(
      [b.id],
    )
    expect(await run('walletgate api-keys create')).toMatchObject({
      code: 64,
      stdout: '',
      stderr: expect.stringContaining(`--project must be one of: ${project}-a, ${project}-b, ${project}-c`),
    })
    expect(await run(`walletgate api-keys create --project ${project}-c`)).toMatchObject({
      code: 64,
      stdout: '',
      stderr: expect.stringContaining('does not speak MoonKey'),
    })
  })

  it.each([
    ['create --kind admin', 64, 'kind must be one of: secret, public'],
    ['create --name ""', 64, 'name is empty text'],
    ['create --name "$(printf \'a\\nb\')"', 64, 'name is text of 3 characters'],
    ['create --project elsewhere', 64, '--project must be one of: e2e-'],
    ['list --project elsewhere', 64, '--project must be one of: e2e-'],
    ['revoke', 64, 'missing required argument'],
    ['revoke key_000000000000000000000000000', 67, 'no such key: “api-keys list” shows them'],
    ['revoke sk_live_0123456789', 65, 'that is a key: name it by its id'],
    ['hash </dev/null', 65, 'standard input does not begin with sk_'],
    ['hash <<X\nsk_short\nX', 65, 'that key can be guessed'],
    ['hash <<X\npk_test_0123456789012345678901234567890123\nX', 65, 'does not begin with sk_'],
    [`hash <<X\nsha256:${'a'.repeat(64)}\nX`, 65, 'is a hash already'],
  ])('api-keys %s: exit code %i', async (args, code, message) => {
    const answer = await run(`walletgate api-keys ${args}`)
    expect(answer).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) })
    expect(answer.stderr).not.toMatch(/0123456789|sk_short|\bat .*\.(js|ts):/)
  })

  it('refuses a memory store, which is another process’s, and says when Redis is down', async () => {
    for (const act of ['create', 'list', 'revoke key_1']) {
      const inMemory = await shell.run(`walletgate api-keys ${act}`, {})
      expect(inMemory).toMatchObject({ code: 78, stdout: '', stderr: expect.stringContaining('REDIS_URL is not set') })
      const down = await run(`walletgate api-keys ${act}`, { REDIS_URL: `redis://127.0.0.1:${await freePort()}` })
      expect(down).toMatchObject({ code: 69, stdout: '', stderr: expect.stringMatching(/^the store does not answer /) })
    }
  })

  it('teaches by its help', async () => {
    const { code, stdout } = await run('walletgate api-keys --help')
    expect(code).toBe(0)
    for (const word of ['create', 'list', 'revoke', 'hash', 'two', 'Examples:']) expect(stdout).toContain(word)
  })
})
