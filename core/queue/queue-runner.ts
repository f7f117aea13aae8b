import type { Clock, RandomSource } from '../ports.ts'
import { type ClaimedEntry, MAX_EXPIRED_PER_CLAIM, type OutboxStore } from '../stores/outbox-store.ts'
import type { Timer } from '../timer.ts'
import { ABORT_GRACE_MS } from './close-limits.ts'
import type { Delivery, QueueEvent, Transport } from './delivery.ts'
import { type RetryPolicy, retryDelay } from './retry-delay.ts'
import type { Sealer } from './seal.ts'

export interface RunnerParts<T> {
  readonly store: OutboxStore
  readonly transport: Transport<T>
  readonly sealer: Sealer<T>
  readonly clock: Clock
  readonly random: RandomSource
  readonly timer: Timer
  readonly report: (event: QueueEvent) => void
}

export interface RunnerSettings extends RetryPolicy {
  /** How many items this process sends at a time. */
  readonly concurrency: number
  /** An attempt that takes longer is given up and repeated. */
  readonly sendDeadlineMs: number
  /** Longer than the deadline by more than clocks differ: else an item under way would be sent a second time. */
  readonly leaseMs: number
  /** How often to look for items that became due, of whatever replica. */
  readonly pollMs: number
  /** How long closing waits for items under way. */
  readonly closeGraceMs: number
}

/**
 * Sends what is due, from now until it is closed. Many may run on one store: each item is one runner's at a time. A runner
 * that dies leaves its items to the others when their leases end, so an item may arrive twice, and never not at all.
 */
export class QueueRunner<T> {
  readonly #parts: RunnerParts<T>
  readonly #settings: RunnerSettings
  readonly #underWay = new Set<Promise<void>>()
  readonly #attempts = new Set<AbortController>()
  /** Done with, and the store could not be told. */
  readonly #unconfirmed = new Set<string>()
  #round: Promise<void> | null = null
  #isWanted = false
  #isClosing = false
  #isStoreLost = false
  #cancelPoll: () => void = () => {}

  constructor(parts: RunnerParts<T>, settings: RunnerSettings) {
    this.#parts = parts
    this.#settings = settings
    this.wake()
  }

  /** Something may be due: look now. */
  wake(): void {
    if (this.#isClosing) return
    this.#isWanted = true
    if (this.#round !== null) return
    this.#cancelPoll()
    this.#round = this.#takeWhatIsDue().finally(() => {
      this.#round = null
      if (!this.#isClosing) this.#cancelPoll = this.#parts.timer.after(this.#settings.pollMs, () => this.wake())
    })
  }

  /** Takes nothing more, lets the items under way finish for a while, and hands back those that do not. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#cancelPoll()
    await this.#round
    await this.#settled(this.#settings.closeGraceMs)
    for (const attempt of this.#attempts) attempt.abort()
    await this.#settled(ABORT_GRACE_MS)
  }

  async #takeWhatIsDue(): Promise<void> {
    while (this.#isWanted && !this.#isClosing) {
      this.#isWanted = false
      try {
        // First: an item that was sent must not be claimed again.
        for (const id of this.#unconfirmed) await this.#confirm(id)
        while (await this.#takeOne()) {}
        this.#noteStoreIsBack()
      } catch (error) {
        this.#noteStoreIsLost(error)
      }
    }
  }

  /** Whether it makes sense to ask for another. */
  async #takeOne(): Promise<boolean> {
    const { store, clock, report } = this.#parts
    if (this.#isClosing || this.#underWay.size >= this.#settings.concurrency) return false
    const { entry, expired } = await store.claim(clock.now(), this.#settings.leaseMs)
    if (expired > 0) report({ kind: 'expired', items: expired })
    if (entry === null) return expired === MAX_EXPIRED_PER_CLAIM
    const attempt = this.#attempt(entry).finally(() => {
      this.#underWay.delete(attempt)
      this.wake()
    })
    this.#underWay.add(attempt)
    return true
  }

  /** Never throws. */
  async #attempt(entry: ClaimedEntry): Promise<void> {
    const { report } = this.#parts
    const { id, attempt } = entry
    const delivery = await this.#deliver(entry)
    if (delivery.outcome === 'deferred') {
      report({ kind: 'deferred', id, attempt, reason: delivery.reason })
      return this.#postpone(entry)
    }
    if (delivery.outcome === 'sent') report({ kind: 'sent', id, attempt })
    else report({ kind: 'dropped', id, attempt, reason: delivery.reason })
    this.#unconfirmed.add(id)
    return this.#confirm(id).catch((error) => this.#noteStoreIsLost(error))
  }

  async #deliver(entry: ClaimedEntry): Promise<Delivery> {
    // Closed between the claim and now.
    if (this.#isClosing) return { outcome: 'deferred', reason: 'closing' }
    const item = this.#parts.sealer.open(entry.id, entry.sealed)
    // Not dropped: while secrets are being replaced, another replica may have the one it takes.
    if (item === null) return { outcome: 'deferred', reason: 'seal_unreadable' }
    return this.#send(item, entry.id)
  }

  async #send(item: T, id: string): Promise<Delivery> {
    const attempt = new AbortController()
    const cancelDeadline = this.#parts.timer.after(this.#settings.sendDeadlineMs, () => attempt.abort())
    this.#attempts.add(attempt)
    try {
      return await this.#parts.transport.send(item, { id, signal: attempt.signal })
    } catch {
      // What was thrown may hold the address.
      return { outcome: 'deferred', reason: 'transport_failed' }
    } finally {
      cancelDeadline()
      this.#attempts.delete(attempt)
    }
  }

  async #postpone(entry: ClaimedEntry): Promise<void> {
    const { store, clock, random } = this.#parts
    const delay = this.#isClosing ? 0 : retryDelay(entry.attempt, this.#settings, random)
    try {
      await store.postpone(entry, new Date(clock.now().getTime() + delay))
    } catch (error) {
      // The end of the lease has the same effect, later.
      this.#noteStoreIsLost(error)
    }
  }

  async #confirm(id: string): Promise<void> {
    await this.#parts.store.complete(id)
    this.#unconfirmed.delete(id)
  }

  async #settled(milliseconds: number): Promise<void> {
    if (this.#underWay.size === 0) return
    let cancel = () => {}
    const timeout = new Promise<void>((resolve) => {
      cancel = this.#parts.timer.after(milliseconds, resolve)
    })
    await Promise.race([Promise.all(this.#underWay), timeout])
    cancel()
  }

  #noteStoreIsLost(error: unknown): void {
    if (this.#isStoreLost) return
    this.#isStoreLost = true
    this.#parts.report({ kind: 'store_lost', error })
  }

  #noteStoreIsBack(): void {
    if (!this.#isStoreLost) return
    this.#isStoreLost = false
    this.#parts.report({ kind: 'store_back' })
  }
}
