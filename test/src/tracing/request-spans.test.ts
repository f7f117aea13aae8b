import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { post, prove, readTokens } from '../../e2e/support/client.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { startSmtpSink } from '../mail/smtp-sink.ts'
import { type Collector, startCollector } from './collector.ts'
import type { ReceivedSpan } from './read-spans.ts'
import { signInAtMoonKey, signInAtWalletKit } from './sign-ins.ts'
import { SECRET_KEY, startTraced, type TracedServer } from './traced-server.ts'

describe.each(['memory', 'redis'] as const)('the spans of sign-ins on %s', (store) => {
  let collector: Collector
  let server: TracedServer
  let spans: readonly ReceivedSpan[]
  const secrets: string[] = []
  const email = 'ada.lovelace@example.test'
  const requestId = 'request-of-a-caller'

  beforeAll(async () => {
    collector = await startCollector()
    let mailed = () => {}
    const hasMailed = new Promise<void>((resolve) => {
      mailed = resolve
    })
    const accept = () => {
      mailed()
      return null
    }
    const sink = await startSmtpSink({ accept })
    server = await startTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/otlp/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector,x-team=auth',
      OTEL_SERVICE_NAME: 'sign-in',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%2Cb,service.name=not-this',
      SMTP_URL: sink.url,
      MAIL_FROM: 'no-reply@example.test',
      ...(store === 'redis' ? { REDIS_URL: inject('redisUrl') } : {}),
    })
    const { port, projectId } = server
    const wallet = newEthereumWallet()
    const proof = await prove(port, wallet)
    const tokens = await readTokens(await post(port, '/auth/verify', proof, { 'x-request-id': requestId }))
    expect((await post(port, '/auth/verify', proof)).status).toBe(401)
    secrets.push(...Object.values(proof), tokens.access_token, tokens.refresh_token)
    secrets.push(...(await signInAtMoonKey(port, newEthereumWallet())))
    secrets.push(...(await signInAtWalletKit(port, projectId, newEthereumWallet())))
    const headers = { authorization: `Bearer ${SECRET_KEY}` }
    expect((await post(port, '/v1/auth/otps/email/login_or_create', { email }, headers)).status).toBe(200)
    await hasMailed

    // What callers may write anywhere.
    const mark = 'hunter2-hunter2'
    secrets.push(mark)
    const marked = { authorization: `Bearer ${mark}`, origin: `https://${mark}.test`, 'user-agent': mark }
    await fetch(`http://127.0.0.1:${port}/${mark}?token=${mark}`, { headers: marked })
    await fetch(`http://127.0.0.1:${port}/v1/auth/users/${mark}?x=${mark}`, { headers: { ...marked, ...headers } })
    await fetch(`http://127.0.0.1:${port}/v1/auth/users/${mark}`, { headers: marked, method: 'PROPFIND' })
    await post(port, '/auth/nonce', { address: mark }, { ...marked, baggage: `a=${mark}`, 'x-forwarded-for': mark })
    await fetch(`http://127.0.0.1:${port}/healthz`)
    await fetch(`http://127.0.0.1:${port}/readyz`)
    await server.stop()
    await sink.stop()
    const code = /\b\d{6}\b/.exec(sink.mails[0]?.email.text ?? '')?.[0]
    expect(code).toHaveLength(6)
    secrets.push(email, 'ada.lovelace', String(code))
    spans = collector.spans()
  })
  afterAll(() => collector.stop())

  const named = (name: string) => spans.filter((span) => span.name === name)
  const childrenOf = ({ spanId, traceId }: ReceivedSpan) =>
    spans.filter((span) => span.parentSpanId === spanId && span.traceId === traceId)
  const servers = () => spans.filter(({ kind }) => kind === 'server')

  it('are posted as OTLP over HTTP, with the headers that were set', () => {
    expect(collector.exports.length).toBeGreaterThan(0)
    for (const { path, headers } of collector.exports) {
      expect(path).toBe('/otlp/v1/traces')
      expect(headers).toMatchObject({
        'content-type': 'application/x-protobuf',
        authorization: 'Bearer of-the-collector',
        'x-team': 'auth',
      })
    }
  })

  it('say whose they are', () => {
    const resource = spans[0]?.resource
    expect(spans[0]?.scope).toBe('walletgate')
    expect(resource).toMatchObject({
      'service.name': 'sign-in',
      'deployment.environment.name': 'a,b',
      'process.pid': process.pid,
      'telemetry.sdk.language': 'nodejs',
    })
    expect(resource?.['service.instance.id']).toMatch(/^[\da-f-]{36}$/)
  })

  it('name a request by its route and operation, and hold nothing else of it', () => {
    const [verified, refused] = named('POST /auth/verify')
    expect(verified).toMatchObject({ kind: 'server', parentSpanId: '', status: 'unset', links: [], events: 0 })
    expect(verified?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/auth/verify',
      'http.response.status_code': 200,
      'url.scheme': 'https',
      'walletgate.request.id': requestId,
      'walletgate.dialect': '4mica',
      'walletgate.operation': 'fourmicaVerify',
      'walletgate.outcome': 'ok',
    })
    expect(refused).toMatchObject({
      // OpenTelemetry: what a client did wrong is no error of a server.
      status: 'unset',
      attributes: { 'http.response.status_code': 401, 'walletgate.outcome': 'challenge_unusable' },
    })
  })

  it('are there for every dialect', () => {
    const seen = servers().map(({ name, attributes }) => [name, attributes['walletgate.dialect']])
    expect(seen).toEqual(
      expect.arrayContaining([
        ['POST /auth/nonce', '4mica'],
        ['POST /auth/verify', '4mica'],
        ['POST /v1/auth/wallets/registrations/begin', 'moonkey'],
        ['POST /v1/auth/wallets/verify', 'moonkey'],
        ['POST /users/login-with-wallet', 'walletkit'],
        ['POST /users/verify-login', 'walletkit'],
        ['GET /wallets', 'walletkit'],
      ]),
    )
  })

  it('have a name of their own for what is no route, no method, or a path with an id in it', () => {
    const names = servers().map(({ name }) => name)
    expect(names).toContain('GET')
    expect(names).toContain('GET /v1/auth/users/:user_id')
    expect(names).toContain('_OTHER /v1/auth/users/:user_id')
    const unmatched = named('GET')[0]
    expect(unmatched?.attributes).toMatchObject({ 'walletgate.operation': 'unmatched', 'walletgate.dialect': 'server' })
    expect(unmatched?.attributes).not.toHaveProperty('http.route')
  })

  it('leave out the probes', () => {
    expect(spans.filter(({ name }) => name.includes('z'))).toEqual([])
  })

  it('have what the store did for them as children, in order, within their time', () => {
    const [verified] = named('POST /auth/verify')
    if (verified === undefined) throw new Error('no such span')
    const acts = childrenOf(verified)
    expect(acts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['challenges.find', 'challenges.consume', 'identities.claim', 'sessions.open']),
    )
    for (const act of acts) {
      expect(act).toMatchObject({
        kind: store === 'redis' ? 'client' : 'internal',
        status: 'unset',
        attributes: { 'db.system.name': store, 'db.operation.name': act.name },
      })
      expect(Object.keys(act.attributes)).toHaveLength(2)
      expect(act.start).toBeGreaterThanOrEqual(verified.start)
      expect(act.end).toBeGreaterThanOrEqual(act.start)
      expect(act.end).toBeLessThanOrEqual(verified.end)
    }
    for (const one of ['POST /users/verify-login', 'POST /v1/auth/wallets/verify', 'GET /wallets']) {
      const [span] = named(one)
      expect(span === undefined ? [] : childrenOf(span)).not.toEqual([])
    }
  })

  it('hold no poll of a queue: every act of a store belongs to a request', () => {
    const requests = new Set(servers().map(({ traceId, spanId }) => traceId + spanId))
    const strays = spans.filter(
      ({ kind, name, traceId, parentSpanId }) =>
        kind !== 'server' && name !== 'send mail' && !requests.has(traceId + parentSpanId),
    )
    expect(strays).toEqual([])
  })

  it('lead from a request to the mail it caused', () => {
    const [asked] = named('POST /v1/auth/otps/email/login_or_create')
    const [sent] = named('send mail')
    expect(sent).toMatchObject({
      traceId: asked?.traceId,
      parentSpanId: asked?.spanId,
      kind: 'client',
      status: 'unset',
    })
    expect(sent?.attributes).toEqual({
      'walletgate.delivery.id': expect.stringMatching(/^[\da-f]{32}$/),
      'walletgate.outcome': 'sent',
    })
  })

  it('are named in the log line of their request', () => {
    const lines = new Map(server.logs.map((line) => [line['span_id'], line]))
    for (const { spanId, traceId, attributes } of servers()) {
      expect(lines.get(spanId)).toMatchObject({
        trace_id: traceId,
        requestId: attributes['walletgate.request.id'],
        status: attributes['http.response.status_code'],
      })
    }
    const probe = server.logs.find(({ path }) => path === '/healthz')
    expect(probe).not.toHaveProperty('trace_id')
  })

  it('hold no secret, no wallet, no address and nothing else a caller wrote', () => {
    expect(secrets.every((secret) => secret.length > 5)).toBe(true)
    const sent = Buffer.concat(collector.exports.map(({ body }) => body)).toString('latin1')
    for (const secret of secrets) expect(sent.toLowerCase()).not.toContain(secret.toLowerCase())
    // The names of attributes and their values come from closed lists, but for ids.
    const open = new Set(['walletgate.request.id', 'walletgate.delivery.id'])
    const values = spans.flatMap(({ attributes }) =>
      Object.entries(attributes).flatMap(([name, value]) => (open.has(name) ? [] : [String(value)])),
    )
    for (const value of values) expect(value).toMatch(/^[\w.:/-]{1,64}$/)
  })
})
