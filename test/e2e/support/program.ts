import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export type Env = Readonly<Record<string, string>>
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const LIMIT_MS = 15_000

/** One run of the built program, with this environment and nothing else but `PATH`. */
export class Program {
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly ended: Promise<Ending>
  #hasEnded = false
  readonly #watchers = new Set<() => void>()

  constructor(entry: string, env: Env, args: readonly string[] = []) {
    const child = spawn(process.execPath, [entry, ...args], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#look()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#look()
    })
    // `close` comes when all output has been read, `exit` may come before.
    this.ended = once(child, 'close').then(([code, signal]) => {
      this.#hasEnded = true
      this.#look()
      return { code: code as number | null, signal: signal as NodeJS.Signals | null }
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Every JSON line of the log so far. */
  get logs(): readonly Record<string, unknown>[] {
    return this.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as Record<string, unknown>]
        } catch {
          return [] // the last one, not wholly here yet
        }
      })
  }

  /** The same for what a person reads. */
  get banner(): string {
    return this.stdout
      .split('\n')
      .filter((line) => !line.startsWith('{'))
      .join('\n')
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** The first value that is not undefined; rejects when the program ends without it. */
  async until<T>(read: () => T | undefined, what: string): Promise<T> {
    const deadline = AbortSignal.timeout(LIMIT_MS)
    for (;;) {
      const value = read()
      if (value !== undefined) return value
      if (this.#hasEnded || deadline.aborted) {
        throw new Error(`waited in vain for ${what}; stdout: ${this.stdout}\nstderr: ${this.stderr}`)
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#watchers.delete(wake)
          deadline.removeEventListener('abort', wake)
          resolve()
        }
        this.#watchers.add(wake)
        deadline.addEventListener('abort', wake)
      })
    }
  }

  /** The port it serves, once it does. */
  async port(): Promise<number> {
    const read = () => /listens on http:\/\/[^\s]*:(\d+) /.exec(this.stdout)?.[1]
    return Number(await this.until(read, 'the announcement'))
  }

  /** Log lines with this message, once there are so many. */
  logged(message: string, count = 1): Promise<readonly Record<string, unknown>[]> {
    return this.until(() => {
      const lines = this.logs.filter(({ msg }) => msg === message)
      return lines.length >= count ? lines : undefined
    }, `${count} × "${message}"`)
  }

  /** Asks it to stop, whatever came of the test. */
  async stop(): Promise<Ending> {
    if (!this.#hasEnded) this.signal('SIGTERM')
    const cut = setTimeout(() => this.signal('SIGKILL'), LIMIT_MS)
    const ending = await this.ended
    clearTimeout(cut)
    return ending
  }

  #look(): void {
    for (const wake of this.#watchers) wake()
  }
}
