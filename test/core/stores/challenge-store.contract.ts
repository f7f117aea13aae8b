import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CHALLENGE_PURPOSES, type Challenge } from '../../../core/challenges/challenge.ts'
import type { ChallengeStore, Stores } from '../../../core/stores/stores.ts'
import { at, concurrently, HOSTILE_TEXTS, newProjectId, type OpenStores, START, winners } from './stores-under-test.ts'

const TTL_MS = 300_000

/** What every challenge store promises. */
export function challengeStoreContract(name: string, open: OpenStores): void {
  describe(`ChallengeStore contract: ${name}`, () => {
    let stores: Stores
    let store: ChallengeStore
    let challenge: Challenge

    beforeAll(() => {
      stores = open()
      store = stores.challenges
    })
    afterAll(() => stores.close())
    beforeEach(() => {
      challenge = {
        projectId: newProjectId(),
        purpose: 'fourmica.sign-in',
        subject: 'eip155:0x00000000000000000000000000000000000000a1',
        handle: '00112233445566778899aabbccddeeff',
        nonce: '00112233445566778899aabbccddeeff',
        issuedAt: START,
        expiresAt: at(TTL_MS),
        context: { domain: 'app.example.com', text: 'Zeile\n☃ "quoted"' },
      }
    })

    it('finds what was issued, field by field, and takes nothing by finding', async () => {
      await store.issue(challenge)
      expect(await store.find(challenge, START)).toEqual(challenge)
      expect(await store.find(challenge, START)).toEqual(challenge)
    })

    it('gives a challenge to exactly one of fifty concurrent consumers', async () => {
      await store.issue(challenge)
      const answers = await concurrently(50, () => store.consume(challenge))
      expect(winners(answers)).toBe(1)
      expect(await store.find(challenge, START)).toBeNull()
      expect(await store.consume(challenge)).toBe(false)
    })

    it('gives to one consumer also what each of them found', async () => {
      await store.issue(challenge)
      const answers = await concurrently(50, async () => {
        const found = await store.find(challenge, START)
        return found !== null && (await store.consume(found))
      })
      expect(winners(answers)).toBe(1)
    })

    it('knows no challenge that was never issued', async () => {
      expect(await store.find(challenge, START)).toBeNull()
      expect(await store.consume(challenge)).toBe(false)
    })

    it('is live until one millisecond before its expiry, and not at it', async () => {
      await store.issue(challenge)
      expect(await store.find(challenge, at(TTL_MS - 1))).not.toBeNull()
      expect(await store.find(challenge, at(TTL_MS))).toBeNull()
      expect(await store.find(challenge, at(TTL_MS + 1))).toBeNull()
    })

    it('never finds a challenge that was over when it was issued', async () => {
      await store.issue({ ...challenge, expiresAt: START })
      expect(await store.find(challenge, START)).toBeNull()
    })

    it('replaces an earlier challenge under the same key, which its holder cannot take any more', async () => {
      const second = { ...challenge, handle: '', nonce: 'second' }
      const first = { ...challenge, handle: '', nonce: 'first' }
      await store.issue(first)
      await store.issue(second)
      expect((await store.find(first, START))?.nonce).toBe('second')
      expect(await store.consume(first)).toBe(false)
      expect(await store.consume(second)).toBe(true)
    })

    it.each([
      ['issued later', { issuedAt: at(1) }],
      ['with another expiry', { expiresAt: at(TTL_MS + 1) }],
    ])('tells a challenge from one with the same nonce that was %s', async (_, change) => {
      await store.issue({ ...challenge, ...change })
      expect(await store.consume(challenge)).toBe(false)
      expect(await store.consume({ ...challenge, ...change })).toBe(true)
    })

    it('replaces an earlier challenge also by one that is over', async () => {
      await store.issue(challenge)
      await store.issue({ ...challenge, nonce: 'over', expiresAt: START })
      expect(await store.find(challenge, START)).toBeNull()
      expect(await store.consume(challenge)).toBe(false)
    })

    describe('attempt', () => {
      it('gives the challenge for as many comparisons as the limit, among fifty at once, and then no more', async () => {
        await store.issue(challenge)
        const got = await concurrently(50, () => store.attempt(challenge, 5, START))
        expect(got.filter((each) => each !== null)).toEqual(Array.from({ length: 5 }, () => challenge))
        expect(await store.attempt(challenge, 5, START)).toBeNull()
      })

      it('gives it to one of fifty at once who would each compare and then consume it', async () => {
        await store.issue(challenge)
        const answers = await concurrently(50, async () => {
          const got = await store.attempt(challenge, 5, START)
          return got !== null && (await store.consume(got))
        })
        expect(winners(answers)).toBe(1)
      })

      it('counts nothing when the challenge is only found', async () => {
        await store.issue(challenge)
        for (let look = 0; look < 5; look += 1) await store.find(challenge, START)
        expect(await store.attempt(challenge, 1, START)).toEqual(challenge)
      })

      it('leaves the challenge to be consumed, by one, after its last comparison', async () => {
        await store.issue(challenge)
        for (let count = 0; count < 5; count += 1) expect(await store.attempt(challenge, 5, START)).toEqual(challenge)
        expect(winners(await concurrently(50, () => store.consume(challenge)))).toBe(1)
        expect(await store.attempt(challenge, 5, START)).toBeNull()
      })

      it('counts anew for a challenge that replaced an earlier one', async () => {
        await store.issue(challenge)
        for (let count = 0; count < 4; count += 1) await store.attempt(challenge, 5, START)
        const next = { ...challenge, nonce: 'next', issuedAt: at(1), expiresAt: at(TTL_MS + 1) }
        await store.issue(next)
        for (let count = 0; count < 5; count += 1) expect(await store.attempt(challenge, 5, at(1))).toEqual(next)
        expect(await store.attempt(challenge, 5, at(1))).toBeNull()
      })

      it('gives nothing of a challenge that is over, and counts for no other one', async () => {
        const other = { ...challenge, handle: 'other' }
        await store.issue(challenge)
        for (let count = 0; count < 5; count += 1) expect(await store.attempt(other, 1, START)).toBeNull()
        expect(await store.attempt(challenge, 1, at(TTL_MS - 1))).toEqual(challenge)
        await store.issue(other)
        expect(await store.attempt(other, 1, at(TTL_MS))).toBeNull()
      })
    })

    it('keeps several outstanding challenges of one subject apart by their handle', async () => {
      const other = { ...challenge, handle: 'ffeeddccbbaa99887766554433221100', nonce: 'other' }
      await store.issue(challenge)
      await store.issue(other)
      expect(await store.consume(challenge)).toBe(true)
      expect(await store.find(other, START)).toEqual(other)
    })

    it.each([
      ['project', { projectId: newProjectId() }],
      ['purpose', { purpose: CHALLENGE_PURPOSES[1] }],
      ['subject', { subject: 'eip155:0x00000000000000000000000000000000000000a2' }],
      ['chain of the subject', { subject: 'eip155:1:0x00000000000000000000000000000000000000a1' }],
      ['handle', { handle: '00112233445566778899aabbccddeef0' }],
      ['letter case of the handle', { handle: '00112233445566778899AABBCCDDEEFF' }],
    ])('binds the %s', async (_, change) => {
      await store.issue(challenge)
      expect(await store.find({ ...challenge, ...change }, START)).toBeNull()
      expect(await store.consume({ ...challenge, ...change })).toBe(false)
      expect(await store.consume(challenge)).toBe(true)
    })

    it.each(['projectId', 'subject', 'handle'] as const)('takes any text as %s, and mixes none up', async (field) => {
      const base = challenge.projectId
      const issued = HOSTILE_TEXTS.map((text, index) => ({
        ...challenge,
        projectId: base,
        [field]: field === 'projectId' ? base + text : text,
        nonce: `nonce-${index}`,
      }))
      await Promise.all(issued.map((each) => store.issue(each)))
      for (const each of issued) expect(await store.find(each, START)).toEqual(each)
      for (const each of issued) expect(await store.consume(each)).toBe(true)
    })

    it('does not mix up fields that hold each other’s separators', async () => {
      const pairs = ['a', 'a|', 'a}', 'a\0', 'a:'].flatMap((subject) =>
        ['b', '|b', '{b', '\0b', ':b'].map((handle) => ({ ...challenge, subject, handle, nonce: subject + handle })),
      )
      await Promise.all(pairs.map((each) => store.issue(each)))
      for (const each of pairs) expect((await store.find(each, START))?.nonce).toBe(each.nonce)
    })

    it('gives out copies: what a caller does to one changes nothing', async () => {
      await store.issue(challenge)
      const found = await store.find(challenge, START)
      found?.expiresAt.setTime(0)
      if (found !== null) Object.assign(found.context, { domain: 'evil.example.com' })
      expect((await store.find(challenge, START))?.expiresAt).toEqual(at(TTL_MS))
      expect((await store.find(challenge, START))?.context['domain']).toBe('app.example.com')
    })

    it('keeps what was issued, whatever becomes of the caller’s object', async () => {
      const mine = { ...challenge, expiresAt: at(TTL_MS), context: { domain: 'app.example.com' } }
      await store.issue(mine)
      mine.expiresAt.setTime(0)
      mine.context.domain = 'evil.example.com'
      expect(await store.find(challenge, START)).toMatchObject({
        expiresAt: at(TTL_MS),
        context: { domain: 'app.example.com' },
      })
    })
  })
}
