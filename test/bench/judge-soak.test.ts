import { describe, expect, it } from 'vitest'
import { judgeSoak } from '../../bench/soak/judge-soak.ts'
import { FULL_SOAK } from '../../bench/soak/plan.ts'
import type { SoakSample } from '../../bench/soak/results.ts'

const MIB = 2 ** 20
const STEADY: SoakSample = { second: 0, rssBytes: 150 * MIB, files: 90, handles: 70, keys: 2_000, p99Ms: 12 }

/** Three hundred looks, two seconds apart; `change` says what is different at that share of the time. */
function samples(change: (share: number) => Partial<SoakSample> = () => ({})): SoakSample[] {
  return Array.from({ length: 300 }, (_, index) => ({ ...STEADY, second: index * 2, ...change(index / 299) }))
}

function broken(parts: Partial<Parameters<typeof judgeSoak>[0]>): string[] {
  const whole = { samples: samples(), heapBytes: [60 * MIB, 60 * MIB] as const, held: 0, journeys: 1_000, ...parts }
  return judgeSoak(whole, FULL_SOAK.bounds)
    .filter(({ isKept }) => !isKept)
    .map(({ rule }) => rule)
}

describe('judgeSoak', () => {
  it('lets a steady server pass, whatever it did while it warmed up', () => {
    expect(broken({})).toEqual([])
    const warming = (share: number) =>
      share < 0.25 ? { rssBytes: 400 * MIB, files: 500, handles: 500, p99Ms: 900 } : {}
    expect(broken({ samples: samples(warming) })).toEqual([])
  })

  it('lets garbage come and go', () => {
    const sawtooth = (share: number) => ({ rssBytes: (150 + ((share * 40) % 1) * 40) * MIB })
    expect(broken({ samples: samples(sawtooth) })).toEqual([])
  })

  it('finds memory that only rises', () => {
    const leak = (share: number) => ({ rssBytes: (150 + share * 30) * MIB })
    expect(broken({ samples: samples(leak) })).toEqual(['memory: rise of the straight line through it'])
  })

  it('finds a peak of memory', () => {
    const peak = (share: number) => (Math.abs(share - 0.625) < 0.01 ? { rssBytes: 300 * MIB } : {})
    expect(broken({ samples: samples(peak) })).toEqual(['memory: between the least and the most'])
  })

  it('finds what garbage collection leaves', () => {
    expect(broken({ heapBytes: [60 * MIB, 70 * MIB] })).toEqual(['heap without garbage: from the beginning to the end'])
    expect(broken({ heapBytes: [Number.NaN, 70 * MIB] })).toEqual([
      'heap without garbage: from the beginning to the end',
    ])
  })

  it('finds files, handles and keys that stay', () => {
    const growing = (share: number) => ({
      files: 90 + share * 30,
      handles: 70 + share * 30,
      keys: 2_000 + share * 2_000,
    })
    expect(broken({ samples: samples(growing) })).toEqual([
      'open files: last third above first',
      'handles: last third above first',
      'keys in Redis: last third above first',
    ])
  })

  it('finds answers that take longer and longer, and callers that had to wait', () => {
    expect(broken({ samples: samples((share) => ({ p99Ms: 12 + share * 300 })) })).toEqual([
      'slowest hundredth of answers, last third',
    ])
    expect(broken({ held: 11 })).toEqual(['journeys that could not begin when they were due'])
  })
})
