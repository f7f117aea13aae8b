import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { WindowCount, WindowStore } from '../../../core/stores/window-store.ts'
import { type Window, WindowCounts } from '../../../src/limits/window-counts.ts'
import { TestClock } from '../../support/clock.ts'

const EXACT: Window = { points: 10, seconds: 60, isExact: true }
const LOOSE: Window = { points: 1_000, seconds: 60, isExact: false }
/** What one replica may keep back of `LOOSE`. */
const UNTOLD = 5

/** A store that counts on the same clock, and that a test can slow down or take away. */
class FakeStore implements WindowStore {
  readonly #clock: TestClock
  readonly #windows = new Map<string, { points: number; endsAt: number }>()
  answers: 'at once' | 'never' | 'failing' = 'at once'
  calls = 0

  constructor(clock: TestClock) {
    this.#clock = clock
  }

  async add(name: string, points: number, seconds: number): Promise<WindowCount> {
    this.calls += 1
    if (this.answers === 'never') return new Promise(() => {})
    if (this.answers === 'failing') throw new Error('down')
    const now = this.#clock.now().getTime()
    let window = this.#windows.get(name)
    if (window === undefined || window.endsAt <= now) window = { points: 0, endsAt: now + seconds * 1000 }
    window.points += points
    this.#windows.set(name, window)
    return { points: window.points, msLeft: window.endsAt - now }
  }
}

describe('WindowCounts', () => {
  let clock: TestClock
  let store: FakeStore
  let failures: unknown[]
  beforeEach(() => {
    clock = new TestClock()
    store = new FakeStore(clock)
    failures = []
  })

  const open = (shared: WindowStore | null = store, capacity = 1_000) =>
    new WindowCounts(
      { clock, store: shared, nameOf: (id) => `name of ${id}`, report: (error) => void failures.push(error) },
      capacity,
    )
  /** How many of so many requests in a row are granted. */
  async function grantedOf(requests: number, window: Window, ...replicas: WindowCounts[]): Promise<number> {
    let granted = 0
    for (let index = 0; index < requests; index += 1) {
      if ((await replicas[index % replicas.length]?.take('id', window)) === 0) granted += 1
    }
    return granted
  }

  describe.each([
    ['alone', EXACT, null],
    ['alone, loosely', LOOSE, null],
    ['with a store, exactly', EXACT, 'store'],
    ['with a store, loosely', LOOSE, 'store'],
  ] as const)('%s', (_, window, shared) => {
    it('grants as much as the window has, and says when it ends', async () => {
      const counts = open(shared === null ? null : store)
      expect(await grantedOf(window.points, window, counts)).toBe(window.points)
      clock.advance(20_000)
      expect(await counts.take('id', window)).toBe(40_000)
      clock.advance(39_999)
      expect(await counts.take('id', window)).toBe(1)
    })

    it('grants as much again when the window has ended, however much was refused', async () => {
      const counts = open(shared === null ? null : store)
      await grantedOf(window.points * 2, window, counts)
      clock.advance(60_000)
      expect(await grantedOf(window.points * 2, window, counts)).toBe(window.points)
    })

    it('counts each id by itself', async () => {
      const counts = open(shared === null ? null : store)
      await grantedOf(window.points + 1, window, counts)
      expect(await counts.take('another', window)).toBe(0)
    })

    it('refuses points that do not fit, and grants those that do', async () => {
      const counts = open(shared === null ? null : store)
      expect(await counts.take('id', window, window.points - 1)).toBe(0)
      expect(await counts.take('id', window, 2)).toBe(60_000)
      expect(await counts.take('id', window, 1)).toBe(0)
    })
  })

  it('grants exactly a window’s points to two replicas, also all at once', async () => {
    const replicas = [open(), open()]
    const waits = await Promise.all(Array.from({ length: 60 }, (_, index) => replicas[index % 2]?.take('id', EXACT)))
    expect(waits.filter((wait) => wait === 0)).toHaveLength(EXACT.points)
  })

  it.each([
    ['evenly', 2],
    ['nine to one', 10],
    ['one to none', 1_000_000],
  ])('loosely grants two replicas at most what both keep back, used %s', async (_, period) => {
    const [a, b] = [open(), open()]
    let granted = 0
    for (let index = 0; index < 3_000; index += 1) {
      if ((await (index % period === 1 ? b : a).take('id', LOOSE)) === 0) granted += 1
    }
    expect(granted).toBeGreaterThanOrEqual(LOOSE.points)
    expect(granted).toBeLessThanOrEqual(LOOSE.points + 2 * UNTOLD)
  })

  it('loosely answers at once, and asks the store once for many requests', async () => {
    const counts = open()
    for (let index = 0; index < 500; index += 1) expect(counts.take('id', LOOSE)).toBe(0)
    // Nothing was answered yet: one question is on its way, however many requests came.
    expect(store.calls).toBe(1)
    for (let index = 0; index < 100; index += 1) await counts.take('id', LOOSE)
    expect(store.calls).toBeLessThanOrEqual(1 + 1 + 100 / UNTOLD)
  })

  it('asks nobody for what is known to be spent', async () => {
    const counts = open()
    await grantedOf(EXACT.points, EXACT, counts)
    const before = store.calls
    expect(await grantedOf(50, EXACT, counts)).toBe(0)
    expect(store.calls).toBe(before)
  })

  it('counts alone while the store fails, and says so once', async () => {
    store.answers = 'failing'
    const counts = open()
    expect(await grantedOf(30, EXACT, counts)).toBe(EXACT.points)
    expect(failures).toHaveLength(1)
    // A store that failed is left alone for a while.
    expect(store.calls).toBe(1)
  })

  it('waits half a second at most for a store that hangs, once', async () => {
    vi.useFakeTimers()
    try {
      store.answers = 'never'
      const counts = open()
      const first = counts.take('id', EXACT)
      await vi.advanceTimersByTimeAsync(500)
      expect(await first).toBe(0)
      expect(await grantedOf(30, EXACT, counts)).toBe(EXACT.points - 1)
      expect(store.calls).toBe(1)
      expect(failures).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('tells the store afterwards what it counted alone', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      store.answers = 'failing'
      const counts = open()
      await grantedOf(100, LOOSE, counts)
      store.answers = 'at once'
      vi.advanceTimersByTime(1_000)
      await grantedOf(1, LOOSE, counts)
      expect((await store.add('name of id', 0, 60)).points).toBe(101)
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not keep a window for longer because the clock was set back', async () => {
    const counts = open(null)
    await grantedOf(EXACT.points + 1, EXACT, counts)
    clock.advance(-3_600_000)
    expect(await counts.take('id', EXACT)).toBe(0)
  })

  it('keeps a bounded number of counts, whatever ids come', async () => {
    const counts = open(null, 100)
    for (let index = 0; index < 10_000; index += 1) expect(counts.take(`id ${index}`, LOOSE)).toBe(0)
    expect(counts.size).toBeLessThanOrEqual(100)
  })

  it('remembers through the store what was pushed out of memory', async () => {
    const counts = open(store, 100)
    expect(await grantedOf(EXACT.points, EXACT, counts)).toBe(EXACT.points)
    for (let index = 0; index < 1_000; index += 1) await counts.take(`id ${index}`, EXACT)
    expect(await grantedOf(20, EXACT, counts)).toBe(0)
  })
})
