import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../../src/logger.ts'
import { logExportEvents } from '../../../src/tracing/log-export-events.ts'
import { openTracing } from '../../../src/tracing/open-tracing.ts'
import { post, signIn } from '../../e2e/support/client.ts'
import { freePort } from '../../support/redis-server.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { loadWith } from '../config/load-with.ts'
import { startCollector } from './collector.ts'
import { startTraced } from './traced-server.ts'

/** Below what an export may take, and generous for what is asked on a busy machine, milliseconds. */
const PROMPT_MS = 8_000
/** The limit of a flush, and as much again thrice for a busy machine, milliseconds. */
const STOP_MS = 4_000
/** As many spans as leave at once. */
const BATCH = 256

async function time(act: () => Promise<unknown>): Promise<number> {
  const since = performance.now()
  await act()
  return performance.now() - since
}

async function ask(port: number, requests: number): Promise<void> {
  for (let asked = 0; asked < requests; asked += 1) {
    const answer = await post(port, '/auth/nonce', { address: 'x' })
    await answer.arrayBuffer()
    expect(answer.status).toBe(400)
  }
}

/** Traces without a server: `note` ends so many spans. */
function openAlone(endpoint: string) {
  const settings = loadWith({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint })
  if (settings.tracing === null) throw new Error('nothing is traced')
  const logs: Record<string, unknown>[] = []
  const logger = createLogger('debug', { write: (line: string) => void logs.push(JSON.parse(line)) })
  const tracing = openTracing(settings.tracing, settings, logExportEvents(logger))
  const transport = tracing.traceDeliveries('nothing', {
    send: async () => ({ outcome: 'sent' }),
    close: async () => {},
  })
  return {
    logs,
    close: () => tracing.close(),
    async note(spans: number) {
      const { signal } = new AbortController()
      for (let sent = 0; sent < spans; sent += 1) await transport.send({}, { id: 'a', signal })
    },
  }
}

describe('a collector that', () => {
  it('is not there costs no request anything, holds up no stop, and its address stays out of the log', async () => {
    const port = await freePort()
    const server = await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/with-a-key-in-it` })
    expect(await time(() => signIn(server.port, newEthereumWallet()))).toBeLessThan(PROMPT_MS)
    expect(await time(() => ask(server.port, BATCH / 2))).toBeLessThan(PROMPT_MS)
    expect(await time(() => server.stop())).toBeLessThan(STOP_MS)
    expect(JSON.stringify(server.logs)).not.toContain('with-a-key-in-it')
  })

  it('never answers holds up no request and no stop', async () => {
    const collector = await startCollector()
    onTestFinished(() => collector.stop())
    collector.answer = () => {}
    const server = await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    await ask(server.port, BATCH / 2)
    await expect.poll(() => collector.exports.length, { timeout: 10_000 }).toBe(1)
    expect(await time(() => ask(server.port, BATCH / 2))).toBeLessThan(PROMPT_MS)
    expect(await time(() => signIn(server.port, newEthereumWallet()))).toBeLessThan(PROMPT_MS)
    expect(await time(() => server.stop())).toBeLessThan(STOP_MS)
  })

  it('never answers gets one batch at a time; so many spans wait, and the rest is dropped', async () => {
    const collector = await startCollector()
    onTestFinished(() => collector.stop())
    collector.answer = () => {}
    const { note, close } = openAlone(collector.url)
    await note(BATCH)
    await expect.poll(() => collector.exports.length, { timeout: 10_000 }).toBe(1)
    await note(20_000)
    expect(collector.exports).toHaveLength(1)
    // At its end it sends all that waits; nobody answers, so nothing more comes.
    expect(await time(close)).toBeLessThan(STOP_MS)
    await expect.poll(() => collector.spans().length, { timeout: 10_000 }).toBe(BATCH + 4_096)
  })

  it('refuses is named once, by its status alone, and again when it takes spans again', async () => {
    const collector = await startCollector()
    onTestFinished(() => collector.stop())
    collector.answer = (response) => void response.writeHead(401, 'no-such-reason').end('no such text')
    const { note, logs, close } = openAlone(collector.url)
    onTestFinished(close)
    await note(BATCH)
    await expect.poll(() => logs.length, { timeout: 10_000 }).toBe(1)
    await note(2 * BATCH)
    await expect.poll(() => collector.exports.length, { timeout: 10_000 }).toBe(3)
    expect(logs).toMatchObject([{ level: 40, msg: 'traces cannot reach their collector', reason: 'http_401' }])
    collector.answer = (response) => void response.writeHead(200).end()
    await note(BATCH)
    await expect.poll(() => logs.length, { timeout: 10_000 }).toBe(2)
    expect(logs[1]).toMatchObject({ level: 30, msg: 'traces reach their collector again' })
    expect(JSON.stringify(logs)).not.toMatch(/no.such/)
  })

  it('answers at length, or with nonsense, changes nothing', async () => {
    const collector = await startCollector()
    onTestFinished(() => collector.stop())
    collector.answer = (response) => void response.writeHead(200).end(Buffer.alloc(8 * 1024 * 1024, 0xff))
    const { note, logs, close } = openAlone(collector.url)
    await note(BATCH)
    await expect.poll(() => logs.length, { timeout: 10_000 }).toBe(1)
    expect(logs).toMatchObject([{ reason: 'failed' }])
    collector.answer = (response) => void response.writeHead(200).end('no protobuf at all')
    await note(BATCH)
    await expect.poll(() => logs.length, { timeout: 10_000 }).toBe(2)
    await close()
    expect(collector.spans()).toHaveLength(2 * BATCH)
  })

  it('sends us elsewhere is not followed', async () => {
    const collector = await startCollector()
    const other = await startCollector()
    onTestFinished(async () => void (await Promise.all([collector.stop(), other.stop()])))
    collector.answer = (response) => void response.writeHead(307, { location: other.url }).end()
    const { note, logs, close } = openAlone(collector.url)
    await note(BATCH)
    await expect.poll(() => logs.length, { timeout: 10_000 }).toBe(1)
    expect(logs).toMatchObject([{ reason: 'http_307' }])
    await close()
    expect(other.exports).toEqual([])
  })
})
