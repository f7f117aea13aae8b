import { describe, expect, inject, it } from 'vitest'
import { signIn } from '../../e2e/support/client.ts'
import { replicaEnv, useProgram } from '../../e2e/support/fixture.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { parseExposition } from './exposition.ts'

describe('METRICS_PORT with WORKERS=2', () => {
  const { run } = useProgram()

  async function scrape(port: number) {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`)
    expect(response.status).toBe(200)
    return parseExposition(await response.text())
  }
  type Scrape = Awaited<ReturnType<typeof scrape>>
  const signIns = (seen: Scrape) =>
    seen.value('walletgate_http_requests_total', { operation: 'fourmicaVerify', status: '200', outcome: 'ok' })
  const answering = (seen: Scrape) => seen.value('walletgate_workers', { state: 'answering' })

  it('shows all workers as one, and counts that never fall when one is killed', async () => {
    const program = run({ ...replicaEnv(inject('redisUrl')), WORKERS: '2', METRICS_PORT: '0' })
    const port = await program.port()
    const metricsPort = Number((await program.logged('metrics of all workers'))[0]?.['metricsPort'])
    const pids = (await program.logged('listening', 2)).map(({ pid }) => Number(pid))

    // Connections of their own, so that both workers get some.
    const COUNT = 12
    for (let done = 0; done < COUNT; done += 1) await signIn(port, newEthereumWallet())
    const seen = await scrape(metricsPort)
    expect(signIns(seen)).toBe(COUNT)
    expect(seen.value('walletgate_http_request_duration_seconds_count', { operation: 'fourmicaVerify' })).toBe(COUNT)
    expect(seen.value('walletgate_store_operation_duration_seconds_count', { operation: 'sessions.open' })).toBe(COUNT)
    expect([seen.value('walletgate_workers', { state: 'configured' }), answering(seen)]).toEqual([2, 2])
    expect(seen.value('walletgate_ready')).toBe(1)
    // One key, whoever holds it.
    const keys = seen.samples.filter(({ name }) => name === 'walletgate_signing_key_created_timestamp_seconds')
    const now = Date.now() / 1000
    for (const { value } of keys) expect(Math.abs(now - value)).toBeLessThan(600)
    expect(keys).not.toEqual([])

    process.kill(pids[0] ?? 0, 'SIGKILL')
    await program.logged('worker died')
    const during = await scrape(metricsPort)
    expect(signIns(during)).toBe(COUNT)
    await program.logged('listening', 3)
    for (let done = 0; done < 4; done += 1) await signIn(port, newEthereumWallet())
    const after = await scrape(metricsPort)
    expect(signIns(after)).toBe(COUNT + 4)
    expect(answering(after)).toBe(2)

    expect(await program.stop()).toEqual({ code: 0, signal: null })
    expect(program.stderr).toBe('')
  })

  it('a worker that hangs is shown as it was last seen, and the rest is answered in time', async () => {
    const program = run({ ...replicaEnv(inject('redisUrl')), WORKERS: '2', METRICS_PORT: '0' })
    const port = await program.port()
    const metricsPort = Number((await program.logged('metrics of all workers'))[0]?.['metricsPort'])
    const [first] = (await program.logged('listening', 2)).map(({ pid }) => Number(pid))
    for (let done = 0; done < 4; done += 1) await signIn(port, newEthereumWallet())
    expect(signIns(await scrape(metricsPort))).toBe(4)
    process.kill(first ?? 0, 'SIGSTOP')
    try {
      const seen = await scrape(metricsPort)
      expect([signIns(seen), answering(seen)]).toEqual([4, 1])
    } finally {
      process.kill(first ?? 0, 'SIGCONT')
    }
  })

  it('a port that is taken is said with the name of its setting', async () => {
    const env = { ...replicaEnv(inject('redisUrl')), METRICS_PORT: '0' }
    const holder = run(env)
    await holder.port()
    const taken = String((await holder.logged('listening'))[0]?.['metricsPort'])
    for (const workers of ['1', '2']) {
      const second = run({ ...env, METRICS_PORT: taken, WORKERS: workers })
      expect(await second.ended).toEqual({ code: 69, signal: null })
      expect(second.stderr).toBe(
        `cannot listen: port ${taken} is in use. Stop what listens there, or set METRICS_PORT.\n`,
      )
    }
  })
})
