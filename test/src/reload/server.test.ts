import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, it, onTestFinished } from 'vitest'
import { post, statusOf } from '../../e2e/support/client.ts'
import { DIALECTS } from '../../e2e/support/load-client.ts'
import { type LoadProject, newLoadProject } from '../../e2e/support/load-project.ts'
import { STORES } from '../../support/gateway.ts'
import { RawConnection } from '../../support/raw-http.ts'
import { startRedisServer } from '../../support/redis-server.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { parseExposition } from '../metrics/exposition.ts'
import { SECRET, startReceiver } from '../webhooks/receiver.ts'
import { fileOf, Running } from './running.ts'

const running: Running[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ server }) => server.stop()))
})
async function start(file: object, env: Record<string, string> = {}): Promise<Running> {
  const started = await Running.start(file, env)
  running.push(started)
  return started
}

describe.each(STORES)('a reload on %s', (store) => {
  const env = () => (store === 'redis' ? { REDIS_URL: inject('redisUrl') } : {})

  it('a project that is removed is refused like one that never was, and one that stays does not notice', async () => {
    const [stays, goes] = [newLoadProject('stays'), newLoadProject('goes')]
    const server = await start(fileOf(stays, goes), env())
    const theirs = await Promise.all(DIALECTS.map((dialect) => server.signIn(goes, dialect)))
    const ours = await Promise.all(DIALECTS.map((dialect) => server.signIn(stays, dialect)))
    const wallet = newEthereumWallet()
    const template = await post(server.port, '/auth/nonce', { address: wallet.address })
    expect(template.status).toBe(200)

    const { projects } = await server.reload(fileOf(stays))
    expect(projects).toEqual({ added: [], changed: [], removed: [goes.id] })
    const [walletKit, moonKey] = theirs
    await expect(walletKit?.accepts(walletKit.first?.jwt ?? '')).rejects.toThrow('/wallets answered 403')
    await expect(moonKey?.accepts(moonKey.first?.jwt ?? '')).rejects.toThrow('/v1/auth/sessions/verify answered 401')
    for (const dialect of ['walletkit', 'moonkey'] as const) {
      await expect(server.signIn(goes, dialect)).rejects.toThrow(/answered 40[13]/)
    }
    // A 4mica request names no project: the first one answers, and gives nothing that was the other's.
    await expect(server.signIn(goes, '4mica')).rejects.toThrow('not signed with the secret of its project')
    expect(await statusOf(server.port, `/v1/auth/jwks/${goes.appId}`)).toBe(404)
    expect(await statusOf(server.port, `/users/jwks/${goes.id}`)).toBe(404)
    for (const client of ours) await client.accepts(client.first?.jwt ?? '')
    await Promise.all(DIALECTS.map((dialect) => server.signIn(stays, dialect)))

    // It is switched off, not deleted: once it is back, its sessions and keys are.
    await server.reload(fileOf(stays, goes))
    for (const client of theirs) await client.accepts(client.first?.jwt ?? '')
  })

  it('a project that is added signs in at once, and readiness never fails on the way', async () => {
    const [one, two] = [newLoadProject('one'), newLoadProject('two')]
    const server = await start(fileOf(one), env())
    await server.signIn(one, 'walletkit')
    const prepared = await server.prepare(fileOf(one, two))
    await expect(server.signIn(two, 'walletkit')).rejects.toThrow('answered 403')
    prepared.use(false)
    expect(await statusOf(server.port, '/readyz')).toBe(200)
    await Promise.all(DIALECTS.map((dialect) => server.signIn(two, dialect)))
  })

  it('what is discarded changes nothing', async () => {
    const [one, two] = [newLoadProject('one'), newLoadProject('two')]
    const server = await start(fileOf(one), env())
    ;(await server.prepare(fileOf(two))).discard()
    await server.signIn(one, 'walletkit')
    await expect(server.signIn(two, 'walletkit')).rejects.toThrow('answered 403')
  })

  it('a key that is taken away is refused from the next request on', async () => {
    const project = newLoadProject('one')
    const server = await start(fileOf(project), env())
    const client = await server.signIn(project, 'moonkey')
    const other = newLoadProject('other')
    const changed: LoadProject = {
      ...project,
      json: { ...project.json, moonkey: { appId: project.appId, secretKeys: [other.secretKey] } },
    }
    await server.reload(fileOf(changed))
    await expect(client.accepts(client.first?.jwt ?? '')).rejects.toThrow('answered 401')
    const fresh = await server.signIn({ ...changed, secretKey: other.secretKey }, 'moonkey')
    await fresh.accepts(client.first?.jwt ?? '')
  })

  it('a request under way finishes as it began, and the next on its connection is served anew', async () => {
    const [stays, goes] = [newLoadProject('stays'), newLoadProject('goes')]
    const server = await start(fileOf(stays, goes), env())
    const body = JSON.stringify({ sign_in_wallet: newEthereumWallet().address })
    const head = `POST /users/login-with-wallet HTTP/1.1\r\nHost: x\r\nX-WalletKit-Project-ID: ${goes.id}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const connection = await RawConnection.open(server.port)
    connection.write(head + body.slice(0, 10))
    // Whatever was sent before on another connection has been seen once this is answered.
    await statusOf(server.port, '/healthz')
    await statusOf(server.port, '/healthz')
    await server.reload(fileOf(stays))
    connection.write(body.slice(10))
    expect((await connection.next())?.status).toBe(200)
    connection.write(head + body)
    expect((await connection.next())?.status).toBe(403)
    connection.destroy()
  })

  it('metrics go on: no series twice, no count that falls, and what came to be is shown', async () => {
    const one = newLoadProject('one')
    const server = await start(fileOf(one), env())
    await server.signIn(one, 'walletkit')
    const count = async () => {
      const seen = parseExposition(await server.scrape())
      return [
        seen.value('walletgate_http_requests_total', { operation: 'walletkitVerifyLogin', status: '200' }),
        seen.find('walletgate_webhooks_total', { outcome: 'queued' }),
      ]
    }
    expect(await count()).toEqual([1, undefined])
    const receiver = await startReceiver()
    onTestFinished(() => receiver.stop())
    const url = `http://127.0.0.1:${receiver.port}/hook`
    // Plain http to this machine is for the memory store alone; with Redis the address is never reached.
    const webhooks = [{ url: store === 'memory' ? url : url.replace('http:', 'https:'), secret: SECRET }]
    await server.reload({ projects: [{ ...one.json, webhooks }] })
    await server.signIn(one, 'walletkit')
    const [signIns, queued] = await count()
    expect(signIns).toBe(2)
    expect(queued).toBeGreaterThan(0)
  })
})

