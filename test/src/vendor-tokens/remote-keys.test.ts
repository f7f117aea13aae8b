import { exportJWK, generateKeyPair } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRemoteKeys } from '../../../src/vendor-tokens/remote-keys.ts'

const MINUTE = 60_000
const UNAVAILABLE = { code: 'issuer_unavailable', reason: 'key_set_unavailable' }

describe('keys that are fetched', () => {
  let jwk: object
  let set: unknown
  let now: number
  let asked: number
  let keys: ReturnType<typeof createRemoteKeys>
  const ids = async (keyId: string | null) => (await keys(keyId)).map((key) => key.keyId)
  const published = (...kids: string[]) => ({ keys: kids.map((kid) => ({ ...jwk, kid })) })

  beforeAll(async () => {
    jwk = await exportJWK((await generateKeyPair('ES256')).publicKey)
  })
  beforeEach(() => {
    set = published('a')
    now = 5
    asked = 0
    const fetchSet = async () => {
      asked += 1
      if (set instanceof Error) throw set
      return set
    }
    keys = createRemoteKeys(fetchSet, () => now)
  })

  it('are kept for ten minutes, and then read anew', async () => {
    expect(await ids('a')).toEqual(['a'])
    now += 10 * MINUTE
    expect(await ids('a')).toEqual(['a'])
    expect(asked).toBe(1)
    set = published('b')
    now += 1
    expect(await ids(null)).toEqual(['b'])
    expect(asked).toBe(2)
  })

  it('are read for a key that is not among them, twice a minute at most', async () => {
    await ids('a')
    set = published('a', 'b')
    expect(await ids('b')).toEqual(['a'])
    now += 30_001
    expect(await ids('b')).toEqual(['a', 'b'])
    for (let each = 0; each < 100; each += 1) await ids(`stranger-${each}`)
    expect(asked).toBe(2)
  })

  it('serve for a day when they cannot be read anew; a key that may be new is then not known, and not refused', async () => {
    await ids('a')
    set = new Error('down')
    now += 11 * MINUTE
    expect(await ids('a')).toEqual(['a'])
    await expect(ids('b')).rejects.toMatchObject(UNAVAILABLE)
    expect(asked).toBe(2)
    now += 24 * 60 * MINUTE
    await expect(ids('a')).rejects.toMatchObject(UNAVAILABLE)
    set = published('b')
    now += MINUTE
    expect(await ids('b')).toEqual(['b'])
  })

  it('are not forgotten for an answer that has none', async () => {
    await ids('a')
    for (const answer of [
      { keys: [] },
      {},
      null,
      'x',
      { keys: 'x' },
      { keys: [7, null, { kty: 'RSA', n: 'AQAB', e: 'AQAB' }] },
    ]) {
      set = answer
      now += 11 * MINUTE
      expect(await ids('a')).toEqual(['a'])
    }
  })
})
