import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort } from '../test/support/redis-server.ts'
import { Connection } from './connection.ts'
import { measuredCore } from './pin.ts'

/** What a server took since it started; memory, files and handles as they are now; of all its processes. */
export interface Usage {
  readonly cpuMicroseconds: number
  readonly rssBytes: number
  readonly heapBytes: number
  readonly files: number
  readonly handles: number
}

export interface Measured {
  readonly port: number
  /** From the start of the process to its first answer, milliseconds. */
  readonly startMs: number
  usage(): Promise<Usage>
  /** The same, once all garbage is collected. */
  usageAfterCollection(): Promise<Usage>
  stop(): Promise<void>
}

export interface MeasuredProgram {
  /** The command line of Node after its options. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The compiled `usage-reporter`. */
  readonly reporter: string
  /** How many processes report: the supervisor of several workers is one of them. */
  readonly processes?: number
}

/** Longer than a server's own limit for requests in flight. */
const STOP_LIMIT_MS = 15_000
const START_LIMIT_MS = 30_000

/** None of them outlives this process. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a server and waits for its first answer. What it logs goes nowhere, at the cost of writing it. */
export async function startMeasured(program: MeasuredProgram): Promise<Measured> {
  const { command, env, reporter, processes = 1 } = program
  const folder = mkdtempSync(join(tmpdir(), 'wg-bench-'))
  const port = await freePort()
  const [file = '', ...args] = [...measuredCore(), process.execPath, '--import', reporter, ...command]
  const startedAt = performance.now()
  const child = spawn(file, args, {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', BENCH_USAGE_FOLDER: folder, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  running.add(child)
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const cut = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(cut)
    running.delete(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const ask = async (question: string): Promise<Usage> => {
    const sockets = readdirSync(folder).filter((name) => name.endsWith('.sock'))
    const answers = await Promise.all(sockets.map((name) => askProcess(join(folder, name), question)))
    return answers.reduce(sum)
  }
  try {
    await firstAnswer(port, child)
    const startMs = performance.now() - startedAt
    while (readdirSync(folder).length < processes) await firstAnswer(port, child)
    return { port, startMs, usage: () => ask('usage'), usageAfterCollection: () => ask('collect'), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Polled: what is timed is when a stranger first gets an answer. */
async function firstAnswer(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode} before it answered`)
    const connection = await Connection.open(port).catch(() => null)
    if (connection === null) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      continue
    }
    try {
      await connection.send('GET', '/healthz', {})
      return
    } finally {
      connection.close()
    }
  }
  throw new Error(`the server did not answer within ${START_LIMIT_MS} ms`)
}

async function askProcess(path: string, question: string): Promise<Usage> {
  const socket = connect(path)
  socket.write(question)
  return JSON.parse(await text(socket)) as Usage
}

function sum(a: Usage, b: Usage): Usage {
  return {
    cpuMicroseconds: a.cpuMicroseconds + b.cpuMicroseconds,
    rssBytes: a.rssBytes + b.rssBytes,
    heapBytes: a.heapBytes + b.heapBytes,
    files: a.files + b.files,
    handles: a.handles + b.handles,
  }
}
