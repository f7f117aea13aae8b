import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { findProgram } from '../support/find-program.ts'
import { startRedisServer } from '../support/redis-server.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { signIn, statusOf } from './support/client.ts'
import { replicaEnv, useProgram } from './support/fixture.ts'
import { type LoadProject, newLoadProject } from './support/load-project.ts'

const RELOADED = 'configuration reloaded'

describe('SIGHUP', () => {
  const { run, entry } = useProgram()
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'walletgate-signals-'))
    path = join(folder, 'projects.json')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function write(projects: readonly LoadProject[], server: object = {}): void {
    writeFileSync(`${path}.new`, JSON.stringify({ projects: projects.map(({ json }) => json), server }))
    renameSync(`${path}.new`, path)
  }
  const fileEnv = (redisUrl: string) => ({
    PORT: '0',
    PUBLIC_URL: 'https://auth.example.test',
    REDIS_URL: redisUrl,
    WALLETGATE_SECRET: randomBytes(32).toString('hex'),
    WALLETGATE_CONFIG: path,
  })
  const knows = async (port: number, { appId }: LoadProject) => (await statusOf(port, `/v1/auth/jwks/${appId}`)) === 200

  it.each(['1', '2'])('without a file there is nothing to reload, and WORKERS=%s go on', async (workers) => {
    const program = run({ ...replicaEnv(inject('redisUrl')), WORKERS: workers })
    const port = await program.port()
    const pids = (await program.logged('listening', Number(workers))).map(({ pid }) => Number(pid))
    program.signal('SIGHUP')
    const [line] = await program.logged('SIGHUP: nothing to reload, because WALLETGATE_CONFIG is not set')
    expect(line).toMatchObject({ level: 30 })
    // To a worker too, as a whole process group gets it.
    for (const pid of pids) process.kill(pid, 'SIGHUP')
    await signIn(port, newEthereumWallet())
    expect(await program.stop()).toEqual({ code: 0, signal: null })
    expect(program.logs.filter(({ msg }) => msg === 'worker died')).toEqual([])
  })

  it('in the middle of a stop changes nothing about it', async () => {
    const [one, two] = [newLoadProject('one'), newLoadProject('two')]
    write([one])
    const program = run(fileEnv(inject('redisUrl')))
    await program.port()
    write([one, two])
    program.signal('SIGTERM')
    program.signal('SIGHUP')
    program.signal('SIGHUP')
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(program.logs.filter(({ msg }) => msg === 'stopped')).toHaveLength(1)
    expect(program.stderr).toBe('')
  })

  it('as early as can be is no death, and the file that is there then is in force', async () => {
    const [one, two] = [newLoadProject('one'), newLoadProject('two')]
    write([one])
    const program = run({ ...fileEnv(inject('redisUrl')), LOG_LEVEL: 'debug', STORE: 'redis' })
    // The first word of a start: the port is not bound yet.
    await program.until(() => (program.stdout === '' ? undefined : true), 'anything')
    write([one, two])
    program.signal('SIGHUP')
    const port = await program.port()
    await program.logged(RELOADED)
    expect(await knows(port, two)).toBe(true)
  })

  it('says which settings of the server wait for a restart, and applies the rest', async () => {
    const [one, two] = [newLoadProject('one'), newLoadProject('two')]
    write([one])
    const program = run(fileEnv(inject('redisUrl')))
    const port = await program.port()
    write([one, two], { workers: 2, host: '0.0.0.0', logLevel: 'warn' })
    program.signal('SIGHUP')
    const [waiting] = await program.logged('configuration reloaded: these settings wait for a restart')
    expect(waiting).toMatchObject({ level: 40, settings: ['server.host', 'server.workers'] })
    expect(await knows(port, two)).toBe(true)
    // Answers are logged at info.
    expect(program.logs.filter(({ path: asked }) => asked === `/v1/auth/jwks/${two.appId}`)).toEqual([])
    write([one], { logLevel: 'info' })
    program.signal('SIGHUP')
    await program.logged(RELOADED)
    expect(await knows(port, two)).toBe(false)
  })

  it('a worker that is replaced runs with what is in force, and not with the file', async () => {
    const [one, two] = [newLoadProject('one'), newLoadProject('two')]
    write([one])
    const program = run({ ...fileEnv(inject('redisUrl')), WORKERS: '2' })
    const port = await program.port()
    await program.logged('listening', 2)
    write([one, two])
    program.signal('SIGHUP')
    await program.logged(RELOADED)
    writeFileSync(path, '{"projects":')
    program.signal('SIGHUP')
    await program.logged('configuration not reloaded, the one before stays: it has faults')
    for (const { pid } of await program.logged('listening', 2)) process.kill(Number(pid), 'SIGKILL')
    const all = await program.logged('listening', 4)
    // Connections are dealt out in turn: both successors are asked.
    for (let asked = 0; asked < 8; asked += 1) expect(await knows(port, two)).toBe(true)

    // And they follow what comes.
    write([two])
    program.signal('SIGHUP')
    await program.logged(RELOADED, 2)
    for (let asked = 0; asked < 8; asked += 1) expect(await knows(port, one)).toBe(false)
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(4)
    expect(program.stderr).toBe('')
  })

  it('is refused by all workers together when one cannot make keys, and is taken when they can', async () => {
    const redis = await startRedisServer()
    try {
      const [one, two] = [newLoadProject('one'), newLoadProject('two')]
      write([one])
      const program = run({ ...fileEnv(redis.url), WORKERS: '2' })
      const port = await program.port()
      await program.logged('listening', 2)
      write([one, two])
      redis.signal('SIGSTOP')
      program.signal('SIGHUP')
      await program.logged('configuration could not be prepared', 2)
      const failed = 'configuration not reloaded, the one before stays: it could not be applied. Send SIGHUP again'
      const [line] = await program.logged(failed)
      expect(line).toMatchObject({ level: 50, err: { message: expect.stringContaining('AuthError redis_') } })
      redis.signal('SIGCONT')
      for (let asked = 0; asked < 4; asked += 1) expect(await knows(port, two)).toBe(false)
      program.signal('SIGHUP')
      await program.logged(RELOADED)
      for (let asked = 0; asked < 4; asked += 1) expect(await knows(port, two)).toBe(true)
    } finally {
      await redis.stop()
    }
  })

  it('of a terminal that is closed ends the server in it, as it always did; sent by hand it does not', async () => {
    const script = findProgram({
      what: 'script, which runs a program in a terminal',
      names: ['script'],
      variable: 'SCRIPT',
      package: 'bsdutils',
      remedy: 'Install one (`apt-get install bsdutils`)',
    })
    const command = [process.execPath, entry(), 'start']
    const isBsd = process.platform === 'darwin'
    const args = isBsd ? ['-q', '/dev/null', ...command] : ['-qec', command.join(' '), '/dev/null']
    const terminal = spawn(script, args, {
      env: { PATH: process.env['PATH'], PORT: '0' },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    let shown = ''
    const until = async (pattern: RegExp): Promise<string> => {
      for (;;) {
        const [, found] = pattern.exec(shown) ?? []
        if (found !== undefined) return found
        const [text] = await once(terminal.stdout.setEncoding('utf8'), 'data', { signal: AbortSignal.timeout(15_000) })
        shown += String(text)
      }
    }
    const pid = Number(await until(/"pid":(\d+)/))
    const port = Number(await until(/"port":(\d+)/))
    process.kill(pid, 'SIGHUP')
    await until(/(nothing to reload)/)
    terminal.kill('SIGKILL')
    const isServing = () => statusOf(port, '/healthz').then(Boolean, () => false)
    // Nobody is told of the end of a stranger's child.
    const deadline = Date.now() + 15_000
    while ((await isServing()) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await isServing()).toBe(false)
  })
})
