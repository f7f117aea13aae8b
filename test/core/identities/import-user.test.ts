import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Passkey } from '../../../core/identities/identity.ts'
import type { ImportedUser } from '../../../core/identities/imported-user.ts'
import { createUsers } from '../../../core/identities/users.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { importedSessionId } from '../../../core/sessions/refresh-token.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { STORES } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { BEGAN, emailFrom, importedUser, importerOf, NOW, newProjectId, openStores, walletFrom } from './fixtures.ts'

const ADDED = (openedSessions = 0) => ({ outcome: 'imported', openedSessions })
const UNCHANGED = { outcome: 'unchanged', openedSessions: 0 }
const ACCESS = { role: 'facilitator', scopes: ['tab:create'], status: 'suspended' }
const HASH = 'A'.repeat(43)

describe.each(STORES)('importUser on %s', (store) => {
  let stores: Stores
  beforeAll(() => {
    stores = openStores(store)
  })
  afterAll(() => stores.close())
  let projectId: string
  let bring: ReturnType<typeof importerOf>
  beforeEach(() => {
    projectId = newProjectId()
    bring = importerOf(stores, projectId)
  })
  const users = () => createUsers({ ...stores, clock: { now: () => NOW }, random: createSystemRandom() })
  /** All that is on record for these users. */
  const everything = async (...ids: readonly string[]) =>
    Promise.all(
      ids.map(async (id) => [await users().find(projectId, id), await stores.sessions.list(projectId, id, NOW)]),
    )

  it('keeps id, name, metadata, times, verified flags and access; active once something is proved', async () => {
    const credentials = [walletFrom('a', { access: ACCESS }), emailFrom('ada@example.com')]
    expect(await bring(importedUser({ credentials }))).toEqual(ADDED())
    const profile = await users().find(projectId, 'vendor-1')
    expect(profile?.user).toEqual({
      id: 'vendor-1',
      projectId,
      status: 'active',
      name: { first: 'Ada', middle: '', last: 'Lovelace' },
      metadata: { plan: 'pro' },
      createdAt: BEGAN,
      updatedAt: BEGAN,
    })
    expect(profile?.credentials).toHaveLength(2)
    for (const wanted of credentials) {
      const found = profile?.credentials.find(({ kind }) => kind === wanted.kind)
      expect(found).toEqual({
        ...wanted,
        id: expect.stringMatching(/^(wallet|email)_\w{27}$/),
        projectId,
        userId: 'vendor-1',
      })
    }
  })

  it('keeps the ids of credentials, passkeys among them', async () => {
    const passkey: Omit<Passkey, 'projectId' | 'userId'> = {
      kind: 'passkey',
      id: 'passkey_1',
      credentialId: 'c'.repeat(43),
      publicKey: 'p'.repeat(103),
      signCount: 7,
      transports: ['internal', 'hybrid'],
      rpId: 'app.example.com',
      isBackedUp: true,
      createdAt: BEGAN,
      verifiedAt: BEGAN,
    }
    await bring(importedUser({ credentials: [passkey, emailFrom('ada@example.com', { id: 'email_1' })] }))
    const owner = { projectId, userId: 'vendor-1' }
    expect(await stores.identities.findPasskey(projectId, passkey.credentialId)).toEqual({ ...passkey, ...owner })
    expect(await stores.identities.findCredential(projectId, 'email_1')).toMatchObject({
      value: 'ada@example.com',
      ...owner,
    })
  })

  it('changes nothing the second time, whatever the user has changed since', async () => {
    const imported = importedUser({
      sessions: [{ refreshTokenHash: HASH, opener: 0, createdAt: BEGAN, expiresAt: new Date('2026-07-01Z') }],
    })
    expect(await bring(imported)).toEqual(ADDED(1))
    await users().update(projectId, 'vendor-1', {
      name: { first: 'Grace' },
      contacts: [{ kind: 'email', value: 'new@example.com' }],
    })
    const before = await everything('vendor-1')
    expect(await bring(imported)).toEqual(UNCHANGED)
    expect(await bring(imported, true)).toEqual(UNCHANGED)
    expect(await everything('vendor-1')).toEqual(before)
  })

  it('in a dry run says the same and writes nothing', async () => {
    const imported = importedUser({
      sessions: [{ refreshTokenHash: HASH, opener: 0, createdAt: BEGAN, expiresAt: new Date('2026-07-01Z') }],
    })
    const acts: string[] = []
    const watched = interceptStores(stores, (act, _, run) => {
      acts.push(act)
      return run()
    })
    expect(await importerOf(watched, projectId)(imported, true)).toEqual(ADDED(1))
    for (const act of acts) expect(act).toMatch(/\.(find|hasOpened)\w*$/)
    expect(await users().find(projectId, 'vendor-1')).toBeNull()
    expect(await bring(imported)).toEqual(ADDED(1))
  })

  it('refuses a credential that is another user’s, and writes nothing of the row', async () => {
    await bring(importedUser({ id: 'vendor-2', credentials: [emailFrom('ada@example.com')] }))
    const before = await everything('vendor-1', 'vendor-2')
    for (const isDryRun of [true, false]) {
      expect(await bring(importedUser(), isDryRun)).toEqual({
        outcome: 'conflict',
        reason: 'credential_taken',
        credential: 1,
        holder: 'vendor-2',
      })
    }
    expect(await everything('vendor-1', 'vendor-2')).toEqual(before)
    expect(
      await stores.identities.findWallet(projectId, {
        namespace: 'eip155',
        address: `0x${'a'.repeat(40)}`,
        chain: null,
      }),
    ).toBeNull()
  })

  it('refuses an id that is here with something else, and does not give back what the user has given up', async () => {
    await bring(importedUser())
    const [wallet] = await stores.identities.listCredentials(projectId, 'vendor-1')
    if (wallet === undefined) throw new Error('nothing was imported')
    await stores.identities.release(wallet)
    const before = await everything('vendor-1')
    const result = await bring(importedUser())
    expect(result).toMatchObject({ outcome: 'conflict', reason: 'user_differs', holder: 'vendor-1' })
    expect(await everything('vendor-1')).toEqual(before)
  })

  it('refuses the id of a credential that is something else’s', async () => {
    await bring(importedUser({ id: 'vendor-2', credentials: [emailFrom('x@example.com', { id: 'email_1' })] }))
    const imported = importedUser({ credentials: [emailFrom('ada@example.com', { id: 'email_1' })] })
    expect(await bring(imported)).toMatchObject({ reason: 'credential_id_taken', credential: 0, holder: 'vendor-2' })
    expect(await stores.identities.findCredential(projectId, 'email_1')).toMatchObject({ value: 'x@example.com' })
  })

  it('sets access on a wallet that signed in here first, and once it is set lets neither side win', async () => {
    await bring(importedUser({ credentials: [walletFrom('a')] }))
    const suspended = importedUser({ credentials: [walletFrom('a', { access: ACCESS })] })
    expect(await bring(suspended, true)).toEqual({ outcome: 'completed', openedSessions: 0 })
    expect(await bring(suspended)).toEqual({ outcome: 'completed', openedSessions: 0 })
    expect(await bring(suspended)).toEqual(UNCHANGED)
    const account = { namespace: 'eip155', address: `0x${'a'.repeat(40)}`, chain: null } as const
    expect(await stores.identities.findWallet(projectId, account)).toMatchObject({ access: ACCESS })
    const reinstated = importedUser({ credentials: [walletFrom('a', { access: { ...ACCESS, status: 'active' } })] })
    expect(await bring(reinstated)).toMatchObject({ reason: 'access_differs' })
    expect(await stores.identities.findWallet(projectId, account)).toMatchObject({ access: ACCESS })
  })

  describe('a row without an id', () => {
    const nameless = (change: Partial<ImportedUser> = {}) => importedUser({ id: null, ...change })

    it('becomes a new user once, and is recognised by what it has', async () => {
      expect(await bring(nameless())).toEqual(ADDED())
      const wallet = await stores.identities.findContact(projectId, 'email', 'ada@example.com')
      expect(wallet?.userId).toMatch(/^user_\w{27}$/)
      expect(await bring(nameless())).toEqual(UNCHANGED)
      expect(await stores.identities.countUsers(projectId)).toBe(1)
    })

    it('is refused when what it has belongs to two users', async () => {
      await bring(importedUser({ id: 'u1', credentials: [walletFrom('a')] }))
      await bring(importedUser({ id: 'u2', credentials: [emailFrom('ada@example.com')] }))
      expect(await bring(nameless())).toMatchObject({ reason: 'credential_taken', credential: 1, holder: 'u2' })
    })
  })

  it('decides anew when somebody signs in with the wallet in the very moment', async () => {
    const user = { ...importedUser(), id: 'newcomer', projectId, status: 'active' } as const
    let isFirst = true
    const raced = interceptStores(stores, async (act, _, run) => {
      if (act === 'imports.importUser' && isFirst) {
        isFirst = false
        const credential = { ...walletFrom('a'), id: 'wallet_new', projectId, userId: 'newcomer' }
        if (credential.kind === 'wallet') await stores.identities.claim(credential, user)
      }
      return run()
    })
    expect(await importerOf(raced, projectId)(importedUser())).toMatchObject({
      reason: 'credential_taken',
      holder: 'newcomer',
    })
    expect(await users().find(projectId, 'vendor-1')).toBeNull()
    expect(await stores.identities.findContact(projectId, 'email', 'ada@example.com')).toBeNull()
  })

  it('opens sessions that still live, once, and never again after they ended', async () => {
    const sessions = [
      { refreshTokenHash: HASH, opener: 0, createdAt: BEGAN, expiresAt: new Date(NOW.getTime() + 60_000) },
      { refreshTokenHash: 'B'.repeat(43), opener: 0, createdAt: BEGAN, expiresAt: NOW },
    ]
    expect(await bring(importedUser({ sessions }))).toEqual(ADDED(1))
    const [session] = await stores.sessions.list(projectId, 'vendor-1', NOW)
    expect(session).toMatchObject({
      id: importedSessionId(HASH),
      door: 'fourmica',
      userId: 'vendor-1',
      createdAt: BEGAN,
    })
    await stores.sessions.revoke(projectId, importedSessionId(HASH), NOW)
    expect(await bring(importedUser({ sessions }))).toEqual(UNCHANGED)
    expect(await stores.sessions.list(projectId, 'vendor-1', NOW)).toEqual([])
  })

  it('keeps projects apart', async () => {
    await bring(importedUser())
    expect(await importerOf(stores, newProjectId())(importedUser())).toEqual(ADDED())
  })
})
