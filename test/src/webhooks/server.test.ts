import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { createSelfSignedCertificate } from '../../../core/tokens/self-signed-certificate.ts'
import { signWebhook } from '../../../src/webhooks/sign-webhook.ts'
import { signIn } from '../../e2e/support/client.ts'
import { useProgram } from '../../e2e/support/fixture.ts'
import { freePort } from '../../support/redis-server.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { parseExposition } from '../metrics/exposition.ts'
import { type Received, SECRET, startReceiver } from './receiver.ts'

describe('webhooks of a running server', () => {
  const { run } = useProgram()
  const directory = mkdtempSync(join(tmpdir(), 'walletgate-webhooks-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  /** A projects file with one project that has one webhook. */
  function projectsFile(webhook: Record<string, unknown>): string {
    const path = join(directory, `${randomUUID()}.json`)
    const fourmica = {
      jwtSecret: 'j'.repeat(32),
      siweDomain: 'auth.example.test',
      siweUri: 'https://auth.example.test',
    }
    const project = { id: `hooks-${randomUUID()}`, fourmica, webhooks: [{ secret: SECRET, ...webhook }] }
    writeFileSync(path, JSON.stringify({ projects: [project] }))
    return path
  }
  const typesOf = (received: readonly Received[]) =>
    received.map(({ body }) => (JSON.parse(body) as { type: string }).type).sort()

  it('tell a local receiver of a sign-in, in memory', async () => {
    const receiver = await startReceiver()
    const config = projectsFile({ url: `http://localhost:${receiver.port}/hook` })
    const server = run({ PORT: '0', METRICS_PORT: '0', WALLETGATE_CONFIG: config })
    const wallet = newEthereumWallet()
    await signIn(await server.port(), wallet)
    const received = await receiver.until(3)
    expect(typesOf(received)).toEqual(['session.opened', 'user.created', 'wallet.linked'])
    for (const { headers, body } of received) {
      const [id, timestamp] = [headers['webhook-id'], headers['webhook-timestamp']].map(String)
      expect(headers).toMatchObject(signWebhook(SECRET, id ?? '', body, new Date(Number(timestamp) * 1000)))
      expect(body).not.toContain('signature')
    }
    const metricsPort = Number((await server.logged('listening'))[0]?.['metricsPort'])
    const scrape = async () => parseExposition(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text())
    await expect.poll(async () => (await scrape()).value('walletgate_webhooks_total', { outcome: 'sent' })).toBe(3)
    expect((await scrape()).value('walletgate_webhooks_waiting')).toBe(0)
    await server.stop()
    await receiver.stop()
    expect(server.stdout).not.toContain(SECRET)
  })

  it('survive a dead receiver and a server that is killed, over TLS', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const notBefore = new Date(Date.now() - 60_000)
    const request = { privateKey, commonName: 'localhost', notBefore, serial: randomBytes(16) }
    const certificate = createSelfSignedCertificate(request).toString('base64')
    const cert = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    writeFileSync(join(directory, 'ca.pem'), cert)
    const port = await freePort()
    const env = {
      PORT: '0',
      PUBLIC_URL: 'https://auth.example.test',
      REDIS_URL: inject('redisUrl'),
      WALLETGATE_SECRET: randomBytes(32).toString('hex'),
      WALLETGATE_CONFIG: projectsFile({
        url: `https://localhost:${port}/hook`,
        events: ['user.created', 'session.opened'],
        privateNetwork: true,
      }),
      NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem'),
    }
    const first = run(env)
    await signIn(await first.port(), newEthereumWallet())
    await first.logged('webhook not delivered, trying again', 2)
    first.signal('SIGKILL')
    await first.ended

    const receiver = await startReceiver({ port, tls: { key, cert } })
    run(env)
    expect(typesOf(await receiver.until(2))).toEqual(['session.opened', 'user.created'])
    await receiver.stop()
  })
})
