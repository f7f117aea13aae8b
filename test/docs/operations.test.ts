import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { post, readTokens, signIn } from '../e2e/support/client.ts'
import { useProgram } from '../e2e/support/fixture.ts'
import type { Program } from '../e2e/support/program.ts'
import { readGuide } from '../support/guide.ts'
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { useShell } from '../support/shell.ts'
import { newEthereumWallet } from '../support/wallets.ts'

const guide = readGuide('operations')
const COMPOSE = readFileSync(new URL('../../compose.yaml', import.meta.url), 'utf8')
const { services } = z
  .object({ services: z.object({ redis: z.object({ command: z.array(z.string()) }) }) })
  .parse(parse(COMPOSE))
const Override = z.object({
  services: z.object({
    gateway: z.strictObject({
      environment: z.object({ WALLETGATE_CONFIG: z.string().startsWith('/etc/walletgate/') }).catchall(z.literal('')),
      volumes: z.tuple([z.string().endsWith(':ro')]),
    }),
  }),
})
const hasJq = (() => {
  try {
    execFileSync('jq', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
if (!hasJq) process.stderr.write('The guide’s commands are not all run: this machine has no jq\n')

/**
 * There is no Docker here. What the guide says to it is written down; what it would run inside a container is run, with the folder of
 * data and the settings of the service. Stopping and starting is the test's.
 */
const DOCKER = `
printf '%s\\n' "docker $*" >> "$SAID"
inside() { exec sh -ec "$(printf '%s' "$1" | sed "s#/data#$DATA#g")"; }
served() { set -a; . ./.env; set +a; exec walletgate "$@"; }
case "$*" in
  "compose exec -T redis sh -ec "*) shift 6; inside "$1" ;;
  "compose run --rm -T --no-deps redis sh -ec "*) shift 8; inside "$1" ;;
  "compose exec -T gateway /usr/local/bin/node dist/walletgate.js "*) shift 6; served "$@" ;;
  "compose run --rm -T --no-deps gateway "*) shift 6; served "$@" ;;
  "compose logs --no-log-prefix gateway") cat "$LOG" ;;
esac`

describe('docs/guides/operations.md', () => {
  const shell = useShell()
  const programs = useProgram()
  const password = randomBytes(16).toString('hex')
  let data: string
  let redis: RedisServer
  let server: Program
  let port: number
  beforeAll(async () => {
    const docker = join(shell.folder, 'docker.sh')
    writeFileSync(docker, `#!/bin/sh${DOCKER}\n`, { mode: 0o755 })
    await shell.provide('docker', docker)
    data = mkdtempSync(join(tmpdir(), 'walletgate-operations-'))
  })
  afterAll(() => rmSync(data, { recursive: true, force: true }))
  beforeEach(async () => {
    const [, ...args] = services.redis.command.map((text) => text.replace(/\$\{REDIS_PASSWORD:[^}]*\}/, password))
    rmSync(join(data, 'appendonlydir'), { recursive: true, force: true })
    redis = await startRedisServer({ args: [...args, '--dir', data], login: { user: 'walletgate', password } })
    await shell.write(
      'redis-cli.sh',
      `exec ${execFileSync('which', ['redis-cli'], { encoding: 'utf8' }).trim()} -p ${redis.port} "$@"\n`,
    )
    execFileSync('chmod', ['+x', join(shell.folder, 'redis-cli.sh')])
    await shell.provide('redis-cli', join(shell.folder, 'redis-cli.sh'))
    const at = String(await freePort())
    const settings = {
      PORT: at,
      REDIS_URL: `redis://walletgate:${password}@127.0.0.1:${redis.port}`,
      PUBLIC_URL: `http://127.0.0.1:${at}`,
      WALLETGATE_SECRET: randomBytes(32).toString('hex'),
      AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
      PROJECT_ID: 'my-app',
      PROJECT_SECRET_KEY: `sk_live_${randomBytes(24).toString('hex')}`,
      AUDIT_LOG: join(shell.folder, 'audit.ndjson'),
      LOG_LEVEL: 'info',
    }
    rmSync(settings.AUDIT_LOG, { force: true })
    await shell.write(
      '.env',
      Object.entries(settings)
        .map((line) => `${line.join('=')}\n`)
        .join(''),
    )
    await serve()
  })
  afterEach(async () => {
    await server?.stop()
    await redis?.stop()
  })

  const settings = (): Record<string, string> =>
    Object.fromEntries(
      readFileSync(join(shell.folder, '.env'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  async function serve(): Promise<void> {
    await server?.stop()
    server = programs.run(settings())
    port = await server.port()
  }
  const said = () => readFileSync(join(shell.folder, 'said'), 'utf8').trim().split('\n')

  /** Runs a block as the reader would who has defined `walletgate` as the guide begins. */
  async function follow(section: string, index = 0, env: Record<string, string> = {}): Promise<string> {
    const [begin = ''] = guide.commands.get('') ?? []
    const [define = ''] = begin.split('\n')
    const block = guide.commands.get(section)?.[index]
    if (block === undefined) throw new Error(`no block ${index} of commands under ${section}`)
    await shell.write('said', '')
    const result = await shell.run(`${define}\n${block}`, {
      SAID: join(shell.folder, 'said'),
      DATA: data,
      LOG: join(shell.folder, 'log'),
      REDISCLI_AUTH: password,
      ...env,
    })
    if (result.code !== 0) throw new Error(`${block}\nended with ${result.code}: ${result.stdout}${result.stderr}`)
    return result.stdout
  }
  const command = async (line: string) => {
    const result = await shell.run(`set -a; . ./.env; set +a; walletgate ${line} --json`, {})
    if (result.code !== 0) throw new Error(`${line} ended with ${result.code}: ${result.stderr}`)
    return JSON.parse(result.stdout)
  }
  const refresh = async (token: string) => (await post(port, '/auth/refresh', { refresh_token: token })).status
  const moonKey = async (key: string) =>
    (await post(port, '/v1/auth/wallets/registrations/begin', wallet(), { authorization: `Bearer ${key}` })).status
  const wallet = () => ({ wallet_type: 'ethereum', public_address: newEthereumWallet().address })
  const keysOf = async (dialect: string) =>
    (await command(`keys list --dialect ${dialect}`))[0].keys as { kid: string; state: string; secret: string }[]

  it('has no commands but those that are followed here', () => {
    expect([...guide.commands].map(([section, { length }]) => [section, length])).toEqual([
      ['', 1],
      ['Backup', 2],
      ['Restore', 3],
      ['Upgrades', 1],
      ['A new project', 2],
      ['Rotation / Signing keys', 1],
      ['Rotation / WALLETGATE_SECRET', 3],
      ['Rotation / API keys', 1],
      ['Watching', 2],
      ['When something has happened / An API key has leaked', 1],
      ['When something has happened / A signing key has leaked', 1],
      ['When something has happened / WALLETGATE_SECRET or a backup has leaked', 1],
      ['When something has happened / An account was taken over', 1],
    ])
    expect(guide.blocks).toHaveLength([...guide.commands.values()].flat().length)
  })

  it('a set-up is looked over', async () => {
    expect(await follow('')).toContain('redis.commands')
    expect(said()).toEqual(['docker compose exec -T gateway /usr/local/bin/node dist/walletgate.js doctor'])
  })

  it.skipIf(!hasJq)(
    'Backup and restore: what was there is there again, and what was ended since is ended again',
    async () => {
      const before = newEthereumWallet()
      const [kept, ended] = [await signIn(port, before), await signIn(port, newEthereumWallet())]
      const key = await command('api-keys create')
      await follow('Backup')
      await follow('Backup', 1)
      const rows = readFileSync(join(shell.folder, 'users.ndjson'), 'utf8').trim().split('\n')
      expect(rows).toHaveLength(2)
      expect(existsSync(join(data, 'backup.rdb'))).toBe(false)

      // The trail's times have milliseconds, and the backup began after the last of them so far.
      const BACKUP_TIME = new Date().toISOString()
      await new Promise((resolve) => setTimeout(resolve, 2))
      expect((await post(port, '/auth/logout', { refresh_token: ended.refresh_token })).status).toBe(200)
      await command(`api-keys revoke ${key.id}`)
      const after = await signIn(port, newEthereumWallet())

      await follow('Restore')
      expect(said()).toEqual(['docker compose stop'])
      await server.stop()
      await redis.kill()
      const [, restore = ''] = guide.commands.get('Restore') ?? []
      const [intoPlace, start = ''] = restore.split(/^(?=docker compose up)/m)
      expect(start.trim().split('\n')).toEqual(['docker compose up --detach --wait', 'walletgate doctor'])
      const run = { SAID: join(shell.folder, 'said'), DATA: data }
      expect(await shell.run(intoPlace ?? '', run)).toMatchObject({ code: 0 })
      await redis.restart()
      await serve()
      expect([await moonKey(key.key), await refresh(after.refresh_token)]).toEqual([200, 401])
      const keptAgain = await readTokens(await post(port, '/auth/refresh', { refresh_token: kept.refresh_token }))

      await follow('Restore', 2, { BACKUP_TIME })
      expect(await refresh(ended.refresh_token)).toBe(401)
      await expect.poll(() => moonKey(key.key)).toBe(401)
      expect(await refresh(keptAgain.refresh_token)).toBe(200)

      // What was restored is itself kept.
      await redis.kill()
      await redis.restart()
      await serve()
      expect((await signIn(port, before)).access_token).toBeTruthy()
      expect(await command(`users find --wallet ${before.address}`)).toMatchObject({
        wallets: [{ address: before.address }],
      })
    },
  )

  it('Upgrades and a new project: the configuration is checked as the server reads it', async () => {
    const upgraded = await follow('Upgrades')
    expect(upgraded).toContain('redis.commands')
    expect(said().map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'docker compose build',
      'docker compose run',
      'docker compose up',
      'docker compose exec',
    ])
    const { PROJECT_ID: id, PROJECT_SECRET_KEY: key } = settings()
    const file = join(shell.folder, 'projects', 'projects.json')
    mkdirSync(dirname(file), { recursive: true })
    const projects = [{ id, moonkey: { appId: 'app_one', secretKeys: [key] } }]
    const save = (value: object) => writeFileSync(file, JSON.stringify(value))
    save({ projects })
    await follow('A new project')
    expect(said()).toEqual(['docker compose up --detach --wait'])
    const override = Override.parse(parse(readFileSync(join(shell.folder, 'compose.override.yaml'), 'utf8')))
    const { environment, volumes } = override.services.gateway
    const [from = '', to = ''] = volumes[0].split(':')
    const { WALLETGATE_CONFIG: path, ...emptied } = environment
    expect(join(from, path.slice(to.length))).toBe('projects/projects.json')
    expect(Object.keys(emptied).every((name) => COMPOSE.includes(`\${${name}:?`))).toBe(true)
    // As compose lays the two files over each other.
    await shell.write(
      '.env',
      Object.entries({ ...settings(), ...environment, WALLETGATE_CONFIG: file })
        .map((line) => `${line.join('=')}\n`)
        .join(''),
    )
    await serve()
    save({ projects: [...projects, { id: 'second', walletkit: { projectId: 'second' } }] })
    expect(await follow('A new project', 1)).toMatch(/^second\b/m)
    expect(said()[1]).toBe('docker compose kill --signal SIGHUP gateway')
    save({ projects: [{ id: '' }] })
    await expect(follow('A new project', 1)).rejects.toThrow('projects')
  })

  it('Rotation: of signing keys and of API keys', async () => {
    const signing = async () => (await keysOf('moonkey')).find(({ state }) => state === 'current')
    // Made in the background of the start.
    await expect.poll(signing).toBeDefined()
    const first = await signing()
    await expect(follow('Rotation / Signing keys')).rejects.toThrow(/not rotated: the next key may sign from/)
    expect(await signing()).toEqual(first)
    expect(await follow('Rotation / API keys')).toContain('billing server, 2027')
  })

  it('Rotation: WALLETGATE_SECRET, in three steps, with servers of both sides at work', async () => {
    const tokens = await signIn(port, newEthereumWallet())
    await moonKey(settings()['PROJECT_SECRET_KEY'] ?? '')
    const section = 'Rotation / WALLETGATE_SECRET'
    const { WALLETGATE_SECRET: old = '' } = settings()
    await follow(section)
    const [, fresh = ''] = (settings()['WALLETGATE_SECRET'] ?? '').split(',')
    expect(settings()['WALLETGATE_SECRET']).toBe(`${old},${fresh}`)
    expect(fresh).toMatch(/^[0-9a-f]{64}$/)
    // One server of the step before goes on beside each.
    const oldest = programs.run({ ...settings(), PORT: '0', WALLETGATE_SECRET: old })
    const middle = programs.run({ ...settings(), PORT: '0' })
    await serve()
    await follow(section, 1).catch((error: Error) =>
      expect(error.message).toMatch(/not rotated: the next key may sign/),
    )
    expect(settings()['WALLETGATE_SECRET']).toBe(`${fresh},${old}`)
    await oldest.stop()
    await serve()
    for (const each of [await middle.port(), port]) await signIn(each, newEthereumWallet())
    await command('keys rotate --force')
    await command('keys rotate --force')
    for (const dialect of ['moonkey', 'walletkit']) {
      expect((await keysOf(dialect)).filter(({ secret }) => secret === 'older')).toEqual([])
    }
    await signIn(await middle.port(), newEthereumWallet())
    await middle.stop()

    await follow(section, 2)
    expect(settings()['WALLETGATE_SECRET']).toBe(fresh)
    await serve()
    expect(await refresh(tokens.refresh_token)).toBe(200)
    expect(await moonKey(settings()['PROJECT_SECRET_KEY'] ?? '')).toBe(200)
  })

  it('Watching: a request is found in the log, the trail verifies, and every alert is on something that is measured', async () => {
    const REQUEST_ID = 'req-of-somebody-1'
    await post(port, '/auth/nonce', { address: newEthereumWallet().address }, { 'x-request-id': REQUEST_ID })
    await signIn(port, newEthereumWallet())
    await server.until(() => (server.stdout.includes(REQUEST_ID) ? true : undefined), 'the log line')
    await shell.write('log', server.stdout)
    expect(JSON.parse(await follow('Watching', 0, { REQUEST_ID }))).toMatchObject({ path: '/auth/nonce', status: 200 })
    expect(await follow('Watching', 1)).toMatch(/^1 valid, 0 invalid, 0 malformed/m)

    // With everything that can be measured.
    const metricsPort = await freePort()
    const { PROJECT_ID: id, PROJECT_SECRET_KEY: key, AUTH_JWT_SECRET: jwtSecret, ...others } = settings()
    const webhooks = [{ url: 'https://receiver.example', secret: `whsec_${randomBytes(32).toString('base64')}` }]
    const project = { id, webhooks, moonkey: { appId: 'app_one', secretKeys: [key] }, fourmica: { jwtSecret } }
    await shell.write('projects.json', JSON.stringify({ projects: [project] }))
    const measured = programs.run({
      ...others,
      PORT: '0',
      METRICS_PORT: String(metricsPort),
      WALLETGATE_CONFIG: join(shell.folder, 'projects.json'),
      SMTP_URL: 'smtp://127.0.0.1:9',
      MAIL_FROM: 'no-reply@example.test',
    })
    await signIn(await measured.port(), newEthereumWallet())
    const scraped = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    const names = [...scraped.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name)
    const section = guide.text.slice(guide.text.indexOf('## Watching'), guide.text.indexOf('## When something'))
    const alerts = [...section.matchAll(/^- [^`]*(?:`\/readyz`[^`]*)?`([^`]+)`/gm)].map(
      ([, expression = '']) => expression,
    )
    expect(alerts.length).toBeGreaterThan(8)
    for (const alert of alerts) {
      const [name = ''] = /walletgate_\w+/.exec(alert) ?? []
      expect(names).toContain(name.replace(/_bucket$/, ''))
    }
  })

  it('When an API key has leaked', async () => {
    const leaked = await command('api-keys create')
    expect(await moonKey(leaked.key)).toBe(200)
    await follow('When something has happened / An API key has leaked', 0, { LEAKED_KEY_ID: leaked.id })
    await expect.poll(() => moonKey(leaked.key)).toBe(401)
    expect(await command('api-keys list')).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'after the leak', revokedAt: null })]),
    )
  })

  it.skipIf(!hasJq)('When signing keys, the secret or a backup have leaked', async () => {
    await moonKey(settings()['PROJECT_SECRET_KEY'] ?? '')
    const leaked = await keysOf('moonkey')
    const current = leaked.find(({ state }) => state === 'current')?.kid ?? ''
    await follow('When something has happened / A signing key has leaked', 0, {
      PROJECT_ID: 'my-app',
      LEAKED_KID: current,
    })
    expect((await keysOf('moonkey')).map(({ kid }) => kid)).not.toContain(current)
    const known = [...(await keysOf('moonkey')), ...(await keysOf('walletkit'))].map(({ kid }) => kid)
    await follow('When something has happened / WALLETGATE_SECRET or a backup has leaked')
    const now = [...(await keysOf('moonkey')), ...(await keysOf('walletkit'))].map(({ kid }) => kid)
    expect(now.filter((kid) => known.includes(kid))).toEqual([])
  })

  it('When an account was taken over: its sessions end, and the thief’s wallet is out', async () => {
    const [owner, thief] = [newEthereumWallet(), newEthereumWallet()]
    const { refresh_token } = await signIn(port, owner)
    const { id } = await command(`users find --wallet ${owner.address}`)
    await command(`wallets link ${thief.address} --user ${id}`)
    const stolen = await signIn(port, thief)
    const shown = await follow('When something has happened / An account was taken over', 0, {
      WALLET: thief.address,
      USER_ID: id,
    })
    expect(shown).toContain(owner.address)
    for (const token of [refresh_token, stolen.refresh_token]) expect(await refresh(token)).toBe(401)
    await signIn(port, thief)
    expect(await command(`users find --wallet ${thief.address}`)).not.toMatchObject({ id })
    expect(await command(`users find --wallet ${owner.address}`)).toMatchObject({ id })
  })
})
