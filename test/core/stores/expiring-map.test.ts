import { describe, expect, it } from 'vitest'
import { ExpiringMap } from '../../../core/stores/memory/expiring-map.ts'

describe('ExpiringMap', () => {
  it('does not grow without end when every key is written once and never asked for again', () => {
    const map = new ExpiringMap<number>()
    const lifeMs = 60_000
    let largest = 0
    for (let i = 0; i < 200_000; i += 1) {
      const now = new Date(i * 10)
      map.set(`key-${i}`, i, new Date(now.getTime() + lifeMs), now)
      largest = Math.max(largest, map.size)
    }
    // 6 000 are alive at any time.
    expect(largest).toBeLessThan(3 * 6_000)
    expect(map.get('key-199999')).toBe(199_999)
  })
})
