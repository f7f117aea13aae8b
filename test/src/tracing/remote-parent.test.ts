import { afterEach, describe, expect, it } from 'vitest'
import { post } from '../../e2e/support/client.ts'
import { rawExchange } from '../../support/raw-http.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type Collector, startCollector } from './collector.ts'
import type { ReceivedSpan } from './read-spans.ts'
import { startTraced } from './traced-server.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const SAMPLED = `00-${TRACE}-${PARENT}-01`
const UNSAMPLED = `00-${TRACE}-${PARENT}-00`

let collector: Collector
afterEach(() => collector.stop())

/** The SERVER spans of one request for a nonce with each of these headers, in their order, and all spans. */
async function trace(env: Readonly<Record<string, string>>, headers: readonly Readonly<Record<string, string>>[]) {
  collector = await startCollector()
  const server = await startTraced({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`, ...env })
  for (const each of headers) {
    const answer = await post(server.port, '/auth/nonce', { address: newEthereumWallet().address }, each)
    expect(answer.status).toBe(200)
  }
  await server.stop()
  const spans = collector.spans()
  const servers = spans.filter(({ kind }) => kind === 'server').toSorted((a, b) => (a.start < b.start ? -1 : 1))
  return { servers, spans, logs: server.logs }
}
const isOfTheirs = ({ traceId, parentSpanId, traceState, links }: ReceivedSpan) =>
  traceId === TRACE || parentSpanId !== '' || traceState !== '' || links.length > 0
const FROM_HERE = { TRUSTED_PROXIES: '127.0.0.0/8,::1', TRUST_TRACEPARENT: 'on' }

describe('a trace that a stranger names', () => {
  it('is linked to and not joined, whatever it says of sampling', async () => {
    const { servers } = await trace({}, [
      { traceparent: SAMPLED, tracestate: 'vendor=anything' },
      { traceparent: UNSAMPLED },
    ])
    expect(servers).toHaveLength(2)
    for (const span of servers) {
      expect(span).toMatchObject({ parentSpanId: '', traceState: '' })
      expect(span.traceId).not.toBe(TRACE)
      expect(span.links).toMatchObject([{ traceId: TRACE, spanId: PARENT }])
    }
    expect(servers[0]?.traceId).not.toBe(servers[1]?.traceId)
  })

  it('cannot force that it is kept', async () => {
    const off = { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }
    const { spans, logs } = await trace(off, [{ traceparent: SAMPLED }])
    expect(spans).toEqual([])
    // Who looks for its log line finds it all the same.
    expect(logs.find(({ path }) => path === '/auth/nonce')).toMatchObject({
      trace_id: expect.not.stringMatching(TRACE),
    })
  })

  // A proxy in front passes a caller's traceparent on unless it is told otherwise.
  it('is a stranger’s too where a trusted proxy passes it on, whose traces nobody said are its own', async () => {
    const { servers } = await trace({ TRUSTED_PROXIES: FROM_HERE.TRUSTED_PROXIES }, [{ traceparent: SAMPLED }])
    expect(servers).toMatchObject([{ parentSpanId: '', links: [{ traceId: TRACE }] }])
    expect(servers[0]?.traceId).not.toBe(TRACE)
  })

  it('is a stranger’s too where it comes from no trusted proxy', async () => {
    const { servers } = await trace({ ...FROM_HERE, TRUSTED_PROXIES: '10.0.0.0/8' }, [
      { traceparent: SAMPLED, 'x-forwarded-for': '10.0.0.1' },
    ])
    expect(servers).toMatchObject([{ parentSpanId: '', links: [{ traceId: TRACE }] }])
  })
})

describe('a trace that a trusted proxy began, which is said to pass on none of its callers’', () => {
  it('goes on', async () => {
    const { servers, spans } = await trace(FROM_HERE, [{ traceparent: SAMPLED, tracestate: 'vendor=anything' }])
    expect(servers).toMatchObject([{ traceId: TRACE, parentSpanId: PARENT, traceState: 'vendor=anything', links: [] }])
    expect(spans.length).toBeGreaterThan(1)
    expect(spans.filter(({ traceId }) => traceId !== TRACE)).toEqual([])
  })

  it('is kept or not as the proxy decided', async () => {
    expect((await trace(FROM_HERE, [{ traceparent: UNSAMPLED }])).spans).toEqual([])
    await collector.stop()
    const off = { ...FROM_HERE, OTEL_TRACES_SAMPLER: 'parentbased_always_off' }
    expect((await trace(off, [{ traceparent: SAMPLED }, {}])).servers).toHaveLength(1)
  })

  it('is kept as we decide where the sampler asks no parent', async () => {
    const off = { ...FROM_HERE, OTEL_TRACES_SAMPLER: 'always_off' }
    expect((await trace(off, [{ traceparent: SAMPLED }])).spans).toEqual([])
    await collector.stop()
    const on = { ...FROM_HERE, OTEL_TRACES_SAMPLER: 'always_on' }
    expect((await trace(on, [{ traceparent: UNSAMPLED }])).servers).toMatchObject([{ traceId: TRACE }])
  })
})

describe('a header that is no traceparent', () => {
  const HOSTILE = [
    '',
    '00',
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE}-${PARENT}-`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}-zz`,
    `00-${TRACE}-${PARENT}-01-extra`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}x-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
    `${SAMPLED};${'a'.repeat(400)}`,
    `01-${TRACE}-${PARENT}-01-${'a'.repeat(3_000)}`,
    '%s%n{{7*7}}',
    '__proto__',
    "1' OR '1'='1",
    '-'.repeat(3_000),
    '\u00ff\u00fe',
  ]
  it.each([
    ['a stranger', {}],
    ['a trusted proxy', FROM_HERE],
  ])('does nothing, from %s', async (_, env) => {
    const { servers } = await trace(
      env,
      HOSTILE.map((traceparent) => ({ traceparent, tracestate: traceparent, baggage: traceparent })),
    )
    expect(servers).toHaveLength(HOSTILE.length)
    expect(servers.filter(isOfTheirs)).toEqual([])
    expect(new Set(servers.map(({ traceId }) => traceId)).size).toBe(HOSTILE.length)
  })

  it('is one that comes twice', async () => {
    collector = await startCollector()
    const server = await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...FROM_HERE })
    const lines = ['GET /auth/nonce HTTP/1.1', 'Host: a', `traceparent: ${SAMPLED}`, `traceparent: ${SAMPLED}`, '', '']
    expect((await rawExchange(server.port, lines.join('\r\n')))?.status).toBe(405)
    await server.stop()
    expect(collector.spans().filter(isOfTheirs)).toEqual([])
    expect(collector.spans()).toHaveLength(1)
  })

  it('is a tracestate that is not one, or endless: the trace goes on without it', async () => {
    const { servers } = await trace(
      FROM_HERE,
      ['=', 'a=b,,=,\u00ff', `a=${'b'.repeat(4_000)}`, ','.repeat(500)].map((tracestate) => ({
        traceparent: SAMPLED,
        tracestate,
      })),
    )
    expect(servers.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual(
      Array.from({ length: 4 }, () => [TRACE, PARENT]),
    )
    for (const { traceState } of servers) expect(traceState).toMatch(/^(?:a=b)?$/)
  })
})

describe('a sampler that keeps a part', () => {
  it('keeps whole requests, or nothing of them', async () => {
    const { servers, spans } = await trace(
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
      Array.from({ length: 60 }, () => ({})),
    )
    // One in 10^15 runs has all of them, or none.
    expect(servers.length).toBeGreaterThan(0)
    expect(servers.length).toBeLessThan(60)
    const kept = new Set(servers.map(({ traceId }) => traceId))
    expect(spans.filter(({ traceId }) => !kept.has(traceId))).toEqual([])
  })
})
