import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { post, prove, signIn } from '../../e2e/support/client.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { SECRET, startReceiver } from '../webhooks/receiver.ts'
import { startCollector } from './collector.ts'
import { startTraced } from './traced-server.ts'

const fourmica = { jwtSecret: 'j'.repeat(32), siweDomain: 'auth.example.test', siweUri: 'https://auth.example.test' }

it('a question to a chain is part of the sign-in, names no server, and says how it ended', async () => {
  const collector = await startCollector()
  onTestFinished(() => collector.stop())
  // A node that answers what an account without code answers.
  const node = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const { id } = JSON.parse(body) as { id: number }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: '0x' }))
    })
  }).listen(0, '127.0.0.1')
  await once(node, 'listening')
  onTestFinished(() => void node.close())
  // One that hangs up; a port that is merely free may be somebody else's a moment later.
  const deaf = createTcpServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  onTestFinished(() => void deaf.close())
  const dead = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}/v3/key-of-the-provider`
  const urls = [dead, `http://127.0.0.1:${(node.address() as AddressInfo).port}/v3/key-of-the-provider`]
  const server = await startTraced({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    EVM_RPC_URLS: JSON.stringify({ 'eip155:1': urls }),
  })
  const { signature } = await prove(server.port, newEthereumWallet())
  const forged = { ...(await prove(server.port, newEthereumWallet())), signature }
  const { status } = await post(server.port, '/auth/verify', forged)
  expect(status).not.toBe(200)
  await server.stop()

  const spans = collector.spans()
  const verify = spans.find(({ name }) => name === 'POST /auth/verify')
  const asked = spans.filter(({ name }) => name === 'eth_call')
  const common = { 'rpc.system.name': 'jsonrpc', 'rpc.method': 'eth_call', 'walletgate.chain': 'eip155:1' }
  expect(asked.map(({ attributes }) => attributes)).toEqual([
    { ...common, 'walletgate.rpc.server': 0, 'error.type': 'rpc_connection_lost' },
    expect.objectContaining({ ...common, 'walletgate.rpc.server': 1 }),
  ])
  for (const { traceId, parentSpanId, kind } of asked) {
    expect([traceId, parentSpanId, kind]).toEqual([verify?.traceId, verify?.spanId, 'client'])
  }
  expect(asked[0]).toMatchObject({ status: 'error', statusMessage: '' })
  const sent = Buffer.concat(collector.exports.map(({ body }) => body)).toString('latin1')
  expect(sent).not.toContain('key-of-the-provider')
  if (status >= 500) expect(verify?.status).toBe('error')
})

it('a webhook belongs to the request that caused it, attempt by attempt, and tells the receiver nothing of it', async () => {
  const collector = await startCollector()
  onTestFinished(() => collector.stop())
  const receiver = await startReceiver()
  onTestFinished(() => receiver.stop())
  receiver.answer = (response) => response.writeHead(500).end()
  const url = `http://localhost:${receiver.port}/key-of-the-hook`
  const project = { id: 'hooked', fourmica, webhooks: [{ url, secret: SECRET, events: ['session.opened'] }] }
  const server = await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, { projects: [project] })
  await signIn(server.port, newEthereumWallet())
  const [received] = await receiver.until(1)
  await server.stop()

  const spans = collector.spans()
  const verify = spans.find(({ name }) => name === 'POST /auth/verify')
  const [delivery, ...more] = spans.filter(({ name }) => name === 'send webhook')
  expect(more).toEqual([])
  expect(delivery).toMatchObject({ traceId: verify?.traceId, parentSpanId: verify?.spanId, status: 'error' })
  expect(delivery?.attributes).toEqual({
    'walletgate.delivery.id': received?.headers['webhook-id'],
    'walletgate.outcome': 'deferred',
    'error.type': 'http_500',
  })
  expect(received?.headers).not.toHaveProperty('traceparent')
  const sent = Buffer.concat(collector.exports.map(({ body }) => body)).toString('latin1')
  expect(sent).not.toContain('key-of-the-hook')
})
