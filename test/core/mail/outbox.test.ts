import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { createOutbox, type OutboxSettings } from '../../../core/mail/outbox.ts'
import { createMailSealer, type MailSealer } from '../../../core/mail/seal-mail.ts'
import { createMemoryOutboxStore } from '../../../core/stores/memory/memory-outbox-store.ts'
import type { OutboxStore } from '../../../core/stores/outbox-store.ts'
import {
  codeMail,
  collectEvents,
  NEWER_SECRET,
  sealer as plainSealer,
  random,
  TestTime,
  TestTransport,
  untilAborted,
} from './fixtures.ts'

const MINUTE = 60_000

/** One process: its outbox, and what it did. */
function open(
  options: { store?: OutboxStore; time?: TestTime; settings?: Partial<OutboxSettings>; sealer?: MailSealer } = {},
) {
  const { store = createMemoryOutboxStore(), time = new TestTime(), sealer = plainSealer } = options
  const transport = new TestTransport()
  const { events, report } = collectEvents()
  const parts = { store, transport, sealer, clock: time, random, timer: time, report }
  const outbox = createOutbox(parts, options.settings)
  const post = (mail = codeMail(), lifeMs = 10 * MINUTE) =>
    outbox.post({ projectId: 'demo', mail, expiresAt: new Date(time.now().getTime() + lifeMs) })
  return { outbox, store, time, transport, events, post }
}

/** A store of which a test makes single steps fail. */
function breakable(store: OutboxStore) {
  const broken = new Set<keyof OutboxStore>()
  const step =
    <K extends keyof OutboxStore>(name: K) =>
    async (...args: never[]) => {
      if (broken.has(name)) throw new AuthError('store_unavailable', 'redis_unreachable')
      return (store[name] as (...rest: never[]) => unknown)(...args)
    }
  const names = ['enqueue', 'claim', 'complete', 'postpone', 'count'] as const
  const wrapped = Object.fromEntries(names.map((name) => [name, step(name)])) as unknown as OutboxStore
  return { store: wrapped, broken }
}

describe('posting', () => {
  it('sends the mail as it is, once, and counts it', async () => {
    const { outbox, time, transport, events, post } = open()
    const mail = codeMail()
    expect(await post(mail)).toBe('accepted')
    await time.pass(10 * MINUTE)
    expect(transport.sends.map((send) => send.mail)).toStrictEqual([mail])
    expect(outbox.counters()).toEqual({ queued: 1, sent: 1, retried: 0, dropped: 0, flooded: 0 })
    expect(await outbox.waiting()).toBe(0)
    expect(events).toEqual([{ kind: 'sent', id: transport.sends[0]?.id, attempt: 1 }])
  })

  it('does not wait for the mail server', async () => {
    const { transport, post, outbox } = open()
    transport.answer = (_, signal) => untilAborted(signal)
    expect(await post()).toBe('accepted')
    expect(await post()).toBe('accepted')
    expect(await outbox.waiting()).toBe(2)
  })

  it('answers store_unavailable when the mail could not be queued', async () => {
    const { store, broken } = breakable(createMemoryOutboxStore())
    const { outbox, post } = open({ store })
    broken.add('enqueue')
    await expect(post()).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(outbox.counters().queued).toBe(0)
  })

  it('answers store_unavailable when too many mails wait', async () => {
    const { transport, post } = open({ store: createMemoryOutboxStore(2) })
    transport.answer = (_, signal) => untilAborted(signal)
    await post()
    await post()
    await expect(post()).rejects.toMatchObject({ code: 'store_unavailable', reason: 'outbox_full' })
  })

  it('accepts five mails per address and project in 15 minutes, and says when it is enough', async () => {
    const { outbox, time, transport, post } = open()
    const to = 'ada@example.com'
    for (let index = 0; index < 5; index += 1) expect(await post(codeMail({ to }))).toBe('accepted')
    expect(await post(codeMail({ to }))).toBe('flooded')
    expect(await post(codeMail({ to: 'ADA@example.com' }))).toBe('flooded')
    expect(await post(codeMail({ to: 'eve@example.com' }))).toBe('accepted')
    const expiresAt = new Date(time.now().getTime() + MINUTE)
    expect(await outbox.post({ projectId: 'other', mail: codeMail({ to }), expiresAt })).toBe('accepted')
    await time.pass(15 * MINUTE)
    expect(transport.sends).toHaveLength(7)
    expect(outbox.counters()).toMatchObject({ queued: 7, sent: 7, flooded: 2 })
    expect(await post(codeMail({ to }))).toBe('accepted')
  })
})

