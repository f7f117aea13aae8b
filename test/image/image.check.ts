import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { fourMicaSignIn, moonKeySignIn, walletKitSignIn } from '../../bench/flows.ts'
import { benchSettings } from '../../bench/settings.ts'
import { createEthereumWallet, createSolanaWallet } from '../../bench/wallet.ts'
import { posterThrough } from '../e2e/support/agent-poster.ts'
import { RawConnection } from '../support/raw-http.ts'
import { freePort } from '../support/redis-server.ts'
import { newPrivateKey } from '../support/wallets.ts'
import { type Engine, findEngine } from './engine.ts'
import { standInForNode, standInForRuntime } from './stand-in.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TAG = 'localhost/walletgate-check'
const DOCKERFILE = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
const baseOf = (name: string) => new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(DOCKERFILE)?.[1] ?? ''
const tell = (line: string) => process.stderr.write(`${line}\n`)

/** What a cluster allows at most: see `deploy/kubernetes/base/deployment.yaml`. */
const MEMORY = '256m'
/** Everything that can be taken from a container. Nothing is writable, not even /tmp. */
const RESTRICTED = [
  ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '100'],
  ...['--memory', MEMORY, '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=512:512'],
]

const Image = z.tuple([
  z.object({
    Size: z.number(),
    Config: z.object({
      User: z.string(),
      Env: z.array(z.string()),
      Entrypoint: z.array(z.string()),
      Cmd: z.array(z.string()),
    }),
  }),
])

