import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect as openSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Sends a signal: SIGSTOP pauses, SIGCONT resumes, SIGKILL kills. */
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

/** A private Redis, in memory only unless the arguments say otherwise, on this port or any free one. */
export async function startRedisServer(
  options: { port?: number; args?: readonly string[] } = {},
): Promise<RedisServer> {
  const port = options.port ?? (await freePort())
  const directory = mkdtempSync(join(tmpdir(), 'walletgate-redis-'))
  const base = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory]
  const child = spawn(findRedisServer(), [...base, ...(options.args ?? [])], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  await waitUntilReady(port, child)
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      await exited
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** A cluster of three primaries and no replicas. */
export async function startRedisCluster(): Promise<{ ports: readonly number[]; stop(): Promise<void> }> {
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
  const servers = await Promise.all([1, 2, 3].map(() => startRedisServer({ args })))
  const nodes = servers.map(({ port }) => `127.0.0.1:${port}`)
  execFileSync('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-yes'], { stdio: 'ignore' })
  const isReady = () =>
    servers.every(({ port }) =>
      /cluster_state:ok/.test(execFileSync('redis-cli', ['-p', String(port), 'cluster', 'info']).toString()),
    )
  await until(isReady, 'the cluster did not form')
  return {
    ports: servers.map(({ port }) => port),
    stop: async () => void (await Promise.all(servers.map((each) => each.stop()))),
  }
}

/** The program, installed first where this machine lets us. */
function findRedisServer(): string {
  const given = process.env['REDIS_SERVER']
  if (given !== undefined && given !== '') return given
  if (isRunnable('redis-server')) return 'redis-server'
  if (process.getuid?.() === 0 && isRunnable('apt-get')) {
    process.stderr.write('redis-server is not installed: installing it with apt-get\n')
    const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
    spawnSync('apt-get', ['update'], quiet)
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], quiet)
    if (isRunnable('redis-server')) return 'redis-server'
  }
  throw new Error(
    'The tests need a Redis server (6.2 or newer) and found none. Install one (`apt-get install redis-server`, ' +
      '`brew install redis`), or name one: REDIS_SERVER=/path/to/redis-server npm test',
  )
}

function isRunnable(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function waitUntilReady(port: number, child: ChildProcess): Promise<void> {
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`)
    return (await ping(port)).startsWith('+PONG')
  }, 'redis-server did not become ready')
}

function ping(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = openSocket(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString())
    })
    socket.once('error', () => resolve(''))
  })
}

/** Asks again every few milliseconds until it is so. */
async function until(isSo: () => boolean | Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(otherwise)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
