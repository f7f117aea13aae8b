import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { MAX_EXPIRED_PER_CLAIM, type OutboxEntry, type OutboxStore } from '../../../core/stores/outbox-store.ts'
import { TestClock } from '../../support/clock.ts'

const MINUTE = 60_000
const LEASE = 60_000
const CAPACITY = 120

/** The promises of an OutboxStore. `open` gives an empty one with a capacity of 120, and several doors to it. */
export function outboxStoreContract(
  name: string,
  open: (capacity: number) => readonly [OutboxStore, OutboxStore],
): void {
  describe(`OutboxStore contract: ${name}`, () => {
    let store: OutboxStore
    let other: OutboxStore
    let clock: TestClock
    beforeEach(() => {
      ;[store, other] = open(CAPACITY)
      clock = new TestClock()
    })

    const entry = (lifeMs = 10 * MINUTE): OutboxEntry => ({
      id: randomUUID(),
      sealed: `sealed ${randomUUID()}`,
      expiresAt: new Date(clock.now().getTime() + lifeMs),
    })
    const allowance = (recipient: string = randomUUID(), limit = 5) => ({ recipient, limit, windowMs: 15 * MINUTE })
    const enqueue = (mail: OutboxEntry, bound = allowance()) => store.enqueue(mail, bound, clock.now())
    const later = (milliseconds: number) => new Date(clock.now().getTime() + milliseconds)

    it('gives back exactly what was queued, to one caller, as attempt 1', async () => {
      const mail = entry()
      expect(await enqueue(mail)).toBe('queued')
      expect(await store.claim(clock.now(), LEASE)).toStrictEqual({ entry: { ...mail, attempt: 1 }, expired: 0 })
      expect(await other.claim(clock.now(), LEASE)).toStrictEqual({ entry: null, expired: 0 })
    })

    it('gives each of fifty mails to one of a hundred concurrent claims', async () => {
      const mails = Array.from({ length: 50 }, () => entry())
      for (const mail of mails) await enqueue(mail)
      const claims = await Promise.all(
        Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? store : other).claim(clock.now(), LEASE)),
      )
      const ids = claims.flatMap(({ entry }) => (entry === null ? [] : [entry.id]))
      expect(ids.toSorted()).toEqual(mails.map(({ id }) => id).toSorted())
    })

    it('takes first what has been due longest', async () => {
      const first = entry()
      await enqueue(first)
      clock.advance(1)
      const second = entry()
      await enqueue(second)
      expect((await store.claim(clock.now(), LEASE)).entry?.id).toBe(first.id)
      expect((await store.claim(clock.now(), LEASE)).entry?.id).toBe(second.id)
    })

    it('gives a mail to another when the lease ends, and not before', async () => {
      const mail = entry()
      await enqueue(mail)
      await store.claim(clock.now(), LEASE)
      clock.advance(LEASE - 1)
      expect((await other.claim(clock.now(), LEASE)).entry).toBeNull()
      clock.advance(1)
      expect((await other.claim(clock.now(), LEASE)).entry).toStrictEqual({ ...mail, attempt: 2 })
    })

    it('keeps a postponed mail until it is due', async () => {
      const mail = entry()
      await enqueue(mail)
      await store.claim(clock.now(), LEASE)
      expect(await store.postpone({ id: mail.id, attempt: 1 }, later(2000))).toBe(true)
      clock.advance(1999)
      expect((await store.claim(clock.now(), LEASE)).entry).toBeNull()
      clock.advance(1)
      expect((await store.claim(clock.now(), LEASE)).entry?.attempt).toBe(2)
    })

    it('lets nobody postpone a mail whose claim has passed to another', async () => {
      const mail = entry()
      await enqueue(mail)
      await store.claim(clock.now(), LEASE)
      clock.advance(LEASE)
      await other.claim(clock.now(), LEASE)
      expect(await store.postpone({ id: mail.id, attempt: 1 }, clock.now())).toBe(false)
      expect((await store.claim(clock.now(), LEASE)).entry).toBeNull()
      expect(await other.postpone({ id: mail.id, attempt: 2 }, clock.now())).toBe(true)
      expect((await store.claim(clock.now(), LEASE)).entry?.attempt).toBe(3)
    })

    it('forgets a completed mail, for one caller', async () => {
      const mail = entry()
      await enqueue(mail)
      await store.claim(clock.now(), LEASE)
      const outcomes = await Promise.all([store, other, store, other].map((door) => door.complete(mail.id)))
      expect(outcomes.filter((won) => won)).toHaveLength(1)
      clock.advance(LEASE)
      expect(await store.claim(clock.now(), LEASE)).toStrictEqual({ entry: null, expired: 0 })
      expect(await store.postpone({ id: mail.id, attempt: 1 }, clock.now())).toBe(false)
      expect(await store.count()).toBe(0)
    })

    it('never gives out an expired mail, and reports it to one caller', async () => {
      await enqueue(entry(MINUTE))
      clock.advance(MINUTE - 1)
      const live = await store.claim(clock.now(), 1)
      expect(live.entry).not.toBeNull()
      clock.advance(1)
      const claims = await Promise.all([store, other, store, other].map((door) => door.claim(clock.now(), LEASE)))
      expect(claims.map(({ entry }) => entry)).toEqual([null, null, null, null])
      expect(claims.reduce((sum, { expired }) => sum + expired, 0)).toBe(1)
      expect(await store.count()).toBe(0)
    })

    it('passes over expired mails to the live one behind them', async () => {
      for (let index = 0; index < 3; index += 1) await enqueue(entry(2))
      clock.advance(1)
      const live = entry()
      await enqueue(live)
      clock.advance(1)
      expect(await store.claim(clock.now(), LEASE)).toStrictEqual({ entry: { ...live, attempt: 1 }, expired: 3 })
    })

    it('removes a bounded number of expired mails in one step', async () => {
      for (let index = 0; index < MAX_EXPIRED_PER_CLAIM + 5; index += 1) await enqueue(entry(1))
      clock.advance(1)
      expect(await store.claim(clock.now(), LEASE)).toStrictEqual({ entry: null, expired: MAX_EXPIRED_PER_CLAIM })
      expect(await store.claim(clock.now(), LEASE)).toStrictEqual({ entry: null, expired: 5 })
    })

    it('does not take a mail from its claimer because it expires meanwhile', async () => {
      await enqueue(entry(1000))
      await store.claim(clock.now(), LEASE)
      clock.advance(1000)
      expect(await other.claim(clock.now(), LEASE)).toStrictEqual({ entry: null, expired: 0 })
      clock.advance(LEASE)
      expect(await other.claim(clock.now(), LEASE)).toStrictEqual({ entry: null, expired: 1 })
    })

    it('finds a mail that was postponed beyond its expiry when it expires', async () => {
      const mail = entry(1000)
      await enqueue(mail)
      await store.claim(clock.now(), LEASE)
      await store.postpone({ id: mail.id, attempt: 1 }, later(MINUTE))
      clock.advance(1000)
      expect(await store.claim(clock.now(), LEASE)).toStrictEqual({ entry: null, expired: 1 })
    })

    it('queues a recipient’s allowance and no more, of any number of concurrent callers', async () => {
      const bound = allowance()
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? store : other).enqueue(entry(), bound, clock.now()),
        ),
      )
      expect(outcomes.filter((outcome) => outcome === 'queued')).toHaveLength(5)
      expect(outcomes.filter((outcome) => outcome === 'flooded')).toHaveLength(15)
      expect(await store.count()).toBe(5)
      expect(await enqueue(entry())).toBe('queued')
    })

    it('gives a new allowance when the window ends, which refused mails do not prolong', async () => {
      const bound = allowance(undefined, 1)
      expect(await enqueue(entry(), bound)).toBe('queued')
      clock.advance(15 * MINUTE - 1)
      expect(await enqueue(entry(), bound)).toBe('flooded')
      clock.advance(1)
      expect(await enqueue(entry(), bound)).toBe('queued')
      expect(await enqueue(entry(), bound)).toBe('flooded')
    })

    it('queues nothing for an allowance of none', async () => {
      expect(await enqueue(entry(), allowance(undefined, 0))).toBe('flooded')
      expect(await store.count()).toBe(0)
    })

    it('takes the same id once, and its allowance once', async () => {
      const mail = entry()
      const bound = allowance(undefined, 2)
      for (let index = 0; index < 3; index += 1) expect(await enqueue(mail, bound)).toBe('queued')
      expect(await store.count()).toBe(1)
      expect(await enqueue(entry(), bound)).toBe('queued')
    })

    it('says when it is full, takes nothing, and takes again when there is room', async () => {
      for (let index = 0; index < CAPACITY; index += 1) await enqueue(entry())
      const bound = allowance(undefined, 1)
      expect(await enqueue(entry(), bound)).toBe('full')
      expect(await store.count()).toBe(CAPACITY)
      const { entry: claimed } = await store.claim(clock.now(), LEASE)
      await store.complete(claimed?.id ?? '')
      expect(await enqueue(entry(), bound)).toBe('queued')
    })

    it('counts mails that wait and mails that are being sent', async () => {
      await enqueue(entry())
      await enqueue(entry())
      await store.claim(clock.now(), LEASE)
      expect(await other.count()).toBe(2)
    })
  })
}
