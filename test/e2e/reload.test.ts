import { randomBytes } from 'node:crypto'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { freePort } from '../support/redis-server.ts'
import { useProgram } from './support/fixture.ts'
import { DIALECTS, LoadClient, type LoadTarget } from './support/load-client.ts'
import { type LoadProject, newLoadProject } from './support/load-project.ts'
import type { Env } from './support/program.ts'

const PUBLIC_URL = 'https://auth.example.test'
/** It takes some 10 seconds; a machine that is busy with other things gets time. */
const LIMIT_MS = 120_000
/** `walletgate api-keys revoke`: so long after it has ended, no server accepts the key. */
const REVOKED_WITHIN_MS = 2_000
const REFUSED = 'configuration not reloaded, the one before stays: it has faults'
const RELOADED = 'configuration reloaded'

describe('a new configuration under load', () => {
  const { run } = useProgram()
  let folder: string
  let path: string
  const clients: LoadClient[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'walletgate-reload-'))
    path = join(folder, 'projects.json')
  })
  afterEach(async () => {
    // Whatever a test has found wrong was said there.
    await Promise.allSettled(clients.map((client) => client.stop()))
    for (const client of clients.splice(0)) client.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** As an editor or a deployment does: the file is never half there. */
  function write(content: string | readonly LoadProject[]): void {
    const text = typeof content === 'string' ? content : JSON.stringify({ projects: content.map(({ json }) => json) })
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }

  function load(targets: readonly LoadTarget[]): readonly LoadClient[] {
    const started = targets.map((target) => new LoadClient(target))
    for (const client of started) client.done.catch(() => {})
    clients.push(...started)
    return started
  }

  const inEachDialect = (port: number, ...projects: readonly LoadProject[]): readonly LoadTarget[] =>
    projects.flatMap((project) => DIALECTS.map((dialect) => ({ port, publicUrl: PUBLIC_URL, project, dialect })))

  const allMore = (count: number) => Promise.all(clients.map((client) => client.more(count)))

  async function keySet(port: number, path: string): Promise<JSONWebKeySet> {
    return (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as JSONWebKeySet
  }

  async function command(env: Env, ...args: string[]): Promise<string> {
    const program = run(env, ...args)
    expect({ ...(await program.ended), stderr: program.stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    return program.stdout
  }

  async function createApiKey(env: Env, { id }: LoadProject): Promise<{ readonly id: string; readonly key: string }> {
    return JSON.parse(await command(env, 'api-keys', 'create', '--project', id, '--json'))
  }

  it.each(['1', '2'])('WORKERS=%s: not one request goes wrong', { timeout: LIMIT_MS }, async (workers) => {
    const [one, two, three] = [newLoadProject('one'), newLoadProject('two'), newLoadProject('three')]
    write([one, two])
    const env: Env = {
      PORT: String(await freePort()),
      PUBLIC_URL,
      REDIS_URL: inject('redisUrl'),
      WALLETGATE_SECRET: randomBytes(32).toString('hex'),
      WALLETGATE_CONFIG: path,
      WORKERS: workers,
      METRICS_PORT: '0',
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'info',
    }
    const program = run(env)
    const port = await program.port()
    const listening = await program.logged('listening', Number(workers))
    const [metrics = {}] = workers === '1' ? listening : await program.logged('metrics of all workers')
    load(inEachDialect(port, one, two))
    await allMore(3)

    // A bad file, with a secret where none belongs.
    write('{"projects":[{"id":"one","walletkit":{"projectId":"sk_live_secret value"}},{"id":"one"}]}')
    program.signal('SIGHUP')
    await program.logged(REFUSED)
    const faults = await program.logged('fault in the configuration', 2)
    expect(faults.map(({ level, name }) => [level, name])).toEqual([
      [50, 'projects[0].walletkit.projectId'],
      [50, 'projects[1].id'],
    ])
    expect(program.stdout).not.toContain('sk_live_secret')
    await allMore(2)

    // Two more API keys of one project, in use as soon as they are made; one of them will be revoked.
    write([one, two])
    const [kept, revoked] = await Promise.all([createApiKey(env, one), createApiKey(env, one)])
    const showing = ({ key: apiKey }: { readonly key: string }): LoadTarget => ({
      port,
      publicUrl: PUBLIC_URL,
      project: one,
      dialect: 'moonkey',
      apiKey,
    })
    load([showing(kept)])
    const losing: LoadClient[] = []
    // One after the other, so that each worker gets some of the connections, and will have something to refuse.
    while (losing.length < 2 * Number(workers)) {
      losing.push(...load([showing(revoked)]))
      await allMore(1)
    }

    // Signing keys change hands: the very next token on every connection is signed with the new ones.
    const before = clients.map(({ last }) => last?.kid)
    await command(env, 'keys', 'rotate', '--force', '--project', one.id)
    for (const client of clients) client.showUnknownKey()
    await allMore(2)
    for (const [index, { target, last }] of clients.entries()) {
      const isRotated = target.project === one && target.dialect !== '4mica'
      expect([target.dialect, last?.kid !== before[index]]).toEqual([target.dialect, isRotated])
    }

    // The API key is accepted until the command begins, and perhaps for two seconds after its end.
    for (const client of losing) client.key = 'ending'
    await command(env, 'api-keys', 'revoke', revoked.id)
    const bound = setTimeout(REVOKED_WITHIN_MS)

    // A project more, meanwhile.
    write([one, two, three])
    program.signal('SIGHUP')
    const [reloaded] = await program.logged(RELOADED)
    expect(reloaded).toMatchObject({ added: [three.id], changed: [], removed: [], settings: [] })
    load(inEachDialect(port, three))
    await allMore(3)
    await bound
    for (const client of losing) client.key = 'ended'
    await allMore(3)
    expect(new Set(losing.map(({ lastRefusal }) => lastRefusal.slice(0, 12))).size).toBe(Number(workers))

    await Promise.all(clients.map((client) => client.stop()))
    for (const client of clients) {
      const { project, dialect } = client.target
      // Tokens from before all of this are good still, here and for whoever has the published keys.
      const first = client.first?.jwt ?? ''
      if (client.key === 'live') await client.accepts(first)
      if (dialect !== '4mica') {
        const place = dialect === 'moonkey' ? `/v1/auth/jwks/${project.appId}` : `/users/jwks/${project.id}`
        await jwtVerify(first, createLocalJWKSet(await keySet(port, place)))
      }
      expect(`${project.origin} ${dialect}: ${client.connections}`).toBe(`${project.origin} ${dialect}: 1`)
    }
    const scraped = await (await fetch(`http://127.0.0.1:${String(metrics['metricsPort'])}/metrics`)).text()
    expect(scraped).toMatch(/^walletgate_config_reloads_total\{outcome="applied"\} 1$/m)
    expect(scraped).toMatch(/^walletgate_config_reloads_total\{outcome="refused"\} 1$/m)
    expect(scraped).toMatch(/^walletgate_config_last_reload_successful 1$/m)
    const signIns = clients.reduce((sum, each) => sum + each.signIns, 0)
    expect(signIns).toBeGreaterThan(6 * 10)
    expect(await program.stop()).toEqual({ code: 0, signal: null })
    expect(program.stderr).toBe('')
    const wrong = program.logs.filter(({ status }) => Number(status) >= 500)
    expect(wrong).toEqual([])
  })
})
