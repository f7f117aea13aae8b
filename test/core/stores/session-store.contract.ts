import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatAccountId } from '../../../core/accounts/account.ts'
import type {
  RefreshTokenRecord,
  Rotation,
  RotationPolicy,
  Session,
  WalletFactor,
} from '../../../core/sessions/session.ts'
import { MAX_SESSIONS_PER_USER, type SessionStore, type Stores } from '../../../core/stores/stores.ts'
import { at, concurrently, HOSTILE_TEXTS, newProjectId, type OpenStores, START, winners } from './stores-under-test.ts'

const TTL_MS = 3_600_000
const ONCE: RotationPolicy = { graceSeconds: 0, maxLiveTokens: 1 }
const GRACE: RotationPolicy = { graceSeconds: 10, maxLiveTokens: 4 }
const NO_CHANGE = { userId: null, expiresAt: null, factor: null }

/** What every session store promises. */
export function sessionStoreContract(name: string, open: OpenStores): void {
  describe(`SessionStore contract: ${name}`, () => {
    let stores: Stores
    let store: SessionStore
    let session: Session
    let first: RefreshTokenRecord

    beforeAll(() => {
      stores = open()
      store = stores.sessions
    })
    afterAll(() => stores.close())
    beforeEach(() => {
      session = sessionOf(newProjectId())
      first = token('first')
    })

    const find = (now: Date) => store.find(session.projectId, session.id, now)
    const rotate = (presented: string, next: string, now: Date, policy = ONCE, life = TTL_MS): Promise<Rotation> =>
      store.rotateRefreshToken({
        projectId: session.projectId,
        sessionId: session.id,
        userId: session.userId,
        presentedHash: presented,
        next: { hash: next, expiresAt: new Date(now.getTime() + life) },
        policy,
        now,
      })
    const outcome = async (...rotation: Parameters<typeof rotate>) => (await rotate(...rotation)).outcome
    const logOut = (hash: string) => store.revokeByRefreshToken(session.projectId, session.id, hash)

    describe('open and find', () => {
      it('finds what was opened, field by field', async () => {
        await store.open(session, first)
        expect(await find(START)).toEqual(session)
      })

      it('keeps a session without a refresh token and without a device', async () => {
        await store.open({ ...session, device: null }, null)
        expect(await find(START)).toEqual({ ...session, device: null })
        expect(await outcome('first', 'second', START)).toBe('unusable')
      })

      it('is live until one millisecond before its expiry, and not at it', async () => {
        await store.open(session, first)
        expect(await find(at(TTL_MS - 1))).not.toBeNull()
        expect(await find(at(TTL_MS))).toBeNull()
      })

      it('knows no session of another project, and none that was never opened', async () => {
        await store.open(session, first)
        expect(await store.find(newProjectId(), session.id, START)).toBeNull()
        expect(await store.find(session.projectId, `${session.id}x`, START)).toBeNull()
      })

      it('takes any text as id, and mixes none up', async () => {
        const all = HOSTILE_TEXTS.map((text, index) => ({ ...session, id: text, userId: `user_${index}` }))
        await Promise.all(all.map((each) => store.open(each, first)))
        for (const each of all) expect(await store.find(each.projectId, each.id, START)).toEqual(each)
        for (const each of all) expect(await store.revoke(each.projectId, each.id, START)).toBe(true)
      })

      it('gives out copies: what a caller does to one changes nothing', async () => {
        await store.open(session, first)
        const found = await find(START)
        found?.expiresAt.setTime(0)
        found?.factors[0]?.verifiedAt.setTime(0)
        expect(await find(START)).toEqual(session)
      })

      it('opens anew under an id that was in use, with nothing of the earlier session', async () => {
        await store.open(session, first)
        await store.open({ ...session, factors: [factorOf('wallet_2', 0)] }, token('other'))
        expect((await find(START))?.factors).toEqual([factorOf('wallet_2', 0)])
        expect(await outcome('first', 'second', START)).toBe('unusable')
        expect(await outcome('other', 'second', START)).toBe('rotated')
      })
    })

    describe('renew', () => {
      it('marks activity', async () => {
        await store.open(session, first)
        const renewed = await store.renew(session.projectId, session.id, { ...NO_CHANGE, now: at(5) })
        expect(renewed).toEqual({ ...session, lastActiveAt: at(5) })
        expect(await find(at(5))).toEqual(renewed)
      })

      it('sets a new expiry, later or earlier', async () => {
        const { projectId, id, userId } = session
        await store.open(session, first)
        await store.renew(projectId, id, { ...NO_CHANGE, userId, now: START, expiresAt: at(2 * TTL_MS) })
        expect(await find(at(2 * TTL_MS - 1))).not.toBeNull()
        await store.renew(projectId, id, { ...NO_CHANGE, userId, now: START, expiresAt: at(1000) })
        expect(await find(at(999))).not.toBeNull()
        expect(await find(at(1000))).toBeNull()
      })

      it('adds a factor, newest last', async () => {
        await store.open(session, first)
        const factor = factorOf('wallet_2', 7)
        await store.renew(session.projectId, session.id, { ...NO_CHANGE, now: at(7), factor })
        expect((await find(at(7)))?.factors).toEqual([...session.factors, factor])
      })

      it('replaces the factor of the same credential', async () => {
        const [known] = session.factors
        await store.open({ ...session, factors: [...session.factors, factorOf('wallet_2', 3)] }, first)
        const factor = factorOf(known?.credentialId ?? '', 7)
        await store.renew(session.projectId, session.id, { ...NO_CHANGE, now: at(7), factor })
        expect((await find(at(7)))?.factors).toEqual([factorOf('wallet_2', 3), factor])
      })

      it('loses no factor of twenty added at once', async () => {
        await store.open(session, first)
        await concurrently(20, (index) =>
          store.renew(session.projectId, session.id, {
            ...NO_CHANGE,
            now: START,
            factor: factorOf(`w${index}`, index),
          }),
        )
        expect((await find(START))?.factors).toHaveLength(21)
      })

      it('never brings back a session that is over or revoked', async () => {
        const { projectId, id, userId } = session
        const longer = { ...NO_CHANGE, userId, expiresAt: at(9 * TTL_MS) }
        await store.open(session, first)
        expect(await store.renew(projectId, id, { ...longer, now: at(TTL_MS) })).toBeNull()
        expect(await find(at(TTL_MS))).toBeNull()
        await store.revoke(projectId, id, START)
        expect(await store.renew(projectId, id, { ...longer, now: START })).toBeNull()
        expect(await find(START)).toBeNull()
        expect(await store.list(projectId, userId, START)).toEqual([])
      })
    })

    describe('rotateRefreshToken without grace', () => {
      it('swaps the token and lets the session live as long as the successor', async () => {
        await store.open(session, first)
        const rotation = await rotate('first', 'second', at(1000))
        const expected = { ...session, lastActiveAt: at(1000), expiresAt: at(1000 + TTL_MS) }
        expect(rotation).toEqual({ outcome: 'rotated', session: expected })
        expect(await find(at(TTL_MS + 999))).toEqual(expected)
        expect(await find(at(TTL_MS + 1000))).toBeNull()
      })

      it('lets exactly one of 64 concurrent callers win', async () => {
        await store.open(session, first)
        const rotations = await concurrently(64, (index) => rotate('first', `next-${index}`, START))
        expect(rotations.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1)
        expect(rotations.filter(({ outcome }) => outcome === 'reused')).toHaveLength(63)
        const usable = await Promise.all(rotations.map((_, index) => outcome(`next-${index}`, `later-${index}`, START)))
        expect(usable.filter((each) => each === 'rotated')).toHaveLength(1)
        const [winner] = rotations.flatMap(({ outcome }, index) => (outcome === 'rotated' ? index : []))
        expect(usable[winner ?? -1]).toBe('rotated')
      })

      it('tells a replaced token from an unknown one, and refuses both for good', async () => {
        await store.open(session, first)
        expect(await outcome('first', 'second', START)).toBe('rotated')
        expect(await outcome('first', 'third', START)).toBe('reused')
        expect(await outcome('unknown', 'third', START)).toBe('unusable')
        expect(await outcome('second', 'third', START)).toBe('rotated')
        expect(await outcome('first', 'fourth', START)).not.toBe('rotated')
      })

      it('keeps the successor usable after a repeat of its parent', async () => {
        await store.open(session, first)
        await rotate('first', 'second', START)
        await rotate('first', 'stolen', START)
        expect(await outcome('stolen', 'third', START)).toBe('unusable')
        expect(await outcome('second', 'third', START)).toBe('rotated')
      })

      it('judges the token’s own expiry: usable one millisecond before, not at it', async () => {
        const early = { hash: 'first', expiresAt: at(1000) }
        await store.open(session, early)
        expect(await outcome('first', 'second', at(1000))).toBe('unusable')
        expect(await outcome('first', 'second', at(999))).toBe('rotated')
      })

      it('refuses every token of a session that is over, revoked or another project’s', async () => {
        await store.open(session, { hash: 'first', expiresAt: at(9 * TTL_MS) })
        expect(await outcome('first', 'second', at(TTL_MS))).toBe('unusable')
        const elsewhere = {
          sessionId: session.id,
          userId: session.userId,
          presentedHash: 'first',
          policy: ONCE,
          now: START,
        }
        const answer = await store.rotateRefreshToken({
          ...elsewhere,
          projectId: newProjectId(),
          next: token('second'),
        })
        expect(answer).toEqual({ outcome: 'unusable' })
        await store.revoke(session.projectId, session.id, START)
        expect(await outcome('first', 'second', START)).toBe('unusable')
        expect(await find(START)).toBeNull()
      })

      it('rotates a hundred times in a row', async () => {
        await store.open(session, token('0'))
        for (let index = 0; index < 100; index += 1) {
          expect(await outcome(String(index), String(index + 1), at(index))).toBe('rotated')
        }
        expect((await find(at(100)))?.expiresAt).toEqual(at(99 + TTL_MS))
      })
    })

    describe('rotateRefreshToken with grace', () => {
      it('accepts a repeat until one millisecond before the grace ends, and not at it', async () => {
        await store.open(session, first)
        expect(await outcome('first', 'a', START, GRACE)).toBe('rotated')
        expect(await outcome('first', 'b', at(9_999), GRACE)).toBe('rotated')
        expect(await outcome('first', 'c', at(10_000), GRACE)).toBe('reused')
        expect(await outcome('a', 'a2', at(10_000), GRACE)).toBe('rotated')
        expect(await outcome('b', 'b2', at(10_000), GRACE)).toBe('rotated')
      })

      it('counts the grace from the first use, not from the last', async () => {
        await store.open(session, first)
        await rotate('first', 'a', START, GRACE)
        await rotate('first', 'b', at(9_000), GRACE)
        expect(await outcome('first', 'c', at(15_000), GRACE)).toBe('reused')
      })

      it('lets the oldest unused token make room for a repeat beside as many as there may be', async () => {
        await store.open(session, first)
        for (const [index, next] of ['a', 'b', 'c', 'd'].entries()) {
          expect(await outcome('first', next, at(index), GRACE)).toBe('rotated')
        }
        expect(await outcome('a', 'a2', at(5), GRACE)).toBe('unusable')
        for (const next of ['b', 'c', 'd']) expect(await outcome(next, `${next}2`, at(6), GRACE)).toBe('rotated')
      })

      it('answers clients that refresh in parallel and keep one answer, however often they do', async () => {
        await store.open(session, token('0'))
        for (let index = 0; index < 20; index += 1) {
          const now = at(index * 60_000)
          expect(await outcome(String(index), `spare of ${index}`, now, GRACE)).toBe('rotated')
          expect(await outcome(String(index), String(index + 1), now, GRACE)).toBe('rotated')
        }
      })

      it('never refuses a token its first use: the token replaced first loses its grace instead', async () => {
        await store.open(session, token('0'))
        for (let index = 0; index < 20; index += 1) {
          expect(await outcome(String(index), String(index + 1), at(index), GRACE)).toBe('rotated')
        }
        // Live are 20, and 19, 18 and 17 in their grace; with each repeat the oldest of these makes room.
        expect(await outcome('16', 'x', at(20), GRACE)).not.toBe('rotated')
        expect(await outcome('19', 'y', at(20), GRACE)).toBe('rotated')
        expect(await outcome('17', 'z', at(20), GRACE)).not.toBe('rotated')
        expect(await outcome('20', 'w', at(20), GRACE)).toBe('rotated')
      })

      it('rotates where one token may live: its grace has no room', async () => {
        const policy = { graceSeconds: 10, maxLiveTokens: 1 }
        await store.open(session, first)
        expect(await outcome('first', 'second', START, policy)).toBe('rotated')
        expect(await outcome('first', 'third', START, policy)).toBe('reused')
        expect(await outcome('second', 'third', START, policy)).toBe('rotated')
      })

      it('lets as many of the tokens of 64 concurrent callers live as may', async () => {
        await store.open(session, first)
        const rotations = await concurrently(64, (index) => rotate('first', `next-${index}`, START, GRACE))
        expect(rotations.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(64)
        const uses = await concurrently(64, (index) => outcome(`next-${index}`, `${index}-again`, at(20_000), GRACE))
        expect(uses.filter((each) => each === 'rotated').length).toBeLessThanOrEqual(GRACE.maxLiveTokens - 1)
      })
    })

    describe('addRefreshToken', () => {
      const add = (hash: string, now: Date, maxLiveTokens = 3, life = TTL_MS) =>
        store.addRefreshToken({
          projectId: session.projectId,
          sessionId: session.id,
          userId: session.userId,
          token: { hash, expiresAt: new Date(now.getTime() + life) },
          maxLiveTokens,
          now,
        })

      it('gives a session that had none a token, and the token’s life', async () => {
        await store.open({ ...session, expiresAt: at(60_000) }, null)
        const added = await add('first', at(30_000))
        expect(added).toEqual({ ...session, lastActiveAt: at(30_000), expiresAt: at(30_000 + TTL_MS) })
        expect(await find(at(30_000 + TTL_MS - 1))).toEqual(added)
        expect(await store.list(session.projectId, session.userId, at(120_000))).toEqual([added])
        expect(await outcome('first', 'second', at(60_001))).toBe('rotated')
      })

      it('leaves the other tokens as they are', async () => {
        await store.open(session, first)
        await add('second', START)
        expect(await outcome('first', 'third', at(1), GRACE)).toBe('rotated')
        expect(await outcome('second', 'fourth', at(2), GRACE)).toBe('rotated')
      })

      it('adds as many of 64 at once as tokens may live', async () => {
        await store.open(session, null)
        const added = await Promise.all(Array.from({ length: 64 }, (_, index) => add(`token-${index}`, START)))
        expect(added.filter((each) => each !== null)).toHaveLength(3)
      })

      it('counts no token that is over', async () => {
        await store.open({ ...session, expiresAt: at(10 * TTL_MS) }, null)
        expect(await add('short', START, 1, 1_000)).not.toBeNull()
        const life = { now: START, userId: session.userId, expiresAt: at(TTL_MS), factor: null }
        await store.renew(session.projectId, session.id, life)
        expect(await add('early', at(999), 1)).toBeNull()
        expect(await add('in time', at(1_000), 1)).not.toBeNull()
      })

      it('never brings back a session that is over, revoked, unknown or another project’s', async () => {
        await store.open(session, null)
        expect(await add('late', at(TTL_MS))).toBeNull()
        await store.revoke(session.projectId, session.id, START)
        expect(await add('revoked', START)).toBeNull()
        session = { ...session, projectId: newProjectId() }
        expect(await add('foreign', START)).toBeNull()
        expect(await find(START)).toBeNull()
        expect(await store.list(session.projectId, session.userId, START)).toEqual([])
      })
    })

    describe('revokeByRefreshToken', () => {
      it('ends the session for one of fifty callers', async () => {
        await store.open(session, first)
        expect(winners(await concurrently(50, () => logOut('first')))).toBe(1)
        expect(await find(START)).toBeNull()
        expect(await outcome('first', 'second', START)).toBe('unusable')
        expect(await store.list(session.projectId, session.userId, START)).toEqual([])
      })

      it('knows an expired token that was not replaced', async () => {
        await store.open({ ...session, expiresAt: at(1) }, { hash: 'first', expiresAt: at(1) })
        expect(await find(at(1000))).toBeNull()
        expect(await logOut('first')).toBe(true)
        expect(await logOut('first')).toBe(false)
      })

      it.each([
        ['without grace', ONCE],
        ['in its grace', GRACE],
      ])('does not take a replaced token, %s', async (_, policy) => {
        await store.open(session, first)
        await rotate('first', 'second', START, policy)
        expect(await logOut('first')).toBe(false)
        expect(await find(START)).not.toBeNull()
        expect(await logOut('second')).toBe(true)
      })

      it('takes neither an unknown token nor another session’s', async () => {
        const other = { ...session, id: 'sess_other' }
        await store.open(session, first)
        await store.open(other, token('other'))
        for (const hash of ['other', 'unknown', '']) expect(await logOut(hash)).toBe(false)
        expect(await find(START)).not.toBeNull()
      })

      it('and rotation at once: the session ends, or the token was replaced first', async () => {
        for (let round = 0; round < 20; round += 1) {
          session = { ...session, id: `sess_${round}` }
          await store.open(session, first)
          const [rotation, isEnded] = await Promise.all([rotate('first', 'second', START), logOut('first')])
          expect(isEnded).toBe(rotation.outcome !== 'rotated')
          expect((await find(START)) === null).toBe(isEnded)
        }
      })
    })

    describe('revoke', () => {
      it('is true for one of fifty callers, and idempotent', async () => {
        await store.open(session, first)
        const answers = await concurrently(50, () => store.revoke(session.projectId, session.id, START))
        expect(winners(answers)).toBe(1)
        expect(await store.revoke(session.projectId, session.id, START)).toBe(false)
        expect(await find(START)).toBeNull()
        expect(await logOut('first')).toBe(false)
      })

      it('is false for a session that is over, unknown or another project’s', async () => {
        await store.open(session, first)
        expect(await store.revoke(newProjectId(), session.id, START)).toBe(false)
        expect(await store.revoke(session.projectId, 'sess_unknown', START)).toBe(false)
        expect(await find(START)).not.toBeNull()
        expect(await store.revoke(session.projectId, session.id, at(TTL_MS))).toBe(false)
      })
    })

    describe('list', () => {
      it('gives the user’s live sessions, oldest first, and nobody else’s', async () => {
        const ids = ['sess_c', 'sess_a', 'sess_b']
        const mine = ids.map((id, index) => ({ ...session, id, createdAt: at(index) }))
        for (const each of [...mine].reverse()) await store.open(each, token(each.id))
        await store.open({ ...session, id: 'sess_x', userId: 'user_other' }, first)
        await store.open({ ...session, id: 'sess_y', projectId: newProjectId() }, first)
        await store.open({ ...session, id: 'sess_over', expiresAt: at(1) }, first)
        expect(await store.list(session.projectId, session.userId, at(10))).toEqual(mine)
      })

      it('is never longer than it may be: those that would end first give way, and never the new one', async () => {
        const { projectId, userId } = session
        const all = Array.from({ length: MAX_SESSIONS_PER_USER + 2 }, (_, index) => ({
          ...session,
          id: `sess_${index}`,
          createdAt: at(index),
          expiresAt: at(TTL_MS + index),
        }))
        for (const each of all.slice(0, MAX_SESSIONS_PER_USER)) await store.open(each, token(each.id))
        const find = (id: string) => store.find(projectId, id, at(0))
        expect(await find('sess_0')).not.toBeNull()
        for (const each of all.slice(MAX_SESSIONS_PER_USER)) await store.open(each, null)
        const brief = { ...session, id: 'sess_brief', expiresAt: at(5) }
        await store.open(brief, null)
        for (const id of ['sess_0', 'sess_1', 'sess_2']) expect(await find(id)).toBeNull()
        expect(await find('sess_brief')).toEqual(brief)
        expect(await find('sess_3')).toEqual(all[3])
        expect(await store.list(projectId, userId, at(0))).toHaveLength(MAX_SESSIONS_PER_USER)
        await store.open({ ...session, id: 'sess_other', userId: 'user_other' }, first)
        expect(await find('sess_3')).toEqual(all[3])
      })

      it('does not lose a session that was rotated or renewed beyond its first life', async () => {
        const { projectId, userId } = session
        const renewed = { ...session, id: 'sess_renewed', createdAt: at(1) }
        await store.open(session, first)
        await store.open(renewed, null)
        const late = at(3 * 24 * TTL_MS)
        await rotate('first', 'second', at(1), ONCE, 4 * 24 * TTL_MS)
        await store.renew(projectId, renewed.id, {
          ...NO_CHANGE,
          userId,
          now: at(1),
          expiresAt: at(4 * 24 * TTL_MS),
        })
        await store.open({ ...session, id: 'sess_new', createdAt: late, expiresAt: at(5 * 24 * TTL_MS) }, null)
        const ids = (await store.list(projectId, userId, late)).map(({ id }) => id)
        expect(ids).toEqual([session.id, 'sess_renewed', 'sess_new'])
      })

      it('is empty for a user without sessions', async () => {
        expect(await store.list(session.projectId, 'user_nobody', START)).toEqual([])
      })
    })
  })
}

function sessionOf(projectId: string): Session {
  return {
    id: 'sess_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R',
    projectId,
    userId: 'user_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R',
    door: 'fourmica',
    factors: [factorOf('wallet_2Kf3mXQ0yEJ7dZ1bVtN5sLqWc8R', 0)],
    device: { userAgent: 'Mozilla/5.0 "☃"', ip: '192.0.2.1' },
    createdAt: START,
    lastActiveAt: START,
    expiresAt: at(TTL_MS),
  }
}

function factorOf(credentialId: string, verifiedAfter: number): WalletFactor {
  const account = { namespace: 'eip155', address: '0x00000000000000000000000000000000000000a1', chain: null } as const
  return { kind: 'wallet', credentialId, accountId: formatAccountId(account), verifiedAt: at(verifiedAfter) }
}

function token(hash: string): RefreshTokenRecord {
  return { hash, expiresAt: at(TTL_MS) }
}
