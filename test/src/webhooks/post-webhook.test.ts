import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createSelfSignedCertificate } from '../../../core/tokens/self-signed-certificate.ts'
import { createWebhookTransport } from '../../../src/webhooks/post-webhook.ts'
import { signWebhook } from '../../../src/webhooks/sign-webhook.ts'
import { TestClock } from '../../support/clock.ts'
import { freePort } from '../../support/redis-server.ts'
import { type Receiver, SECRET, startReceiver } from './receiver.ts'

const BODY = '{"type":"user.created","timestamp":"2026-06-22T10:00:00.000Z","data":{"name":"é☃"}}'
const clock = new TestClock()
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()))
})

async function open(tls?: { key: string; cert: string }): Promise<Receiver> {
  const receiver = await startReceiver(tls === undefined ? {} : { tls })
  opened.push({ close: () => receiver.stop() })
  return receiver
}

function send(url: string, { allowsPrivate = true, signal = new AbortController().signal } = {}) {
  const transport = createWebhookTransport({ url, secret: SECRET, allowsPrivate }, clock)
  opened.push(transport)
  return transport.send(BODY, { id: 'fact_1', signal })
}
const at = ({ port }: Receiver, path = '/hook?a=1') => `http://127.0.0.1:${port}${path}`

describe('a delivery', () => {
  it('is a signed POST of the body, as it is', async () => {
    const receiver = await open()
    expect(await send(at(receiver))).toEqual({ outcome: 'sent' })
    const [{ headers, ...request } = { headers: {} }] = receiver.received
    expect(request).toEqual({ method: 'POST', path: '/hook?a=1', body: BODY })
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      ...signWebhook(SECRET, 'fact_1', BODY, clock.now()),
    })
  })

  it.each([200, 201, 202, 204, 299])('is done with %i', async (status) => {
    const receiver = await open()
    receiver.answer = (response) => response.writeHead(status).end()
    expect(await send(at(receiver))).toEqual({ outcome: 'sent' })
  })

  it.each([400, 401, 404, 409, 429, 500, 502, 503])('comes again after %i', async (status) => {
    const receiver = await open()
    receiver.answer = (response) => response.writeHead(status).end('secret text')
    expect(await send(at(receiver))).toEqual({ outcome: 'deferred', reason: `http_${status}` })
  })

  it('is over for good with 410', async () => {
    const receiver = await open()
    receiver.answer = (response) => response.writeHead(410).end()
    expect(await send(at(receiver))).toEqual({ outcome: 'refused', reason: 'http_410' })
  })

  it.each([301, 302, 303, 307, 308])('follows no redirect: %i', async (status) => {
    const [target, receiver] = [await open(), await open()]
    receiver.answer = (response) => response.writeHead(status, { location: at(target) }).end()
    expect(await send(at(receiver))).toEqual({ outcome: 'deferred', reason: `http_${status}` })
    expect(target.received).toEqual([])
  })

  it('reads no more of an answer than it must', async () => {
    const receiver = await open()
    let isCut = false
    receiver.answer = (response) => {
      response.once('close', () => {
        isCut = !response.writableEnded
      })
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384))) {}
      }
      response.on('drain', more)
      more()
    }
    expect(await send(at(receiver))).toEqual({ outcome: 'sent' })
    await expect.poll(() => isCut).toBe(true)
  })

  it('to a receiver that hangs ends when it is given up', async () => {
    const receiver = await open()
    receiver.answer = () => {}
    const attempt = new AbortController()
    const sent = send(at(receiver), { signal: attempt.signal })
    await receiver.until(1)
    attempt.abort()
    expect(await sent).toEqual({ outcome: 'deferred', reason: 'given_up' })
  })

  it('to nobody comes again', async () => {
    expect(await send(`http://127.0.0.1:${await freePort()}/`)).toEqual({ outcome: 'deferred', reason: 'econnrefused' })
    expect(await send('https://no-such-host.invalid/')).toMatchObject({ outcome: 'deferred' })
  })

  it('to a certificate that nobody vouches for is not made', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const notBefore = new Date(Date.now() - 60_000)
    const certificate = createSelfSignedCertificate({
      privateKey,
      commonName: 'localhost',
      notBefore,
      serial: randomBytes(16),
    })
    const cert = `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`
    const receiver = await open({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert })
    const delivery = await send(`https://localhost:${receiver.port}/`)
    expect(delivery).toMatchObject({ outcome: 'deferred', reason: expect.stringMatching(/self_signed_cert/) })
    expect(receiver.received).toEqual([])
  })
})

describe('an address that is not public', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]'])(
    'is not connected to: %s',
    async (host) => {
      const receiver = await open()
      const delivery = await send(`http://${host}:${receiver.port}/`, { allowsPrivate: false })
      expect(delivery).toEqual({ outcome: 'deferred', reason: 'address_refused' })
      expect(receiver.received).toEqual([])
    },
  )
})
