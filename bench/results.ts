import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { redisVersion } from './redis-usage.ts'

const FOLDER = fileURLToPath(new URL('./results/', import.meta.url))

/** As it was when the run began. */
const COMMIT = commit()

/** What every file of results says about the run that made it. */
export interface RunFacts {
  readonly command: string
  readonly date: string
  /** With `+` where the working copy differed. */
  readonly commit: string
  readonly node: string
  readonly redis: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memoryGib: number
    readonly system: string
  }
  /** A short run, good for a look and for nothing else. */
  readonly quick: boolean
  /** What a reader has to know besides: that the machine was not quiet, say. */
  readonly note: string | null
}

/** What a command was asked for. */
export type RunOptions = Pick<RunFacts, 'command' | 'quick' | 'note'>

/** The facts of the run that goes on. */
export async function runFacts({ command, quick, note }: RunOptions): Promise<RunFacts> {
  return {
    command,
    date: new Date().toISOString(),
    commit: COMMIT,
    node: process.version,
    redis: await redisVersion(),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGib: Math.round(totalmem() / 2 ** 30),
      system: `${process.platform} ${release()}`,
    },
    quick,
    note,
  }
}

/** Keeps results as `bench/results/<name>.json`, or in another folder; a quick run's where git does not look. */
export function writeResults(name: string, results: { readonly run: RunFacts }, folder = FOLDER): string {
  const path = `${folder}${results.run.quick ? 'quick/' : ''}${name}.json`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(results, rounded, 2)}\n`)
  return relative(process.cwd(), path)
}

/** Results that were kept; null where there are none. */
export function readResults<T>(name: string, folder = FOLDER): T | null {
  try {
    return JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const isDirty = git('status', '--porcelain', '--', '.', ':!bench/results', ':!docs', ':!README.md').trim() !== ''
    return git('rev-parse', '--short=12', 'HEAD').trim() + (isDirty ? '+' : '')
  } catch {
    return 'unknown'
  }
}