describe('a reload', () => {
  it('whose keys cannot be made, because Redis does not answer, leaves everything as it is', async () => {
    const redis = await startRedisServer()
    onTestFinished(() => redis.stop())
    const [one, two] = [newLoadProject('one'), newLoadProject('two')]
    const server = await start(fileOf(one), { REDIS_URL: redis.url })
    const client = await server.signIn(one, 'walletkit')
    expect(await statusOf(server.port, '/readyz')).toBe(200)
    redis.signal('SIGSTOP')
    try {
      await expect(server.reload(fileOf(one, two))).rejects.toMatchObject({ code: 'store_unavailable' })
      // What takes no new keys takes no store either: those of this project are at hand.
      const renamed = { projects: [{ ...one.json, name: 'Another name' }] }
      expect((await server.reload(renamed)).projects.changed).toEqual([one.id])
    } finally {
      redis.signal('SIGCONT')
    }
    await client.accepts(client.first?.jwt ?? '')
    await expect(server.signIn(two, 'walletkit')).rejects.toThrow('answered 403')
    expect(await statusOf(server.port, '/readyz')).toBe(200)
    await server.reload(fileOf(one, two))
    await server.signIn(two, 'walletkit')
  })

  it('in the middle of a stop is not put into force', async () => {
    const [one, two] = [newLoadProject('one'), newLoadProject('two')]
    const { server, ...rest } = await Running.start(fileOf(one))
    const other = await Running.start(fileOf(one))
    const prepared = await other.prepare(fileOf(two))
    const stopped = other.server.stop()
    prepared.use(true)
    await stopped
    await server.stop()
    expect(rest.logs.filter(({ level }) => Number(level) >= 50)).toEqual([])
    expect(other.logs.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })

  it('is a fact of each project that it concerns, by id and without a value', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'walletgate-reload-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'trail.ndjson')
    const [one, two, three] = [newLoadProject('one'), newLoadProject('two'), newLoadProject('three')]
    const server = await Running.start(fileOf(one, two), { AUDIT_LOG: path })
    const changed = { ...one, json: { ...one.json, name: 'Another name' } }
    await server.reload(fileOf(three, changed))
    ;(await server.prepare(fileOf(one))).use(false)
    await server.server.stop()
    const facts = readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(facts.map(({ audit, id, time, ...fact }) => fact)).toEqual([
      { event: 'project.added', project: three.id },
      { event: 'project.changed', project: one.id },
      { event: 'project.removed', project: two.id },
    ])
  })

  it('brings webhooks, changes and takes them away; what waited for one that is back arrives', async () => {
    const one = newLoadProject('one')
    const receiver = await startReceiver()
    onTestFinished(() => receiver.stop())
    const url = `http://127.0.0.1:${receiver.port}/hook`
    const tell = (webhook: object | null) => ({
      projects: [{ ...one.json, ...(webhook !== null && { webhooks: [{ url, secret: SECRET, ...webhook }] }) }],
    })
    const typesOf = () => receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type)
    const server = await start(tell(null))
    await server.signIn(one, '4mica')

    await server.reload(tell({ events: ['session.opened', 'project.changed'] }))
    await server.signIn(one, '4mica')
    await receiver.until(2)
    expect(typesOf().sort()).toEqual(['project.changed', 'session.opened'])

    // One that fails keeps what waits for it, through a change and through its absence.
    receiver.answer = (response) => response.writeHead(500).end()
    await server.reload(tell({ events: ['session.opened'] }))
    await server.signIn(one, '4mica')
    await receiver.until(3)
    await server.reload(tell(null))
    await server.signIn(one, '4mica')
    receiver.answer = (response) => response.writeHead(204).end()
    await server.reload(tell({ events: ['session.opened'] }))
    const repeated = (await receiver.until(4)).slice(2)
    expect(new Set(repeated.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(typesOf()).toHaveLength(4)
  })
})
