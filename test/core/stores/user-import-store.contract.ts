import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keyOf } from '../../../core/identities/credential-key.ts'
import type { Contact, Credential, User, Wallet } from '../../../core/identities/identity.ts'
import { importedSessionId } from '../../../core/sessions/refresh-token.ts'
import type { Session } from '../../../core/sessions/session.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { at, concurrently, HOSTILE_TEXTS, newProjectId, type OpenStores, START, winners } from './stores-under-test.ts'

const DAY_MS = 86_400_000
const HASH = 'h'.repeat(43)

/** What every store promises to an import. */
export function userImportStoreContract(name: string, open: OpenStores): void {
  describe(`UserImportStore contract: ${name}`, () => {
    let stores: Stores
    let projectId: string

    beforeAll(() => {
      stores = open()
    })
    afterAll(() => stores.close())
    beforeEach(() => {
      projectId = newProjectId()
    })

    const userOf = (id: string, change: Partial<User> = {}): User => ({
      id,
      projectId,
      status: 'active',
      name: { first: 'Ada', middle: '', last: '' },
      metadata: { plan: 'pro' },
      createdAt: at(-5 * DAY_MS),
      updatedAt: at(-DAY_MS),
      ...change,
    })
    const base = (userId: string) => ({ projectId, userId, createdAt: at(-5 * DAY_MS), verifiedAt: at(-4 * DAY_MS) })
    const walletOf = (userId: string, digit = 'a', change: Partial<Wallet> = {}): Wallet => ({
      ...base(userId),
      kind: 'wallet',
      id: `wallet_${userId}`,
      account: { namespace: 'eip155', address: `0x${digit.repeat(40)}`, chain: null },
      access: { role: 'user', scopes: ['tab:read'], status: 'suspended' },
      ...change,
    })
    const emailOf = (userId: string, value = 'ada@example.com'): Contact => {
      return { ...base(userId), kind: 'email', id: `email_${userId}`, value, verifiedAt: null }
    }
    const bundle = (userId: string) => [walletOf(userId), emailOf(userId)] as const
    const owned = (userId: string) => stores.identities.listCredentials(projectId, userId)
    const byId = (a: Credential, b: Credential) => (a.id < b.id ? -1 : 1)

    it('writes a user with all its credentials, field by field', async () => {
      const user = userOf('u1')
      expect(await stores.imports.findPresence(projectId, 'u1')).toBe('absent')
      expect(await stores.imports.importUser(user, bundle('u1'))).toEqual({ outcome: 'imported' })
      expect(await stores.imports.findPresence(projectId, 'u1')).toBe('there')
      expect(await stores.identities.findUser(projectId, 'u1')).toEqual(user)
      expect([...(await owned('u1'))].sort(byId)).toEqual([...bundle('u1')].sort(byId))
      for (const each of bundle('u1')) expect(await stores.identities.findCredential(projectId, each.id)).toEqual(each)
      expect(await stores.identities.listUserIds(projectId, null, 9)).toEqual(['u1'])
    })

    it('keeps a pending user for good, and lists it', async () => {
      const user = userOf('u1', { status: 'pending' })
      await stores.imports.importUser(user, [emailOf('u1')])
      await stores.imports.importUser(userOf('u2', { status: 'pending' }), [])
      expect(await stores.identities.findUser(projectId, 'u1')).toEqual(user)
      expect(await stores.identities.listUserIds(projectId, null, 9)).toEqual(['u1'])
      await stores.identities.deleteUser(projectId, 'u2')
      expect(await pending()).toEqual(['u1'])
    })

    it('takes a user without credentials', async () => {
      expect(await stores.imports.importUser(userOf('u1'), [])).toEqual({ outcome: 'imported' })
      expect(await stores.identities.listUserIds(projectId, null, 9)).toEqual(['u1'])
    })

    it('changes nothing when the id is somebody’s', async () => {
      const before = userOf('u1', { name: { first: 'Grace', middle: '', last: '' } })
      await stores.identities.claim(walletOf('u1', 'b'), before)
      expect(await stores.imports.importUser(userOf('u1'), bundle('u1'))).toEqual({ outcome: 'there' })
      expect(await stores.identities.findUser(projectId, 'u1')).toEqual(before)
      expect(await owned('u1')).toEqual([walletOf('u1', 'b')])
      expect(await stores.identities.findContact(projectId, 'email', 'ada@example.com')).toBeNull()
    })

    it('leaves nothing behind when one of the credentials is somebody else’s', async () => {
      const theirs = emailOf('u2')
      await stores.identities.claim(theirs, userOf('u2', { status: 'pending' }))
      expect(await stores.imports.importUser(userOf('u1'), bundle('u1'))).toEqual({
        outcome: 'taken',
        credential: theirs,
      })
      expect(await stores.imports.findPresence(projectId, 'u1')).toBe('absent')
      expect(await stores.identities.findUser(projectId, 'u1')).toBeNull()
      expect(await owned('u1')).toEqual([])
      expect(await stores.identities.findWallet(projectId, walletOf('u1').account)).toBeNull()
      expect(await stores.identities.findCredential(projectId, 'email_u1')).toBeNull()
      expect(await stores.identities.findCredential(projectId, 'email_u2')).toEqual(theirs)
      expect(await stores.identities.listUserIds(projectId, null, 9)).toEqual(['u2'])
    })

    it('gives one of many users who claim one credential all of theirs, and the others nothing', async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `u${index}`)
      const outcomes = await Promise.all(
        ids.map((id, index) => {
          const own = walletOf(id, index.toString(16), { id: `wallet_${id}` })
          return stores.imports.importUser(userOf(id), [own, emailOf(id)])
        }),
      )
      const imported = ids.filter((_, index) => outcomes[index]?.outcome === 'imported')
      expect(imported).toHaveLength(1)
      for (const id of ids) expect(await owned(id)).toHaveLength(id === imported[0] ? 2 : 0)
      expect(await stores.identities.listUserIds(projectId, null, 99)).toEqual(imported)
    })

    it('lets many imports of one user at once end with that user, whole', async () => {
      const outcomes = await concurrently(8, () => stores.imports.importUser(userOf('u1'), bundle('u1')))
      for (const { outcome } of outcomes) expect(['imported', 'there']).toContain(outcome)
      expect(outcomes.some(({ outcome }) => outcome === 'imported')).toBe(true)
      expect(await stores.imports.findPresence(projectId, 'u1')).toBe('there')
      const found = await owned('u1')
      expect(found.map(keyOf).sort()).toEqual(bundle('u1').map(keyOf).sort())
      for (const each of found) expect(await stores.identities.findCredential(projectId, each.id)).toEqual(each)
    })

    it('takes any text as id, and finds the pending ones again', async () => {
      const texts = HOSTILE_TEXTS.filter((text) => Buffer.from(text).toString() === text)
      await Promise.all(texts.map((id) => stores.imports.importUser(userOf(id, { status: 'pending' }), [])))
      for (const id of texts) expect((await stores.identities.findUser(projectId, id))?.id).toBe(id)
      expect(await pending()).toEqual([...texts].sort())
    })

    it('lists as pending who is kept for good: no active users, none of other projects, none that will be forgotten', async () => {
      await stores.imports.importUser(userOf('active'), [])
      await stores.imports.importUser({ ...userOf('elsewhere', { status: 'pending' }), projectId: newProjectId() }, [])
      await stores.identities.reserve(
        keyOf(emailOf('x', 'x@example.com')),
        userOf('reserved', { status: 'pending' }),
        600,
      )
      await stores.identities.claim(
        walletOf('provisioned', 'c', { verifiedAt: null }),
        userOf('provisioned', { status: 'pending' }),
      )
      expect(await pending()).toEqual(['provisioned'])
    })

    async function pending(): Promise<readonly string[]> {
      const ids = new Set<string>()
      for (let cursor: string | null = null; ; ) {
        const page: Awaited<ReturnType<Stores['identities']['listPendingUserIds']>> =
          await stores.identities.listPendingUserIds(projectId, cursor)
        for (const id of page.ids) ids.add(id)
        cursor = page.next
        if (cursor === null) return [...ids].sort()
      }
    }

    describe('sessions', () => {
      const sessionOf = (change: Partial<Session> = {}): Session => ({
        id: importedSessionId(HASH),
        projectId,
        userId: 'u1',
        door: 'fourmica',
        factors: [{ kind: 'wallet', credentialId: 'wallet_u1', accountId: 'eip155:0xa' as never, verifiedAt: START }],
        device: null,
        createdAt: at(-DAY_MS),
        lastActiveAt: at(-DAY_MS),
        expiresAt: at(DAY_MS),
        ...change,
      })
      const openOnce = (session = sessionOf(), now = START, shownUntil = session.expiresAt) =>
        stores.imports.openSession(session, { hash: HASH, expiresAt: session.expiresAt }, shownUntil, now)
      const hasOpened = (now = START) => stores.imports.hasOpenedSession(projectId, importedSessionId(HASH), now)

      it('opens one that lives, is listed, and rotates', async () => {
        expect(await hasOpened()).toBe(false)
        expect(await openOnce()).toBe(true)
        expect(await hasOpened()).toBe(true)
        expect(await stores.sessions.find(projectId, importedSessionId(HASH), START)).toEqual(sessionOf())
        expect(await stores.sessions.list(projectId, 'u1', START)).toEqual([sessionOf()])
        expect((await rotate()).outcome).toBe('rotated')
      })

      it('opens it for one of many callers', async () => {
        expect(winners(await concurrently(10, () => openOnce()))).toBe(1)
      })

      it('never opens it again: not over a rotated token, and not after its end', async () => {
        await openOnce()
        await rotate()
        expect(await openOnce()).toBe(false)
        expect((await rotate()).outcome).toBe('reused')
        await stores.sessions.revoke(projectId, importedSessionId(HASH), START)
        expect(await openOnce()).toBe(false)
        expect(await stores.sessions.find(projectId, importedSessionId(HASH), START)).toBeNull()
        expect(await stores.sessions.list(projectId, 'u1', START)).toEqual([])
      })

      it('never opens it again as long as somebody may ask, however early it has ended', async () => {
        const late = at(59 * DAY_MS)
        expect(await openOnce(sessionOf(), START, at(60 * DAY_MS))).toBe(true)
        expect(await hasOpened(late)).toBe(true)
        expect(await openOnce(sessionOf({ expiresAt: at(90 * DAY_MS) }), late)).toBe(false)
        expect(await stores.sessions.find(projectId, importedSessionId(HASH), late)).toBeNull()
      })

      const rotate = () =>
        stores.sessions.rotateRefreshToken({
          projectId,
          sessionId: importedSessionId(HASH),
          userId: 'u1',
          presentedHash: HASH,
          next: { hash: 'next', expiresAt: at(DAY_MS) },
          policy: { graceSeconds: 0, maxLiveTokens: 1 },
          now: START,
        })
    })
  })
}