describe('the image', () => {
  let engine: Engine
  let image: z.infer<typeof Image>[0]
  const containers: string[] = []

  beforeAll(async () => {
    engine = findEngine()
    const buildArgs: Record<string, string> = {}
    for (const [name, standIn] of [
      ['NODE_IMAGE', standInForNode],
      ['RUNTIME_IMAGE', standInForRuntime],
    ] as const) {
      const why = await engine.pull(baseOf(name))
      if (why === null) continue
      tell(
        `NOT CHECKED: the real ${baseOf(name)}, which cannot be pulled here (${why}). An image made of the same packages stands in.`,
      )
      buildArgs[name] = await standIn(engine)
    }
    await engine.build(TAG, ROOT, buildArgs)
    image = Image.parse(JSON.parse(await engine.run('image', 'inspect', TAG)))[0]
    tell(`${engine.name}: the image has ${megabytes(image.Size)} MB`)
  })
  afterEach(async () => {
    for (const name of containers.splice(0)) await engine.run('rm', '--force', name).catch(() => {})
  })
  afterAll(() => engine?.run('image', 'rm', '--force', TAG).catch(() => {}))

  /** Starts a container that shares this machine's network; resolves with its name. */
  async function start(env: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
    const name = `walletgate-check-${randomUUID()}`
    containers.push(name)
    const given = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
    // podman would make /tmp, /run and others writable.
    const noTmp = engine.name === 'podman' ? ['--read-only-tmpfs=false'] : []
    await engine.run(
      'run',
      '--detach',
      '--name',
      name,
      '--network',
      'host',
      ...RESTRICTED,
      ...noTmp,
      ...given,
      TAG,
      ...args,
    )
    return name
  }
  async function serve(): Promise<{ readonly name: string; readonly port: number }> {
    const port = await freePort()
    const name = await start({
      ...benchSettings({ kind: 'redis', url: inject('redisUrl') }),
      PORT: String(port),
      HOST: '127.0.0.1',
    })
    for (const deadline = Date.now() + 30_000; ; ) {
      const isReady = await fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (isReady) return { name, port }
      if (Date.now() > deadline) throw new Error(`not ready: ${await engine.run('logs', name)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const inside = (name: string, code: string) => engine.run('exec', name, '/usr/local/bin/node', '-e', code)
  const signIn = async (port: number, agent = new Agent()) => {
    const poster = posterThrough(agent, port)
    const key = () => Buffer.from(newPrivateKey().slice(2), 'hex')
    await fourMicaSignIn(poster, createEthereumWallet(key()))
    await moonKeySignIn(poster, createEthereumWallet(key()))
    await moonKeySignIn(poster, createSolanaWallet(key()))
    await walletKitSignIn(poster, createEthereumWallet(key()))
    await walletKitSignIn(poster, createSolanaWallet(key()))
  }

  it('is small, starts as nobody, and carries no secret', async () => {
    expect(image.Size / 1_000_000).toBeLessThan(220)
    expect(image.Config).toMatchObject({
      User: '10001:10001',
      Entrypoint: ['/usr/local/bin/node', '--enable-source-maps', 'dist/walletgate.js'],
      Cmd: ['start'],
    })
    const env = Object.fromEntries(image.Config.Env.map((line) => line.split('=', 2)))
    expect(env).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', PORT: '8787' })
    expect(Object.keys(env).filter((name) => /SECRET|PASSWORD|TOKEN|KEY|CA_CERTS|npm/i.test(name))).toEqual([])
  })

  it('holds what the server runs and nothing else', async () => {
    const name = await start({ STORE: 'memory' })
    const code = `
      const fs = require('node:fs')
      const has = (path) => fs.existsSync(path)
      const size = (path) => fs.lstatSync(path).isDirectory()
        ? fs.readdirSync(path).reduce((sum, entry) => sum + size(path + '/' + entry), 0) : fs.lstatSync(path).size
      console.log(JSON.stringify({
        app: fs.readdirSync('/app').sort(),
        programs: ['/bin/sh', '/usr/bin/sh', '/bin/bash', '/usr/local/bin/npm', '/usr/bin/apt', '/usr/bin/curl'].filter(has),
        development: ['typescript', 'esbuild', 'vitest', '@biomejs', '@foundry-rs', 'ethers', 'viem'].filter((each) => has('/app/node_modules/' + each)),
        owners: [...new Set(['/app', '/app/dist', '/app/dist/walletgate.js', '/app/node_modules'].map((path) => fs.statSync(path).uid))],
        sizes: { node: size('/usr/local/bin/node'), modules: size('/app/node_modules'), dist: size('/app/dist') },
      }))`
    const found = JSON.parse(await inside(name, code))
    tell(
      `of it node ${megabytes(found.sizes.node)} MB, node_modules ${megabytes(found.sizes.modules)} MB, dist ${megabytes(found.sizes.dist)} MB`,
    )
    expect(found).toMatchObject({
      app: ['dist', 'node_modules', 'package.json'],
      programs: [],
      development: [],
      owners: [0],
    })
  })

  it('runs as PID 1 without root, capabilities or a place to write, and serves sign-ins in every dialect', async () => {
    const { name, port } = await serve()
    const code = `
      const fs = require('node:fs')
      const status = Object.fromEntries(fs.readFileSync('/proc/1/status', 'utf8').split('\\n').map((line) => line.split(':\\t')))
      const canWrite = (path) => { try { fs.writeFileSync(path + '/x', ''); return true } catch { return false } }
      console.log(JSON.stringify({
        command: fs.readFileSync('/proc/1/cmdline', 'utf8').split('\\0').slice(0, 4),
        uid: status.Uid.split('\\t'), groups: status.Gid.split('\\t'),
        capabilities: [status.CapPrm, status.CapEff, status.CapBnd, status.CapInh, status.CapAmb].map((each) => parseInt(each, 16)),
        noNewPrivileges: status.NoNewPrivs,
        writable: ['/', '/app', '/app/dist', '/tmp', '/run', '/var/tmp', '/etc'].filter(canWrite),
      }))`
    expect(JSON.parse(await inside(name, code))).toEqual({
      command: ['/usr/local/bin/node', '--enable-source-maps', 'dist/walletgate.js', 'start'],
      uid: ['10001', '10001', '10001', '10001'],
      groups: ['10001', '10001', '10001', '10001'],
      capabilities: [0, 0, 0, 0, 0],
      noNewPrivileges: '1',
      writable: [],
    })
    await signIn(port)
    expect(await engine.run('exec', name, '/usr/local/bin/node', 'dist/walletgate.js', 'healthcheck')).toBe('ready')
    expect(await health(name)).toBe('healthy')
    const list = await engine.run('exec', name, '/usr/local/bin/node', 'dist/walletgate.js', 'keys', 'list', '--json')
    expect(JSON.parse(list)).not.toEqual([])
  })

  it('stays within the memory of the manifest under load', async () => {
    const { name, port } = await serve()
    const resident = async () => {
      const code = "console.log(require('node:fs').readFileSync('/proc/1/status', 'utf8').match(/VmRSS:\\s+(\\d+)/)[1])"
      return Number(await inside(name, code)) * 1024
    }
    const idle = await resident()
    const clients = Array.from({ length: 16 }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      for (let round = 0; round < 25; round += 1) await signIn(port, agent)
      agent.destroy()
    })
    await Promise.all(clients)
    const busy = await resident()
    tell(
      `memory: ${megabytes(idle)} MB when it listens, ${megabytes(busy)} MB after ${16 * 25 * 5} sign-ins by 16 clients`,
    )
    expect(idle).toBeLessThan(128 * 1024 * 1024)
    expect(busy).toBeLessThan(230 * 1024 * 1024)
  })

  it('answers what is in flight at SIGTERM and is gone within two seconds', async () => {
    const { name, port } = await serve()
    const body = '{"address":"0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"}'
    const slow = await RawConnection.open(port)
    slow.write(
      `POST /auth/nonce HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
    )
    // The server has the beginning once it answers something that was sent after it.
    await fetch(`http://127.0.0.1:${port}/healthz`).then((response) => response.arrayBuffer())
    const signalledAt = performance.now()
    const stopped = engine.run('stop', '--time', '10', name).then(() => performance.now() - signalledAt)
    await refused(port)
    slow.write(body.slice(9))
    expect(await slow.next()).toMatchObject({ status: 200 })
    const took = await stopped
    tell(`stopped ${Math.round(took)} ms after SIGTERM, with a request in flight`)
    expect(took).toBeLessThan(2_000)
    expect(await engine.run('inspect', '--format', '{{.State.ExitCode}}', name)).toBe('0')
  })

  it('says what is missing when it is started without settings, and is a command besides', async () => {
    const bare = await start({})
    expect(await engine.run('wait', bare)).not.toBe('0')
    const { stdout, stderr } = await logs(bare)
    expect(stdout + stderr).toContain('STORE is missing')
    const help = await start({}, '--help')
    expect(await engine.run('wait', help)).toBe('0')
    expect((await logs(help)).stdout).toContain('Usage: walletgate')
  })

  /** What the engine's own health check finds. */
  async function health(name: string): Promise<string> {
    if (engine.name === 'podman') {
      return await engine.run('healthcheck', 'run', name).then(
        () => 'healthy',
        () => 'unhealthy',
      )
    }
    for (const deadline = Date.now() + 30_000; ; ) {
      const status = await engine.run('inspect', '--format', '{{.State.Health.Status}}', name)
      if (status !== 'starting' || Date.now() > deadline) return status
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  async function logs(name: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const { execFile } = await import('node:child_process')
    return await new Promise((resolve) => {
      execFile(engine.name, ['logs', name], (_, stdout, stderr) => resolve({ stdout, stderr }))
    })
  }
})

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)

/** Resolves when nobody listens there any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const connection = await RawConnection.open(port).catch(() => null)
    if (connection === null) return
    connection.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
