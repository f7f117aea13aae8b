import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as openSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from './find-program.ts'

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Sends a signal: SIGSTOP pauses, SIGCONT resumes. */
  signal(name: NodeJS.Signals): void
  /** SIGKILL. What it had written to files stays. */
  kill(): Promise<void>
  /** Starts a killed one again: on its port, with its arguments and its files. */
  restart(): Promise<void>
  /** Kills it and removes its files. */
  stop(): Promise<void>
}

interface RedisServerOptions {
  /** Any free one, up to the highest, when it is not given. */
  readonly port?: number
  readonly highestPort?: number
  readonly args?: readonly string[]
  /** For those whose arguments shut the door: it opens with this. */
  readonly login?: { readonly user: string; readonly password: string }
  /** What its configuration file says, which it may write to: a Sentinel needs one. */
  readonly config?: string
}

/** Between our finding a port free and Redis's taking it, somebody else may take it; a few others are tried then. */
const MAX_STARTS = 5

/** A private Redis, in memory only unless the arguments say otherwise. It ends with this process at the latest. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt += 1) {
    const server = await tryToStart(options.port ?? (await freePort(options.highestPort)), options)
    if (server !== null) return server
    if (options.port !== undefined || attempt === MAX_STARTS) throw new Error('redis-server ended before it was ready')
  }
}

async function tryToStart(port: number, { args = [], config, login }: RedisServerOptions): Promise<RedisServer | null> {
  const directory = mkdtempSync(join(tmpdir(), 'walletgate-redis-'))
  // Arguments come after the file, and win.
  const file = config === undefined ? [] : [join(directory, 'redis.conf')]
  for (const path of file) writeFileSync(path, config ?? '')
  const base = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory]
  const run = () => {
    const child = spawn(findRedisServer(), [...file, ...base, ...args], { stdio: 'ignore' })
    return { child, exited: once(child, 'exit') }
  }
  let running = run()
  const killNow = () => running.child.kill('SIGKILL') // Stopped processes too.
  process.once('exit', killNow)
  const kill = async (): Promise<void> => {
    killNow()
    await running.exited
  }
  const stop = async (): Promise<void> => {
    await kill()
    process.off('exit', killNow)
    rmSync(directory, { recursive: true, force: true })
  }
  const auth = login === undefined ? '' : `AUTH ${login.user} ${login.password}\r\n`
  if (!(await isReady(port, running.child, auth))) {
    await stop()
    return null
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    signal: (name) => void running.child.kill(name),
    kill,
    async restart() {
      running = run()
      if (!(await isReady(port, running.child, auth))) throw new Error('redis-server ended before it was ready again')
    },
    stop,
  }
}

export interface RedisCluster {
  /** Of the primaries, as it was formed. */
  readonly ports: readonly number[]
  /** The primaries, then their replicas in the same order. */
  readonly servers: readonly RedisServer[]
  /** To every node. */
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

const SLOTS = 16_384
/** The nodes of a cluster talk on a port this much higher. */
const BUS_OFFSET = 10_000

/** A replica is brought up to date at once, not after waiting for others that may come. */
export const REPLICATE_AT_ONCE = ['--repl-diskless-sync-delay', '0']

/** A cluster of three primaries, each with a replica if that is asked for. */
export async function startRedisCluster(
  options: { readonly hasReplicas?: boolean; readonly args?: readonly string[] } = {},
): Promise<RedisCluster> {
  const args = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '2000',
    ...REPLICATE_AT_ONCE,
    ...(options.args ?? []),
  ]
  const start = () => startRedisServer({ highestPort: 65_535 - BUS_OFFSET, args })
  const primaries = await Promise.all([0, 1, 2].map(start))
  const replicas = options.hasReplicas === true ? await Promise.all([0, 1, 2].map(start)) : []
  const servers = [...primaries, ...replicas]
  const ports = primaries.map(({ port }) => port)
  await Promise.all(ports.map((port, index) => ask(port, `CLUSTER ADDSLOTS ${slotsOf(index, ports.length).join(' ')}`)))
  await Promise.all(servers.slice(1).map(({ port }) => ask(port, `CLUSTER MEET 127.0.0.1 ${ports[0]}`)))
  const isFormed = async (): Promise<boolean> => {
    const states = await Promise.all(servers.map(({ port }) => ask(port, 'CLUSTER INFO')))
    const known = new RegExp(`cluster_known_nodes:${servers.length}\\r`)
    return states.every((state) => /cluster_state:ok/.test(state) && known.test(state))
  }
  await until(isFormed, 'the cluster did not form')
  await Promise.all(replicas.map(({ port }, index) => replicate(port, ports[index] ?? 0)))
  return {
    ports,
    servers,
    signal: (name) => {
      for (const server of servers) server.signal(name)
    },
    stop: async () => void (await Promise.all(servers.map((each) => each.stop()))),
  }
}

/** Makes this node of a cluster a replica of that one, and waits until it is one that can take its place. */
async function replicate(port: number, primary: number): Promise<void> {
  const [id = ''] = /[0-9a-f]{40}/.exec(await ask(primary, 'CLUSTER MYID')) ?? []
  await until(async () => (await ask(port, `CLUSTER REPLICATE ${id}`)).startsWith('+OK'), 'a node knows no primary')
  const isLinked = async () => (await ask(port, 'INFO replication')).includes('master_link_status:up')
  await until(isLinked, 'a node of the cluster did not become a replica')
}

function slotsOf(index: number, count: number): number[] {
  const share = Math.ceil(SLOTS / count)
  return Array.from({ length: Math.min(share, SLOTS - index * share) }, (_, slot) => index * share + slot)
}

/** The program, installed first where this machine lets us. */
function findRedisServer(): string {
  return findProgram({
    what: 'a Redis server (6.2 or newer)',
    names: ['redis-server'],
    variable: 'REDIS_SERVER',
    package: 'redis-server',
    remedy: 'Install one (`apt-get install redis-server`, `brew install redis`)',
  })
}

/** A port nobody listens on. */
export async function freePort(highest = 65_535): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    if (address !== null && typeof address !== 'string' && address.port <= highest) return address.port
  }
}

/** Answers when this Redis does, and no other on its port; false when it ended instead. */
async function isReady(port: number, child: ChildProcess, auth: string): Promise<boolean> {
  const hasEnded = () => child.exitCode !== null
  const itself = new RegExp(`process_id:${child.pid}\\b`)
  await until(
    async () => hasEnded() || itself.test(await ask(port, `${auth}INFO server`)),
    'redis-server did not become ready',
  )
  return !hasEnded()
}

/** The beginning of Redis's answer to an inline command, as it comes; empty when there is no connection. */
export function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = openSocket(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
    socket.on('data', (data) => {
      // The answer to a login may come by itself.
      if (command.startsWith('AUTH ') && data.toString() === '+OK\r\n') return
      socket.destroy()
      resolve(data.toString())
    })
    socket.once('error', () => resolve(''))
    socket.once('close', () => resolve(''))
  })
}

/** Whether this primary has a replica that is up to date. */
export async function hasReplica(port: number): Promise<boolean> {
  return (await ask(port, 'INFO replication')).includes('state=online')
}

/** Asks again every few milliseconds until it is so. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  otherwise: string,
  limitMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(otherwise)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
