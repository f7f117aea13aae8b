import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PostgresServer {
  /** The connection string of its one database: a socket that only this machine reaches. */
  readonly url: string
  /** Runs SQL. */
  run(sql: string): void
  stop(): Promise<void>
}

/** Where PostgreSQL's programs are; null on a machine without it. */
export function findPostgres(): string | null {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').sort().reverse() : []
  const folders = [
    ...(process.env['PATH'] ?? '').split(':'),
    ...versions.map((version) => `/usr/lib/postgresql/${version}/bin`),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}

/** A private PostgreSQL with an empty database. It ends with this process at the latest. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const programs = findPostgres()
  if (programs === null) throw new Error('PostgreSQL is not installed')
  const directory = mkdtempSync(join(tmpdir(), 'walletgate-postgres-'))
  const data = join(directory, 'data')
  // It refuses to run as root.
  const as = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  if (as.uid !== undefined) chownSync(directory, as.uid, as.gid)
  const env = { PATH: process.env['PATH'], LC_ALL: 'C' }
  const initdb = ['-D', data, '-U', 'test', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-instructions']
  execFileSync(join(programs, 'initdb'), initdb, { ...as, env, cwd: directory, stdio: 'ignore' })
  const options = ['-D', data, '-k', directory, '-c', 'listen_addresses=', '-c', 'fsync=off']
  const child = spawn(join(programs, 'postgres'), options, { ...as, env, cwd: directory, stdio: 'ignore' })
  const exited = once(child, 'exit')
  const kill = () => child.kill('SIGQUIT')
  process.once('exit', kill)
  const url = `postgresql://test@/postgres?host=${encodeURIComponent(directory)}`
  const run = (sql: string) =>
    void execFileSync('psql', [url, '-Xq', '-v', 'ON_ERROR_STOP=1'], { input: sql, stdio: 'pipe' })
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      run('SELECT 1')
      break
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    url,
    run,
    async stop() {
      kill()
      await exited
      process.off('exit', kill)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
