import { describe, expect, inject, it } from 'vitest'
import { freePort } from '../support/redis-server.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { signIn } from './support/client.ts'
import { replicaEnv, useProgram } from './support/fixture.ts'

describe('WORKERS=2', () => {
  const { run } = useProgram()

  /** Request ids begin with what each process chose for itself. */
  async function prefixOfNextAnswer(port: number): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: 'close' } })
    await response.arrayBuffer()
    expect(response.status).toBe(200)
    return (response.headers.get('x-request-id') ?? '').slice(0, 12)
  }
  async function prefixes(port: number): Promise<Set<string>> {
    const seen = new Set<string>()
    for (let asked = 0; asked < 40; asked += 1) seen.add(await prefixOfNextAnswer(port))
    return seen
  }
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }

  it('both serve, one that is killed is replaced, and SIGTERM ends all with 0', async () => {
    const program = run({ ...replicaEnv(inject('redisUrl')), WORKERS: '2' })
    const port = await program.port()
    const first = (await program.logged('listening', 2)).map(({ pid }) => Number(pid))
    expect(new Set([...first, program.pid]).size).toBe(3)
    expect((await prefixes(port)).size).toBe(2)
    await signIn(port, newEthereumWallet())

    process.kill(first[0] ?? 0, 'SIGKILL')
    expect(await program.logged('worker died')).toMatchObject([{ signal: 'SIGKILL' }])
    await signIn(port, newEthereumWallet())
    const all = (await program.logged('listening', 3)).map(({ pid }) => Number(pid))
    expect((await prefixes(port)).size).toBe(2)
    await signIn(port, newEthereumWallet())

    expect(await program.stop()).toEqual({ code: 0, signal: null })
    expect(all.filter(isAlive)).toEqual([])
    expect(program.logs.filter(({ msg }) => msg === 'stopped')).toHaveLength(2)
    expect(program.banner.match(/listens on/g)).toHaveLength(1)
    expect(program.stderr).toBe('')
  })

  it('a signal to the whole process group, as from a terminal, is one request to stop', async () => {
    const program = run({ ...replicaEnv(inject('redisUrl')), WORKERS: '2' })
    await program.port()
    for (const { pid } of await program.logged('listening', 2)) process.kill(Number(pid), 'SIGINT')
    program.signal('SIGINT')
    program.signal('SIGINT')
    expect([await program.ended, program.stderr]).toEqual([{ code: 0, signal: null }, ''])
    expect(program.logs.filter(({ msg }) => msg === 'stopped')).toHaveLength(2)
  })

  it('a port that is taken is said once, by all of them together', async () => {
    const port = await freePort()
    const env = { ...replicaEnv(inject('redisUrl')), PORT: String(port) }
    await run(env).port()
    const second = run({ ...env, WORKERS: '2' })
    expect(await second.ended).toEqual({ code: 69, signal: null })
    expect(second.stderr).toBe(`cannot listen: port ${port} is in use. Stop what listens there, or set PORT.\n`)
    expect(second.banner).not.toContain('listens on')
  })
})