describe('retrying', () => {
  it('doubles the wait up to a minute until it works, under one id', async () => {
    const { outbox, time, transport, post } = open()
    const at: number[] = []
    const started = time.now().getTime()
    transport.answer = () => {
      at.push(time.now().getTime() - started)
      return at.length < 10 ? { outcome: 'deferred', reason: 'smtp_451' } : { outcome: 'sent' }
    }
    await post()
    await time.pass(10 * MINUTE)
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    for (const [index, full] of [1, 2, 4, 8, 16, 32, 60, 60, 60].entries()) {
      // Half to all of it, and up to a second until somebody looks.
      expect(waits[index]).toBeGreaterThanOrEqual(full * 500)
      expect(waits[index]).toBeLessThanOrEqual(full * 1000 + 1000)
    }
    expect(new Set(transport.sends.map(({ id }) => id)).size).toBe(1)
    expect(outbox.counters()).toMatchObject({ sent: 1, retried: 9, dropped: 0 })
  })

  it('stops when the mail expires, and counts it as dropped once', async () => {
    const { outbox, time, transport, events, post } = open()
    transport.answer = () => ({ outcome: 'deferred', reason: 'smtp_econnection' })
    await post(codeMail(), MINUTE)
    const expiresAt = time.now().getTime() + MINUTE
    const late: number[] = []
    transport.answer = () => {
      if (time.now().getTime() >= expiresAt) late.push(time.now().getTime())
      return { outcome: 'deferred', reason: 'smtp_econnection' }
    }
    await time.pass(30 * MINUTE)
    expect(transport.sends.length).toBeGreaterThanOrEqual(5)
    expect(late).toEqual([])
    expect(outbox.counters()).toMatchObject({ sent: 0, dropped: 1 })
    expect(events.filter(({ kind }) => kind === 'expired')).toEqual([{ kind: 'expired', items: 1 }])
    expect(await outbox.waiting()).toBe(0)
  })

  it('drops at once what was refused for good', async () => {
    const { outbox, time, transport, events, post } = open()
    transport.answer = () => ({ outcome: 'refused', reason: 'smtp_550' })
    await post()
    await time.pass(10 * MINUTE)
    expect(transport.sends).toHaveLength(1)
    expect(outbox.counters()).toMatchObject({ sent: 0, retried: 0, dropped: 1 })
    expect(events).toMatchObject([{ kind: 'dropped', reason: 'smtp_550' }])
    expect(await outbox.waiting()).toBe(0)
  })

  it('takes a transport that throws for one that failed, and repeats nothing of what it said', async () => {
    const { time, transport, events, post } = open()
    transport.answer = (mail) => {
      throw new Error(`could not mail ${mail.to}`)
    }
    await post()
    await time.pass(500)
    expect(events).toMatchObject([{ kind: 'deferred', reason: 'transport_failed' }])
    expect(JSON.stringify(events)).not.toContain('@')
  })

  it('gives up an attempt at its deadline, and tries again', async () => {
    const { time, transport, post } = open()
    transport.answer = (_, signal) => untilAborted(signal)
    await post()
    await time.pass(29_999)
    expect(transport.sends.map(({ signal }) => signal.aborted)).toEqual([false])
    transport.answer = () => ({ outcome: 'sent' })
    await time.pass(3000)
    expect(transport.sends.map(({ signal }) => signal.aborted)).toEqual([true, false])
  })

  it('sends four mails at a time, and the next as soon as one is done', async () => {
    const { time, transport, post } = open()
    const done: (() => void)[] = []
    transport.answer = () => new Promise((resolve) => done.push(() => resolve({ outcome: 'sent' })))
    for (let index = 0; index < 9; index += 1) await post()
    await time.pass(0)
    expect(done).toHaveLength(4)
    done[2]?.()
    await time.pass(0)
    expect(done).toHaveLength(5)
    for (const finish of done) finish()
    await time.pass(0)
    expect(done).toHaveLength(9)
  })

  it('keeps a mail that it cannot open for a replica that can', async () => {
    const store = createMemoryOutboxStore()
    const time = new TestTime()
    const old = open({ store, time })
    const mail = codeMail()
    const newer = createMailSealer([NEWER_SECRET], random)
    const expiresAt = new Date(time.now().getTime() + 10 * MINUTE)
    const allowance = { recipient: 'r', limit: 1, windowMs: MINUTE }
    await store.enqueue({ id: 'a', sealed: newer.seal('a', mail), expiresAt }, allowance, time.now())
    await time.pass(3000)
    expect(old.transport.sends).toEqual([])
    expect(old.events).toContainEqual({ kind: 'deferred', id: 'a', attempt: 1, reason: 'seal_unreadable' })
    await old.outbox.close()
    const updated = open({ store, time, sealer: createMailSealer([NEWER_SECRET], random) })
    await time.pass(MINUTE)
    expect(updated.transport.sends.map((send) => send.mail)).toStrictEqual([mail])
  })
})

describe('several processes', () => {
  it('send each mail once', async () => {
    const store = createMemoryOutboxStore()
    const time = new TestTime()
    const processes = [open({ store, time }), open({ store, time }), open({ store, time })]
    for (let index = 0; index < 60; index += 1) await processes[index % 3]?.post()
    await time.pass(MINUTE)
    const ids = processes.flatMap(({ transport }) => transport.sends.map(({ id }) => id))
    expect(ids).toHaveLength(60)
    expect(new Set(ids).size).toBe(60)
    expect(processes.map(({ outbox }) => outbox.counters().sent).reduce((a, b) => a + b)).toBe(60)
  })

  it('take over from one that died, when its lease ends', async () => {
    const store = createMemoryOutboxStore()
    const time = new TestTime()
    // Claimed, and never heard of again.
    const expiresAt = new Date(time.now().getTime() + 10 * MINUTE)
    const mail = codeMail()
    const allowance = { recipient: 'r', limit: 1, windowMs: MINUTE }
    await store.enqueue({ id: 'a', sealed: plainSealer.seal('a', mail), expiresAt }, allowance, time.now())
    await store.claim(time.now(), MINUTE)
    const { transport } = open({ store, time })
    await time.pass(MINUTE - 1)
    expect(transport.sends).toEqual([])
    await time.pass(1001)
    expect(transport.sends.map((send) => send.mail)).toStrictEqual([mail])
  })
})

