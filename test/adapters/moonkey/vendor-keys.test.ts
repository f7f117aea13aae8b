import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryStores } from '../../../core/stores/memory/memory-stores.ts'
import { openTestAudit } from '../../src/audit/memory-sink.ts'
import { type Receiver, startReceiver } from '../../src/webhooks/receiver.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestGateway } from '../../support/gateway.ts'
import { freePort } from '../../support/redis-server.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { MoonKeyDoor, moonKeyProject, refusalOf, START } from './door.ts'
import { newVendor, newVendorSession, type Vendor } from './vendor.ts'

const UNAVAILABLE = '503 service_unavailable'

describe('a vendor whose keys are fetched', () => {
  let vendor: Vendor
  let receiver: Receiver
  const trail = openTestAudit(new TestClock(START))
  beforeAll(async () => {
    vendor = await newVendor()
  })
  beforeEach(async () => {
    receiver = await startReceiver()
    receiver.answer = (response) => response.writeHead(200).end(JSON.stringify(vendor.jwks))
  })
  afterEach(() => receiver.stop())

  async function open(url = `http://127.0.0.1:${receiver.port}/jwks?api_key=secret-of-the-app`, allowsPrivate = true) {
    const project = moonKeyProject({ vendorTokens: vendor.section({ keySet: { kind: 'url', url, allowsPrivate } }) })
    const stores = createMemoryStores()
    const clock = new TestClock(START)
    const gateway = await openTestGateway({ projects: [project], stores, clock, audit: trail.audit })
    const door = new MoonKeyDoor(gateway, project)
    const { user_id: userId, id: walletId } = await door.signIn(ethereumSigner())
    const show = async (header = {}) => {
      const jwt = await vendor.sign(newVendorSession(userId, walletId), {}, header)
      return refusalOf(await door.verifySession({ session_jwt: jwt }))
    }
    return { door, show }
  }

  it('MOON-81: asks for them with the first token, once, also for many at the same time', async () => {
    const { show } = await open()
    expect(receiver.received).toEqual([])
    expect(await Promise.all(Array.from({ length: 8 }, () => show()))).toEqual(Array.from({ length: 8 }, () => '200'))
    expect(receiver.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /jwks?api_key=secret-of-the-app',
    ])
    // It may be newer than what was read, and nobody's tokens make us ask at once again.
    expect(await show({ kid: 'another' })).toBe(UNAVAILABLE)
    expect(receiver.received).toHaveLength(1)
  })

  it('MOON-81: names a key that its set has not: 404', async () => {
    const { show } = await open()
    expect(await show({ kid: 'another' })).toBe('404 session_not_found')
    expect(await show()).toBe('200')
    expect(receiver.received).toHaveLength(1)
  })

  it.each<[string, Receiver['answer']]>([
    ['an error', (response) => response.writeHead(500).end()],
    ['a redirect', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['nothing', (response) => response.destroy()],
    ['no JSON', (response) => response.writeHead(200).end('<html>')],
    ['no key set', (response) => response.writeHead(200).end('[]')],
    ['no keys', (response) => response.writeHead(200).end('{"keys":[]}')],
    ['keys of another kind', (response) => response.writeHead(200).end('{"keys":[{"kty":"oct","k":"AAAA"}]}')],
    ['no end', (response) => response.writeHead(200).write(`{"keys":["${'x'.repeat(300 * 1024)}`)],
    ['compressed', (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.of(0x1f, 0x8b, 8))],
  ])('MOON-81: that answers with %s: 503, which is no refusal, and nothing of it in the log', async (_, answer) => {
    receiver.answer = answer
    const { door, show } = await open()
    await trail.facts()
    expect(await show()).toBe(UNAVAILABLE)
    expect(door.lastRefusal).toBe('issuer_unavailable: key_set_unavailable')
    expect(await trail.events()).toEqual([])
    expect(JSON.stringify(door.logs)).not.toMatch(/secret-of-the-app|127\.0\.0\.1/)
    // Nobody's tokens make us ask again and again.
    expect(await show()).toBe(UNAVAILABLE)
    expect(receiver.received).toHaveLength(1)
  })

  it('MOON-81: that is not there: 503', async () => {
    const { show } = await open(`http://127.0.0.1:${await freePort()}/jwks`)
    expect(await show()).toBe(UNAVAILABLE)
  })

  it.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '169.254.169.254'])(
    'MOON-81: at %s, which is no public address, is not asked',
    async (host) => {
      const { show } = await open(`http://${host}:${receiver.port}/jwks`, false)
      expect(await show()).toBe(UNAVAILABLE)
      expect(receiver.received).toEqual([])
    },
  )
})
