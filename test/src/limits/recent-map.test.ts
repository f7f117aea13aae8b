import { describe, expect, it } from 'vitest'
import { RecentMap } from '../../../src/limits/recent-map.ts'

describe('RecentMap', () => {
  it('is never larger than its capacity, however many keys come', () => {
    const map = new RecentMap<number>(100)
    for (let index = 0; index < 10_000; index += 1) {
      map.set(`key ${index}`, index)
      expect(map.size).toBeLessThanOrEqual(100)
    }
  })

  it('keeps what is used, among any number of keys that come once', () => {
    const map = new RecentMap<string>(100)
    map.set('used', 'value')
    for (let index = 0; index < 10_000; index += 1) {
      map.set(`key ${index}`, 'other')
      if (index % 40 === 0) expect(map.get('used')).toBe('value')
    }
  })

  it('forgets what is not used', () => {
    const map = new RecentMap<string>(100)
    map.set('idle', 'value')
    for (let index = 0; index < 100; index += 1) map.set(`key ${index}`, 'other')
    expect(map.get('idle')).toBeUndefined()
  })

  it('gives the newest value of a key', () => {
    const map = new RecentMap<number>(4)
    for (let value = 0; value < 20; value += 1) {
      map.set('key', value)
      map.set(`other ${value}`, value)
      expect(map.get('key')).toBe(value)
    }
  })
})
