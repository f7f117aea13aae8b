import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { OutboxStore } from '../../../core/stores/outbox-store.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import type { AuditRecord } from '../../../src/audit/audit-record.ts'
import type { WebhookSettings } from '../../../src/config/settings.ts'
import { openWebhooks, type WebhookEvent, type Webhooks } from '../../../src/webhooks/open-webhooks.ts'
import { signWebhook } from '../../../src/webhooks/sign-webhook.ts'
import { openTestRedis, TestTime, whenReady } from '../../core/mail/fixtures.ts'
import { openTestStores, STORES } from '../../support/gateway.ts'
import { freePort } from '../../support/redis-server.ts'
import { type Receiver, SECRET, startReceiver } from './receiver.ts'

const random = createSystemRandom()
const secrets = [randomBytes(32)]
const ACCOUNT = 'eip155:0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'

describe.each(STORES)('webhooks on %s', (store) => {
  let stores: Stores
  let time: TestTime
  const opened: { close(): Promise<void> }[] = []
  beforeEach(() => {
    time = new TestTime()
  })
  beforeAll(async () => {
    stores = openTestStores(store, inject('redisUrl'))
    await stores.ping()
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()))
  })
  afterAll(() => stores.close())

  async function receive(options: { port?: number } = {}): Promise<Receiver> {
    const receiver = await startReceiver(options)
    opened.push({ close: () => receiver.stop().catch(() => {}) })
    return receiver
  }

  interface Opened {
    readonly webhooks: Webhooks
    readonly events: WebhookEvent[]
  }
  function open(
    endpoints: readonly (Partial<WebhookSettings> & { url: string })[],
    { delivers = true, queue = stores.queue }: { delivers?: boolean; queue?: Stores['queue'] } = {},
  ): Opened {
    const events: WebhookEvent[] = []
    const settings = endpoints.map((each) => ({
      projectId: 'demo',
      secret: SECRET,
      events: null,
      allowsPrivate: true,
      ...each,
    }))
    const report = (_: string, event: WebhookEvent) => void events.push(event)
    const webhooks = openWebhooks(settings, { queue, clock: time, random, timer: time, secrets, report, delivers })
    if (webhooks === null) throw new Error('none')
    opened.push(webhooks)
    return { webhooks, events }
  }

  const fact = (change: Partial<AuditRecord> = {}): AuditRecord => ({
    audit: 1,
    id: `fact_${randomUUID()}`,
    time: time.now().toISOString(),
    event: 'session.opened',
    project: 'demo',
    user: 'user_1',
    account: ACCOUNT,
    proof: { message: 'text', signature: '0x00' },
    ...change,
  })
  const urlOf = ({ port }: Receiver) => `http://127.0.0.1:${port}/${randomUUID()}`

  it('a fact arrives once, signed, without its proof', async () => {
    const receiver = await receive()
    const { webhooks } = open([{ url: urlOf(receiver) }])
    const told = fact()
    webhooks.note(told)
    const [{ headers, body } = { headers: {}, body: '' }] = await receiver.until(1)
    expect(JSON.parse(body)).toEqual({
      type: 'session.opened',
      timestamp: told.time,
      data: { id: told.id, project: 'demo', user: 'user_1', account: ACCOUNT },
    })
    expect(headers).toMatchObject(signWebhook(SECRET, told.id, body, time.now()))
    await webhooks.close()
    expect(webhooks.counters()).toEqual({ queued: 1, sent: 1, retried: 0, dropped: 0, lost: 0 })
    expect([receiver.received.length, await webhooks.waiting()]).toEqual([1, 0])
  })

  it('only the facts that were asked for, of its own project', async () => {
    const receiver = await receive()
    const { webhooks } = open([{ url: urlOf(receiver), events: ['user.deleted'] }])
    webhooks.note(fact())
    webhooks.note(fact({ event: 'user.deleted', project: 'shop' }))
    webhooks.note(fact({ event: 'user.deleted' }))
    const [{ body } = { body: '' }] = await receiver.until(1)
    expect(JSON.parse(body)).toMatchObject({ type: 'user.deleted', data: { project: 'demo' } })
    expect(webhooks.counters().queued).toBe(1)
  })

  it('a receiver that is dead gets everything once it is back, also after a restart of ours', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/${randomUUID()}`
    const first = open([{ url }])
    const facts = [fact(), fact(), fact()]
    for (const each of facts) first.webhooks.note(each)
    await expect.poll(() => first.webhooks.counters().retried).toBe(3)
    expect(first.events[0]).toMatchObject({ kind: 'deferred', attempt: 1, reason: 'econnrefused' })
    // Back-off: 5 s, 10 s, 20 s … of which up to half is taken off.
    const retriedAfter = async (milliseconds: number) => {
      await time.pass(milliseconds)
      return first.webhooks.counters().retried
    }
    await expect.poll(() => retriedAfter(5_000)).toBeGreaterThanOrEqual(6)
    await first.webhooks.close()
    expect(await first.webhooks.waiting()).toBe(3)

    const receiver = await receive({ port })
    const second = open([{ url }])
    const arrivedAfter = async (milliseconds: number) => {
      await time.pass(milliseconds)
      return receiver.received.length
    }
    await expect.poll(() => arrivedAfter(10_000)).toBe(3)
    const { received } = receiver
    expect(received.map(({ headers }) => headers['webhook-id']).sort()).toEqual(facts.map(({ id }) => id).sort())
    // Signed when it was sent, not when it happened.
    const stamps = received.map(({ headers }) => Number(headers['webhook-timestamp']))
    expect(Math.min(...stamps)).toBeGreaterThan(new Date(facts[0]?.time ?? 0).getTime() / 1000 + 9)
    await second.webhooks.close()
    expect(await second.webhooks.waiting()).toBe(0)
  })

  it('one that wants no more is not asked again; what is too old is dropped', async () => {
    const gone = await receive()
    gone.answer = (response) => response.writeHead(410).end()
    const dead = `http://127.0.0.1:${await freePort()}/${randomUUID()}`
    const { webhooks } = open([{ url: urlOf(gone) }, { url: dead }])
    webhooks.note(fact())
    await gone.until(1)
    await expect.poll(() => webhooks.counters()).toMatchObject({ dropped: 1, retried: 1 })
    await time.pass(60_000)
    expect(gone.received).toHaveLength(1)
    time.advance(3 * 24 * 60 * 60 * 1000)
    const droppedAfter = async (milliseconds: number) => {
      await time.pass(milliseconds)
      return webhooks.counters().dropped
    }
    await expect.poll(() => droppedAfter(5_000)).toBe(2)
    expect(await webhooks.waiting()).toBe(0)
  })

  it('one that hangs holds up nobody else', async () => {
    const [slow, quick] = [await receive(), await receive()]
    slow.answer = () => {}
    const { webhooks } = open([{ url: urlOf(slow) }, { url: urlOf(quick) }])
    for (let count = 0; count < 20; count += 1) webhooks.note(fact())
    await quick.until(20)
    expect(slow.received.length).toBeLessThanOrEqual(4)
    await expect.poll(() => webhooks.counters()).toMatchObject({ queued: 40, sent: 20 })
  })

  it('what one process queues and does not deliver, another does', async () => {
    const receiver = await receive()
    const url = urlOf(receiver)
    const command = open([{ url }], { delivers: false })
    command.webhooks.note(fact({ event: 'key.rotated' }))
    await command.webhooks.close()
    expect([receiver.received.length, await command.webhooks.waiting()]).toEqual([0, 1])
    open([{ url }])
    await receiver.until(1)
  })

  it('what cannot be queued is lost, counted and said; the caller goes on', async () => {
    const down: OutboxStore = {
      ...stores.queue(randomUUID()),
      enqueue: () => Promise.reject(new AuthError('store_unavailable', 'redis_timeout')),
    }
    const full: OutboxStore = { ...stores.queue(randomUUID()), enqueue: async () => 'full' }
    for (const queue of [down, full]) {
      const { webhooks, events } = open([{ url: 'http://127.0.0.1:9/' }], { queue: () => queue, delivers: false })
      webhooks.note(fact())
      await webhooks.close()
      expect(webhooks.counters()).toMatchObject({ queued: 0, lost: 1 })
      expect(events).toMatchObject([{ kind: 'lost' }])
    }
  })
})

