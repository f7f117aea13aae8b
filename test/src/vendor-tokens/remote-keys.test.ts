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
    now += 1
    // It may be new: the set was read before anybody named it.
    await expect(ids('b')).rejects.toMatchObject(UNAVAILABLE)
    now += 30_001
    expect(await ids('b')).toEqual(['a', 'b'])
    now += 1
    for (let each = 0; each < 100; each += 1) {
      await expect(ids(`stranger-${each}`)).rejects.toMatchObject(UNAVAILABLE)
      expect(await ids('b')).toEqual(['a', 'b'])
    }
    expect(asked).toBe(2)
  })

  it('are known not to be when they are not in a set that was read since: that is no outage, and asks nobody again', async () => {
    await ids('a')
    now += 30_001
    expect(await ids('made-up')).toEqual(['a'])
    for (now += 1; asked < 3; now += 10_000) expect(await ids('made-up')).toEqual(['a'])
    expect(now).toBeGreaterThan(60_000)
  })

  it('that a vendor has just published are not refused for what somebody made up a moment before', async () => {
    await ids('a')
    now += 30_001
    expect(await ids('made-up')).toEqual(['a'])
    set = published('a', 'b')
    now += 1
    await expect(ids('b')).rejects.toMatchObject(UNAVAILABLE)
    now += 30_000
    expect(await ids('b')).toEqual(['a', 'b'])
  })

  it('are not known when the set was already being read as they were named', async () => {
    let answer = (_: unknown): void => {}
    const slow = createRemoteKeys(
      () => new Promise((resolve) => (answer = resolve)),
      () => now,
    )
    const first = slow('a')
    now += 1
    const [known, unknown] = [slow('a'), slow('b')]
    answer(published('a'))
    expect((await first).map((key) => key.keyId)).toEqual(['a'])
    expect(await known).toEqual(await first)
    await expect(unknown).rejects.toMatchObject(UNAVAILABLE)
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
