import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { signIn } from '../../e2e/support/client.ts'
import { replicaEnv, useProgram } from '../../e2e/support/fixture.ts'
import { freePort } from '../../support/redis-server.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { startCollector } from './collector.ts'

describe('a program that traces', () => {
  const { run } = useProgram()

  it('sends what each of its workers did before it ends', async () => {
    const collector = await startCollector()
    onTestFinished(() => collector.stop())
    const env = { ...replicaEnv(inject('redisUrl')), OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, WORKERS: '2' }
    const program = run(env)
    const port = await program.port()
    const pids = (await program.logged('listening', 2)).map(({ pid }) => pid)
    // A connection is one worker's, and they take turns.
    const ask = () => fetch(`http://127.0.0.1:${port}/nothing`, { headers: { connection: 'close' } })
    for (let asked = 0; asked < 20; asked += 1) await (await ask()).arrayBuffer()
    expect(await program.stop()).toEqual({ code: 0, signal: null })
    const spans = collector.spans()
    expect(spans).toHaveLength(20)
    expect(new Set(spans.map(({ resource }) => resource['process.pid']))).toEqual(new Set(pids))
    expect(new Set(spans.map(({ resource }) => resource['service.instance.id'])).size).toBe(2)
    expect(spans[0]?.resource).toMatchObject({ 'service.name': 'walletgate' })
    expect(program.stderr).toBe('')
  })

  it.each(['is not there', 'never answers'])('ends soon after SIGTERM when its collector %s', async (fault) => {
    const collector = await startCollector(await freePort())
    collector.answer = () => {}
    if (fault === 'is not there') await collector.stop()
    else onTestFinished(() => collector.stop())
    const program = run({ PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    await signIn(await program.port(), newEthereumWallet())
    const since = performance.now()
    program.signal('SIGTERM')
    expect(await program.ended).toEqual({ code: 0, signal: null })
    // Of which one second is the flush's, and a quarter the drain's.
    expect(performance.now() - since).toBeLessThan(5_000)
    expect(program.stderr).toBe('')
  })
})