describe('webhooks at rest in Redis', () => {
  it('are sealed: neither account nor user nor URL can be read', async () => {
    const client = openTestRedis()
    await whenReady(client)
    const stores = openTestStores('redis', inject('redisUrl'))
    await stores.ping()
    const time = new TestTime()
    const url = `https://hooks.example.test/${randomUUID()}`
    const parts = { queue: stores.queue, clock: time, random, timer: time, secrets, report: () => {}, delivers: false }
    const webhooks = openWebhooks(
      [{ projectId: 'demo', url, secret: SECRET, events: null, allowsPrivate: false }],
      parts,
    )
    webhooks?.note({
      audit: 1,
      id: `fact_${randomUUID()}`,
      time: time.now().toISOString(),
      event: 'user.created',
      project: 'demo',
      user: 'user_sealed',
      account: ACCOUNT,
    })
    await webhooks?.close()
    const keys = await client.keys('walletgate:queue:webhook-*')
    expect(keys.length).toBeGreaterThan(0)
    const dump = await Promise.all(
      keys.map(async (key) => ((await client.type(key)) === 'hash' ? JSON.stringify(await client.hgetall(key)) : '')),
    )
    const text = keys.join() + dump.join()
    for (const secret of [ACCOUNT, 'user_sealed', 'hooks.example.test', SECRET]) expect(text).not.toContain(secret)
    client.disconnect()
    await stores.close()
  })
})

it('no endpoints, no webhooks', () => {
  const time = new TestTime()
  const parts = { clock: time, random, timer: time, secrets, report: () => {}, delivers: true }
  const queue = () => expect.unreachable()
  expect(openWebhooks([], { ...parts, queue })).toBeNull()
})
