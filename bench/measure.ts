import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Measured {
  readonly port: number
  usage(): Promise<{ cpuMicroseconds: number; rssBytes: number }>
  stop(): void
}

/** Starts a server of `bench/servers`, alone on core 0 where the system can pin processes. */
export async function startMeasured(name: string, redisUrl: string | null): Promise<Measured> {
  const file = fileURLToPath(new URL(`./servers/${name}.ts`, import.meta.url))
  const command = [
    ...(process.platform === 'linux' ? ['taskset', '-c', '0'] : []),
    process.execPath,
    '--import',
    'tsx',
    file,
  ]
  const env = { ...process.env, NODE_ENV: 'test', ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }) }
  const [program = '', ...args] = command
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const { port } = await nextMessage<{ port: number }>(child)
  return {
    port,
    usage() {
      child.send('usage')
      return nextMessage(child)
    },
    stop: () => void child.kill('SIGKILL'),
  }
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the server ended with code ${code} before it answered`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message as T)
    })
  })
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