describe('an outage of the store', () => {
  it('is reported once, ends by itself, and loses nothing', async () => {
    const { store, broken } = breakable(createMemoryOutboxStore())
    const { time, transport, events, post } = open({ store })
    await time.pass(0)
    broken.add('claim')
    await post()
    await time.pass(5000)
    expect(events).toMatchObject([{ kind: 'store_lost', error: { code: 'store_unavailable' } }])
    expect(transport.sends).toEqual([])
    broken.clear()
    await time.pass(1000)
    expect(transport.sends).toHaveLength(1)
    expect(events.map(({ kind }) => kind).toSorted()).toEqual(['sent', 'store_back', 'store_lost'])
  })

  it('does not make a mail go out twice that was sent while it began', async () => {
    const { store, broken } = breakable(createMemoryOutboxStore())
    const { time, transport, outbox, post } = open({ store })
    broken.add('complete')
    await post()
    await time.pass(3 * MINUTE)
    expect(transport.sends).toHaveLength(1)
    expect(await outbox.waiting()).toBe(1)
    broken.clear()
    await time.pass(1000)
    expect(await outbox.waiting()).toBe(0)
    await time.pass(3 * MINUTE)
    expect(transport.sends).toHaveLength(1)
    expect(outbox.counters()).toMatchObject({ sent: 1, retried: 0, dropped: 0 })
  })

  it('while a retry is noted delays it to the end of the lease', async () => {
    const { store, broken } = breakable(createMemoryOutboxStore())
    const { time, transport, post } = open({ store })
    transport.answer = () => ({ outcome: 'deferred', reason: 'smtp_451' })
    broken.add('postpone')
    await post()
    await time.pass(MINUTE - 1)
    expect(transport.sends).toHaveLength(1)
    await time.pass(1001)
    expect(transport.sends).toHaveLength(2)
  })
})

describe('closing', () => {
  it('leaves what was not sent in the store, for the next start', async () => {
    const store = createMemoryOutboxStore()
    const time = new TestTime()
    const first = open({ store, time })
    first.transport.answer = () => ({ outcome: 'deferred', reason: 'smtp_451' })
    const mail = codeMail()
    await first.post(mail)
    await time.pass(100)
    await first.outbox.close()
    expect(first.transport.isClosed).toBe(true)
    expect(time.waiting).toBe(0)
    await time.pass(3000)
    expect(first.transport.sends).toHaveLength(1)
    const second = open({ store, time })
    await time.pass(100)
    expect(second.transport.sends.map((send) => send.mail)).toStrictEqual([mail])
  })

  it('waits for the mails under way', async () => {
    const { outbox, time, transport, post } = open()
    let finish = () => {}
    transport.answer = () =>
      new Promise((resolve) => {
        finish = () => resolve({ outcome: 'sent' })
      })
    await post()
    await time.pass(0)
    const closing = outbox.close()
    await time.pass(4000)
    expect(transport.isClosed).toBe(false)
    finish()
    await closing
    expect(outbox.counters()).toMatchObject({ sent: 1 })
    expect(await outbox.waiting()).toBe(0)
  })

  it('hands back, at once, what does not finish in time', async () => {
    const store = createMemoryOutboxStore()
    const time = new TestTime()
    const first = open({ store, time })
    first.transport.answer = (_, signal) => untilAborted(signal)
    await first.post()
    await time.pass(0)
    const closing = first.outbox.close()
    await time.pass(5000)
    await closing
    expect(first.transport.isClosed).toBe(true)
    const second = open({ store, time })
    await time.pass(0)
    expect(second.transport.sends).toHaveLength(1)
  })

  it('ends even if the transport does not', async () => {
    const { outbox, time, transport, post } = open()
    transport.answer = () => new Promise(() => {})
    await post()
    await time.pass(0)
    const closing = outbox.close()
    await time.pass(6000)
    await closing
    expect(transport.isClosed).toBe(true)
  })

  it('still queues what is posted afterwards, and sends it no more', async () => {
    const { outbox, time, transport, post } = open()
    await outbox.close()
    await outbox.close()
    expect(await post()).toBe('accepted')
    await time.pass(MINUTE)
    expect(transport.sends).toEqual([])
    expect(await outbox.waiting()).toBe(1)
  })
})

it('refuses a lease that ends before the attempt it covers', () => {
  expect(() => open({ settings: { leaseMs: 1000, sendDeadlineMs: 1000 } })).toThrow(RangeError)
})
