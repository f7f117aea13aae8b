import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Account } from '../../../core/accounts/account.ts'
import { contactKey, keyOf, passkeyKey, walletKey } from '../../../core/identities/credential-key.ts'
import type { Contact, Credential, Passkey, User, Wallet } from '../../../core/identities/identity.ts'
import type { IdentityStore, Stores } from '../../../core/stores/stores.ts'
import { at, concurrently, HOSTILE_TEXTS, newProjectId, type OpenStores, START, winners } from './stores-under-test.ts'

const EOA: Account = { namespace: 'eip155', address: '0x00000000000000000000000000000000000000a1', chain: null }
const ACCESS = { role: 'facilitator', scopes: ['tab:create', 'guarantee:issue'], status: 'active' }

/** What every identity store promises. */
export function identityStoreContract(name: string, open: OpenStores): void {
  describe(`IdentityStore contract: ${name}`, () => {
    let stores: Stores
    let store: IdentityStore
    let projectId: string

    beforeAll(() => {
      stores = open()
      store = stores.identities
    })
    afterAll(() => stores.close())
    beforeEach(() => {
      projectId = newProjectId()
    })

    const userOf = (id: string, change: Partial<User> = {}): User => ({
      id,
      projectId,
      status: 'pending',
      name: { first: 'Ada', middle: '', last: 'Łukasiewicz ☃' },
      metadata: { plan: 'pro', nested: { list: [], empty: {}, zero: 0, no: null } },
      createdAt: START,
      updatedAt: START,
      ...change,
    })
    const walletOf = (userId: string, change: Partial<Wallet> = {}): Wallet => ({
      kind: 'wallet',
      id: `wallet_${userId}`,
      projectId,
      account: EOA,
      userId,
      createdAt: START,
      verifiedAt: START,
      access: null,
      ...change,
    })
    const emailOf = (userId: string, change: Partial<Contact> = {}): Contact => ({
      kind: 'email',
      id: `email_${userId}`,
      projectId,
      value: 'ada@example.com',
      userId,
      createdAt: START,
      verifiedAt: START,
      ...change,
    })
    const passkeyOf = (userId: string, change: Partial<Passkey> = {}): Passkey => ({
      kind: 'passkey',
      id: `passkey_${userId}`,
      projectId,
      userId,
      createdAt: START,
      verifiedAt: START,
      credentialId: 'AAECAwQFBgcICQoLDA0ODw',
      publicKey: 'pAEBAycgBiFYIA',
      signCount: 0,
      transports: ['hybrid', 'internal'],
      rpId: 'app.example.com',
      isBackedUp: true,
      ...change,
    })
    const active = (user: User): User => ({ ...user, status: 'active' })
    const ids = () => store.listUserIds(projectId, null, 100)

    describe('claim', () => {
      it('gives a free account to the new user, who becomes active', async () => {
        const [user, wallet] = [userOf('u1'), walletOf('u1', { access: ACCESS })]
        expect(await store.claim(wallet, user)).toEqual(wallet)
        expect(await store.findWallet(projectId, EOA)).toEqual(wallet)
        expect(await store.findUser(projectId, 'u1')).toEqual(active(user))
        expect(await store.findCredential(projectId, wallet.id)).toEqual(wallet)
        expect(await store.listCredentials(projectId, 'u1')).toEqual([wallet])
        expect(await ids()).toEqual(['u1'])
      })

      it('leaves the user of an unproved credential as it is', async () => {
        const wallet = walletOf('u1', { verifiedAt: null })
        await store.claim(wallet, userOf('u1'))
        expect(await store.findWallet(projectId, EOA)).toEqual(wallet)
        expect(await store.findUser(projectId, 'u1')).toEqual(userOf('u1'))
        expect(await ids()).toEqual(['u1'])
      })

      it('returns the one on record when somebody has it, and nothing of the claim remains', async () => {
        const wallet = walletOf('u1')
        await store.claim(wallet, userOf('u1'))
        expect(await store.claim(walletOf('u2'), userOf('u2'))).toEqual(wallet)
        expect(await store.findUser(projectId, 'u2')).toBeNull()
        expect(await store.findCredential(projectId, 'wallet_u2')).toBeNull()
        expect(await store.listCredentials(projectId, 'u2')).toEqual([])
        expect(await ids()).toEqual(['u1'])
        expect(await store.countUsers(projectId)).toBe(1)
      })

      it('gives one account to one of fifty users who claim it at once', async () => {
        const claimed = await concurrently(50, (index) => store.claim(walletOf(`u${index}`), userOf(`u${index}`)))
        const owners = new Set(claimed.map(({ userId }) => userId))
        expect(owners.size).toBe(1)
        const users = await concurrently(50, (index) => store.findUser(projectId, `u${index}`))
        expect(users.filter((user) => user !== null).map(({ id }) => id)).toEqual([...owners])
        const lists = await concurrently(50, (index) => store.listCredentials(projectId, `u${index}`))
        expect(lists.flat()).toEqual([claimed[0]])
        const byId = await concurrently(50, (index) => store.findCredential(projectId, `wallet_u${index}`))
        expect(byId.filter((wallet) => wallet !== null)).toEqual([claimed[0]])
        expect(await ids()).toEqual([...owners])
      })

      it('gives an account to one user who claims it fifty times at once, and keeps it', async () => {
        const claimed = await concurrently(50, (index) =>
          store.claim(walletOf('u1', { id: `wallet_${index}` }), userOf('u1')),
        )
        expect(new Set(claimed.map(({ id }) => id)).size).toBe(1)
        expect(await store.listCredentials(projectId, 'u1')).toEqual([claimed[0]])
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect(await store.findCredential(projectId, claimed[0]?.id ?? '')).toEqual(claimed[0])
      })

      it('adds credentials to a user who is there, and leaves that user’s record alone', async () => {
        await store.claim(walletOf('u1'), userOf('u1'))
        await store.claim(emailOf('u1', { createdAt: at(1) }), userOf('u1', { metadata: { other: true } }))
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect((await store.listCredentials(projectId, 'u1')).map(({ kind }) => kind)).toEqual(['wallet', 'email'])
      })

      it('keeps a user with credentials when another claim of theirs is lost', async () => {
        await store.claim(walletOf('u1'), userOf('u1'))
        await store.claim(emailOf('u2'), userOf('u2'))
        expect((await store.claim(emailOf('u1'), userOf('u1'))).userId).toBe('u2')
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect(await store.listCredentials(projectId, 'u1')).toEqual([walletOf('u1')])
      })

      it('does not activate a pending user by a claim that is lost', async () => {
        await store.claim(walletOf('u1', { verifiedAt: null }), userOf('u1'))
        await store.claim(emailOf('u2'), userOf('u2'))
        await store.claim(emailOf('u1'), userOf('u1'))
        expect((await store.findUser(projectId, 'u1'))?.status).toBe('pending')
        expect(await ids()).toEqual(['u1', 'u2'])
      })

      it('lists nobody for a claim that is lost, and takes nobody from the list', async () => {
        await store.claim(emailOf('u1'), userOf('u1'))
        await store.createUser(userOf('anonymous'))
        await store.reserve(walletKey(EOA), userOf('promised'), 600)
        for (const id of ['anonymous', 'promised', 'new']) {
          for (const verifiedAt of [null, START]) {
            const lost = emailOf(id, { verifiedAt })
            expect((await store.claim(lost, userOf(id))).userId).toBe('u1')
            if (id !== 'new') expect((await store.claimFor(lost, userOf(id)))?.userId).toBe('u1')
          }
        }
        expect(await ids()).toEqual(['u1'])
        // A user whose only credential was taken away is listed all the same.
        const email = emailOf('u2', { value: 'other@example.com', verifiedAt: null })
        await store.claim(email, userOf('u2'))
        await store.release(email)
        await store.claim(emailOf('u2'), userOf('u2'))
        expect(await ids()).toEqual(['u1', 'u2'])
        expect(await store.countUsers(projectId)).toBe(2)
      })

      it('lists a promised user from the first credential on, proved or not', async () => {
        await store.reserve(walletKey(EOA), userOf('u1'), 600)
        expect(await ids()).toEqual([])
        await store.claimFor(emailOf('u1', { verifiedAt: null }), userOf('u1'))
        expect(await ids()).toEqual(['u1'])
        await store.markVerified(emailOf('u1'), START)
        expect(await ids()).toEqual(['u1'])
        expect(await store.countUsers(projectId)).toBe(1)
        expect(await store.deleteUser(projectId, 'u1')).toBe(true)
        expect([await ids(), await store.countUsers(projectId)]).toEqual([[], 0])
      })

      it('keeps contract accounts apart by chain, and from the key that has the same address', async () => {
        const chains = [null, '1', '84532']
        const wallets = chains.map((chain, index) =>
          walletOf(`u${index}`, { id: `wallet_${index}`, account: { ...EOA, chain } }),
        )
        for (const wallet of wallets) expect(await store.claim(wallet, userOf(wallet.userId))).toEqual(wallet)
        for (const wallet of wallets) expect(await store.findWallet(projectId, wallet.account)).toEqual(wallet)
      })

      it('keeps projects apart', async () => {
        const elsewhere = newProjectId()
        await store.claim(walletOf('u1'), userOf('u1'))
        const other = walletOf('u1', { projectId: elsewhere })
        expect(await store.claim(other, userOf('u1', { projectId: elsewhere }))).toEqual(other)
        expect(await store.findWallet(newProjectId(), EOA)).toBeNull()
        expect(await store.findUser(newProjectId(), 'u1')).toBeNull()
        expect(await store.findCredential(newProjectId(), 'wallet_u1')).toBeNull()
        expect(await store.countUsers(elsewhere)).toBe(1)
      })

      it('takes any text as value and user id, and mixes none up', async () => {
        const all = HOSTILE_TEXTS.map((text, index) => emailOf(`u${text}`, { id: `email_${index}`, value: text }))
          // Ids and values are stored as UTF-8, in which no lone surrogate can be told from another.
          .filter(({ value }) => !/[\ud800-\udfff]/u.test(value))
        await Promise.all(all.map((email) => store.claim(email, userOf(email.userId))))
        for (const email of all) {
          expect(await store.findContact(projectId, 'email', email.value)).toEqual(email)
          expect(await store.findContact(projectId, 'phone', email.value)).toBeNull()
          expect(await store.listCredentials(projectId, email.userId)).toEqual([email])
          expect((await store.findUser(projectId, email.userId))?.id).toBe(email.userId)
        }
        expect(await store.countUsers(projectId)).toBe(all.length)
      })
    })

    describe('release', () => {
      it('takes a credential from its user for one of fifty callers, and leaves it free', async () => {
        const wallet = walletOf('u1')
        await store.claim(wallet, userOf('u1'))
        expect(winners(await concurrently(50, () => store.release(wallet)))).toBe(1)
        expect(await store.findWallet(projectId, EOA)).toBeNull()
        expect(await store.findCredential(projectId, wallet.id)).toBeNull()
        expect(await store.listCredentials(projectId, 'u1')).toEqual([])
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect(await store.claim(walletOf('u2'), userOf('u2'))).toEqual(walletOf('u2'))
      })

      it('takes nothing from somebody else', async () => {
        const wallet = walletOf('u1')
        await store.claim(wallet, userOf('u1'))
        expect(await store.release(walletOf('u2'))).toBe(false)
        expect(await store.release(emailOf('u1'))).toBe(false)
        expect(await store.findWallet(projectId, EOA)).toEqual(wallet)
        expect(await store.findCredential(projectId, wallet.id)).toEqual(wallet)
        expect(await store.listCredentials(projectId, 'u1')).toEqual([wallet])
      })

      it('and claim at once, again and again, leave the credential and what points at it in step', async () => {
        await store.createUser(active(userOf('u1')))
        for (let round = 0; round < 20; round += 1) {
          const wallet = walletOf('u1')
          await store.claim(wallet, userOf('u1'))
          await concurrently(8, async (index) => {
            await (index % 2 === 0 ? store.release(wallet) : store.claim(wallet, userOf('u1')))
          })
          const found = await store.findWallet(projectId, EOA)
          expect(await store.listCredentials(projectId, 'u1')).toEqual(found === null ? [] : [found])
          expect(await store.findCredential(projectId, wallet.id)).toEqual(found)
        }
      })
    })

    describe('isHeld', () => {
      const all = (userId: string) => [walletOf(userId), emailOf(userId), passkeyOf(userId)]

      it('is so from the claim to the release', async () => {
        for (const credential of all('u1')) {
          expect(await store.isHeld(credential)).toBe(false)
          await store.claim(credential, userOf('u1'))
          expect(await store.isHeld(credential)).toBe(true)
          await store.release(credential)
          expect(await store.isHeld(credential)).toBe(false)
        }
      })

      it('is not so of somebody else’s, of one under another id, in another project, or of a user who is gone', async () => {
        for (const credential of all('u1')) await store.claim(credential, userOf('u1'))
        for (const credential of all('u1')) {
          expect(await store.isHeld({ ...credential, userId: 'u2' })).toBe(false)
          expect(await store.isHeld({ ...credential, id: `${credential.id}x` })).toBe(false)
          expect(await store.isHeld({ ...credential, projectId: newProjectId() })).toBe(false)
          // What changes as it is used is not what it is.
          expect(await store.isHeld({ ...credential, verifiedAt: null })).toBe(true)
        }
        await store.deleteUser(projectId, 'u1')
        for (const credential of all('u1')) expect(await store.isHeld(credential)).toBe(false)
      })
    })

    describe('markVerified', () => {
      it('records the first proof, and no later one, and activates the user', async () => {
        const wallet = walletOf('u1', { verifiedAt: null })
        await store.claim(wallet, userOf('u1'))
        await store.markVerified(wallet, at(5))
        await store.markVerified(wallet, at(9))
        expect(await store.findWallet(projectId, EOA)).toEqual({ ...wallet, verifiedAt: at(5) })
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect(await ids()).toEqual(['u1'])
      })

      it('has no effect on somebody else’s credential, or on none', async () => {
        await store.claim(walletOf('u1', { verifiedAt: null }), userOf('u1'))
        await store.claim(emailOf('u2', { verifiedAt: null }), userOf('u2'))
        await store.markVerified(walletOf('u2'), at(5))
        await store.markVerified(emailOf('u3'), at(5))
        expect((await store.findWallet(projectId, EOA))?.verifiedAt).toBeNull()
        expect((await store.findUser(projectId, 'u2'))?.status).toBe('pending')
        expect(await store.findUser(projectId, 'u3')).toBeNull()
        expect(await ids()).toEqual(['u1', 'u2'])
      })
    })

    describe('passkeys', () => {
      const find = async () => store.findPasskey(projectId, passkeyOf('u1').credentialId)

      it('are found by what their authenticators call them, and by their ids, and activate their users', async () => {
        const passkey = passkeyOf('u1', { signCount: 0xffffffff, transports: [], isBackedUp: false })
        await store.createUser(userOf('u1'))
        expect(await store.claim(passkey, userOf('u1'))).toEqual(passkey)
        expect(await find()).toEqual(passkey)
        expect(await store.findCredential(projectId, passkey.id)).toEqual(passkey)
        expect(await store.listCredentials(projectId, 'u1')).toEqual([passkey])
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect(await store.findPasskey(newProjectId(), passkey.credentialId)).toBeNull()
      })

      it('belong to one of fifty users who claim the same at once', async () => {
        const claimed = await concurrently(50, (index) => store.claim(passkeyOf(`u${index}`), userOf(`u${index}`)))
        expect(new Set(claimed.map(({ userId }) => userId)).size).toBe(1)
        expect(await find()).toEqual(claimed[0])
        expect(await ids()).toEqual([claimed[0]?.userId])
      })

      it('are no addresses and no wallets, whatever they are called', async () => {
        const credentialId = 'ada@example.com'
        await store.claim(passkeyOf('u1', { credentialId }), userOf('u1'))
        await store.claim(emailOf('u2', { value: credentialId }), userOf('u2'))
        expect((await store.findPasskey(projectId, credentialId))?.userId).toBe('u1')
        expect((await store.findContact(projectId, 'email', credentialId))?.userId).toBe('u2')
        expect(await store.findContact(projectId, 'phone', credentialId)).toBeNull()
        expect(keyOf(passkeyOf('u1'))).toBe(passkeyKey('AAECAwQFBgcICQoLDA0ODw'))
      })

      it('are free again when they are released, or their user is deleted', async () => {
        await store.claim(passkeyOf('u1'), userOf('u1'))
        expect(winners(await concurrently(50, () => store.release(passkeyOf('u1'))))).toBe(1)
        expect(await find()).toBeNull()
        expect(await store.claim(passkeyOf('u2'), userOf('u2'))).toEqual(passkeyOf('u2'))
        await store.deleteUser(projectId, 'u2')
        expect(await find()).toBeNull()
        expect(await store.findCredential(projectId, 'passkey_u2')).toBeNull()
      })

      it('have ids of any length', async () => {
        const long = passkeyOf('u1', { credentialId: 'A'.repeat(1364) })
        const longer = passkeyOf('u2', { credentialId: 'A'.repeat(1365) })
        await store.claim(long, userOf('u1'))
        await store.claim(longer, userOf('u2'))
        expect(await store.findPasskey(projectId, long.credentialId)).toEqual(long)
        expect(await store.findPasskey(projectId, longer.credentialId)).toEqual(longer)
      })
    })

    describe('recordPasskeyUse', () => {
      const countOf = async (passkey: Passkey) => (await store.findPasskey(projectId, passkey.credentialId))?.signCount

      it('raises the counter and nothing else, and never lowers it', async () => {
        const passkey = passkeyOf('u1')
        await store.claim(passkey, userOf('u1'))
        const answers: boolean[] = []
        for (const count of [0, 0, 7, 7, 6, 0, 8, 0xffffffff, 0xffffffff, 1]) {
          answers.push(await store.recordPasskeyUse(passkey, count))
        }
        expect(answers).toEqual([true, true, true, false, false, false, true, true, false, false])
        expect(await store.findPasskey(projectId, passkey.credentialId)).toEqual({ ...passkey, signCount: 0xffffffff })
        expect(await store.listCredentials(projectId, 'u1')).toEqual([{ ...passkey, signCount: 0xffffffff }])
      })

      it('is true for one of fifty uses with one count, and for all where nothing is counted', async () => {
        const passkey = passkeyOf('u1')
        await store.claim(passkey, userOf('u1'))
        expect(winners(await concurrently(50, () => store.recordPasskeyUse(passkey, 0)))).toBe(50)
        expect(winners(await concurrently(50, () => store.recordPasskeyUse(passkey, 3)))).toBe(1)
        await concurrently(50, (index) => store.recordPasskeyUse(passkey, 3 + index))
        expect(await countOf(passkey)).toBe(52)
      })

      it('judges by what is on record, not by what the caller read', async () => {
        const passkey = passkeyOf('u1')
        await store.claim(passkey, userOf('u1'))
        await store.recordPasskeyUse(passkey, 9)
        expect(await store.recordPasskeyUse({ ...passkey, signCount: 0 }, 5)).toBe(false)
        expect(await store.recordPasskeyUse({ ...passkey, signCount: 99 }, 10)).toBe(true)
      })

      it('is false without the passkey, and makes none', async () => {
        const passkey = passkeyOf('u1')
        expect(await store.recordPasskeyUse(passkey, 1)).toBe(false)
        expect(await countOf(passkey)).toBeUndefined()
        // Another one under the same name is not this one.
        await store.claim(passkeyOf('u2'), userOf('u2'))
        expect(await store.recordPasskeyUse(passkey, 1)).toBe(false)
        expect(await countOf(passkey)).toBe(0)
      })
    })

    describe('claimFor', () => {
      it('leaves its user active beside another claim that is lost', async () => {
        const rounds = Array.from({ length: 60 }, (_, index) => index)
        for (const round of rounds) {
          const [mine, theirs] = [`mine${round}`, `theirs${round}`]
          const value = `${round}@example.com`
          await store.createUser(userOf(mine))
          await Promise.all([
            store.claimFor(emailOf(mine, { value, id: `email_${mine}` }), userOf(mine)),
            store.claimFor(passkeyOf(mine, { credentialId: `passkey-${round}` }), userOf(mine)),
            store.claim(emailOf(theirs, { value, id: `email_${theirs}` }), userOf(theirs)),
          ])
          expect((await store.findUser(projectId, mine))?.status).toBe('active')
        }
        expect(await ids()).toEqual(expect.arrayContaining(rounds.map((round) => `mine${round}`)))
      })

      it.each([
        ['a wallet', () => walletOf('u1')],
        ['an e-mail address', () => emailOf('u1')],
        ['a passkey', () => passkeyOf('u1')],
      ])('is a claim for a user who is there: %s', async (_, draft) => {
        const credential = draft()
        await store.createUser(userOf('u1'))
        expect(await store.claimFor(credential, userOf('u1', { metadata: { other: true } }))).toEqual(credential)
        expect(await store.listCredentials(projectId, 'u1')).toEqual([credential])
        const { verifiedAt } = credential
        expect(await store.findUser(projectId, 'u1')).toEqual(verifiedAt === null ? userOf('u1') : active(userOf('u1')))
      })

      it('never brings a deleted user back', async () => {
        await store.claim(walletOf('u1'), userOf('u1'))
        await store.deleteUser(projectId, 'u1')
        expect(await store.claimFor(passkeyOf('u1'), userOf('u1'))).toBeNull()
        expect(await store.findUser(projectId, 'u1')).toBeNull()
        expect(await store.findCredential(projectId, 'passkey_u1')).toBeNull()
        expect(await store.listCredentials(projectId, 'u1')).toEqual([])
        expect(await ids()).toEqual([])
        // And what it was refused is free.
        await store.createUser(userOf('u2'))
        const theirs = passkeyOf('u2', { credentialId: passkeyOf('u1').credentialId })
        expect(await store.claimFor(theirs, userOf('u2'))).toEqual(theirs)
      })

      it('beside the deletion of its user leaves no user without end', async () => {
        for (let turn = 0; turn < 30; turn += 1) {
          const id = `u${turn}`
          const passkey = passkeyOf(id, { credentialId: `credential-${turn}` })
          await store.createUser(userOf(id))
          await Promise.all([store.deleteUser(projectId, id), store.claimFor(passkey, userOf(id))])
          expect(await store.findUser(projectId, id)).toBeNull()
          expect(await store.findPasskey(projectId, passkey.credentialId)).toBeNull()
        }
        expect(await ids()).toEqual([])
      })
    })

    describe('listCredentials', () => {
      it('lists those of some kinds alone', async () => {
        const [wallet, email, passkey] = [walletOf('u1'), emailOf('u1', { createdAt: at(1) }), passkeyOf('u1')]
        for (const credential of [wallet, email, passkey]) await store.claim(credential, userOf('u1'))
        expect(await store.listCredentials(projectId, 'u1', ['email'])).toEqual([email])
        expect(await store.listCredentials(projectId, 'u1', ['wallet', 'email'])).toEqual([wallet, email])
        expect(await store.listCredentials(projectId, 'u1', ['phone'])).toEqual([])
        expect(await store.listCredentials(projectId, 'u1', [])).toEqual([])
      })
    })

    describe('claimAsFirst', () => {
      const onChain = (chain: string, change: Partial<Wallet> = {}) =>
        walletOf('u1', { id: `wallet_${chain}`, account: { ...EOA, chain }, ...change })

      it('is a claim for a user without a wallet, reserved or with other credentials', async () => {
        await store.createUser(userOf('u1'))
        expect(await store.claimAsFirst(onChain('1'), userOf('u1'))).toEqual(onChain('1'))
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect(await ids()).toEqual(['u1'])
        await store.reserve(walletKey({ ...EOA, chain: '2' }), userOf('u2'), 600)
        await store.claim(emailOf('u2', { verifiedAt: null }), userOf('u2'))
        const second = onChain('2', { userId: 'u2' })
        expect(await store.claimAsFirst(second, userOf('u2'))).toEqual(second)
        expect(await store.findCredential(projectId, second.id)).toEqual(second)
        expect(await store.findReservation(projectId, walletKey(second.account), START)).toBeNull()
        expect(await ids()).toEqual(['u1', 'u2'])
      })

      it.each([START, null])(
        'is null for a user with another wallet, and changes nothing: verified %s',
        async (verifiedAt) => {
          const wallet = walletOf('u1', { verifiedAt })
          await store.claim(wallet, userOf('u1'))
          const before = await ids()
          expect(await store.claimAsFirst(onChain('1'), userOf('u1'))).toBeNull()
          expect(await store.findWallet(projectId, { ...EOA, chain: '1' })).toBeNull()
          expect(await store.findCredential(projectId, 'wallet_1')).toBeNull()
          expect(await store.listCredentials(projectId, 'u1')).toEqual([wallet])
          expect(await store.findUser(projectId, 'u1')).toEqual(
            verifiedAt === null ? userOf('u1') : active(userOf('u1')),
          )
          expect(await ids()).toEqual(before)
        },
      )

      it('lets one of fifty accounts into one user', async () => {
        await store.createUser(userOf('u1'))
        const answers = await concurrently(50, (index) => store.claimAsFirst(onChain(`${index}`), userOf('u1')))
        const claimed = answers.filter((answer) => answer !== null)
        expect(claimed).toHaveLength(1)
        expect(await store.listCredentials(projectId, 'u1')).toEqual(claimed)
        const found = await concurrently(50, (index) => store.findWallet(projectId, { ...EOA, chain: `${index}` }))
        expect(found.filter((wallet) => wallet !== null)).toEqual(claimed)
      })

      it('gives one account to the one user who claims it fifty times at once', async () => {
        await store.createUser(userOf('u1'))
        const answers = await concurrently(50, (index) =>
          store.claimAsFirst(onChain('1', { id: `wallet_${index}` }), userOf('u1')),
        )
        expect(new Set(answers.map((answer) => answer?.id)).size).toBe(1)
        expect(await store.listCredentials(projectId, 'u1')).toEqual([answers[0]])
      })

      it('returns the one on record when somebody has the account, and nothing of the claim remains', async () => {
        const wallet = onChain('1')
        await store.claim(wallet, userOf('u1'))
        await store.createUser(userOf('u2'))
        expect(await store.claimAsFirst(onChain('1', { id: 'w2', userId: 'u2' }), userOf('u2'))).toEqual(wallet)
        expect(await store.findUser(projectId, 'u2')).toEqual(userOf('u2'))
        expect(await store.findCredential(projectId, 'w2')).toBeNull()
        expect(await ids()).toEqual(['u1'])
        // And u2 can still be somebody's first.
        const other = onChain('2', { userId: 'u2' })
        expect(await store.claimAsFirst(other, userOf('u2'))).toEqual(other)
      })

      it('is null for a user who is gone', async () => {
        expect(await store.claimAsFirst(onChain('1'), userOf('u1'))).toBeNull()
        expect(await store.findUser(projectId, 'u1')).toBeNull()
        expect(await store.findWallet(projectId, { ...EOA, chain: '1' })).toBeNull()
      })

      it('may follow when the other wallet was taken away', async () => {
        await store.claim(walletOf('u1'), userOf('u1'))
        await store.release(walletOf('u1'))
        expect(await store.claimAsFirst(onChain('1'), userOf('u1'))).toEqual(onChain('1'))
      })
    })

    describe('setWalletAccess', () => {
      it('replaces what a wallet may do, and nothing else', async () => {
        const wallet = walletOf('u1')
        await store.claim(wallet, userOf('u1'))
        for (const access of [ACCESS, { role: 'user', scopes: [], status: 'suspended' }]) {
          expect(await store.setWalletAccess(projectId, EOA, access)).toBe(true)
          expect(await store.findWallet(projectId, EOA)).toEqual({ ...wallet, access })
        }
      })

      it('is false without a wallet, and makes none', async () => {
        expect(await store.setWalletAccess(projectId, EOA, ACCESS)).toBe(false)
        expect(await store.findWallet(projectId, EOA)).toBeNull()
      })
    })

    describe('reserve', () => {
      const key = contactKey('email', 'ada@example.com')

      it('names one of fifty pending users, and nothing of the others remains', async () => {
        const named = await concurrently(50, (index) => store.reserve(key, userOf(`u${index}`), 600))
        expect(new Set(named).size).toBe(1)
        const users = await concurrently(50, (index) => store.findUser(projectId, `u${index}`))
        expect(users.filter((user) => user !== null).map(({ id }) => id)).toEqual([named[0]])
        expect((await store.findReservation(projectId, key, START))?.id).toBe(named[0])
        expect(await ids()).toEqual([])
      })

      it('ends at its time, not one millisecond before', async () => {
        await store.reserve(key, userOf('u1'), 600)
        expect(await store.findReservation(projectId, key, at(599_999))).toEqual(userOf('u1'))
        expect(await store.findReservation(projectId, key, at(600_000))).toBeNull()
        expect(await store.reserve(key, userOf('u2', { createdAt: at(600_000) }), 600)).toBe('u2')
        expect((await store.findReservation(projectId, key, at(600_001)))?.id).toBe('u2')
      })

      it('is prolonged by a later one, which names the same user', async () => {
        await store.reserve(key, userOf('u1'), 600)
        expect(await store.reserve(key, userOf('u2', { createdAt: at(599_999) }), 600)).toBe('u1')
        expect(await store.findReservation(projectId, key, at(1_199_998))).toEqual(userOf('u1'))
        expect(await store.findUser(projectId, 'u2')).toBeNull()
      })

      it('is not shortened by a later one that asks for less', async () => {
        await store.reserve(key, userOf('u1'), 86_400)
        expect(await store.reserve(key, userOf('u2', { createdAt: at(1_000) }), 600)).toBe('u1')
        expect(await store.findReservation(projectId, key, at(86_399_999))).toEqual(userOf('u1'))
        expect(await store.findReservation(projectId, key, at(86_400_000))).toBeNull()
        expect(await store.findUser(projectId, 'u1')).toEqual(userOf('u1'))
      })

      it('is fulfilled by the claim: the pending user becomes active and stays, the reservation goes', async () => {
        await store.reserve(key, userOf('u1'), 600)
        const email = emailOf('u1')
        await store.claim(email, userOf('u1'))
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect(await store.findReservation(projectId, key, START)).toBeNull()
        expect(await ids()).toEqual(['u1'])
      })

      it('leaves a user who is already there for good alone', async () => {
        await store.claim(walletOf('u1'), userOf('u1'))
        await store.reserve(key, userOf('u2'), 600)
        expect(await store.reserve(key, userOf('u1'), 600)).toBe('u2')
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
      })

      it('is ended for the user it names, who stays', async () => {
        await store.reserve(key, userOf('u1'), 600)
        await store.endReservation(projectId, key, 'u2')
        await store.endReservation(newProjectId(), key, 'u1')
        await store.endReservation(projectId, walletKey(EOA), 'u1')
        expect((await store.findReservation(projectId, key, START))?.id).toBe('u1')
        await store.endReservation(projectId, key, 'u1')
        expect(await store.findReservation(projectId, key, START)).toBeNull()
        expect(await store.findUser(projectId, 'u1')).toEqual(userOf('u1'))
        expect(await store.reserve(key, userOf('u2'), 600)).toBe('u2')
      })

      it('names nobody who was deleted since', async () => {
        await store.reserve(key, userOf('u1'), 600)
        expect(await store.deleteUser(projectId, 'u1')).toBe(true)
        expect(await store.findReservation(projectId, key, START)).toBeNull()
        const named = await concurrently(20, (index) => store.reserve(key, userOf(`v${index}`), 600))
        expect(new Set(named).size).toBe(1)
        expect(named[0]).not.toBe('u1')
        expect((await store.findReservation(projectId, key, START))?.id).toBe(named[0])
        expect(await store.findUser(projectId, 'u1')).toBeNull()
      })

      it('keeps keys and projects apart', async () => {
        await store.reserve(key, userOf('u1'), 600)
        expect(await store.findReservation(projectId, walletKey(EOA), START)).toBeNull()
        expect(await store.findReservation(newProjectId(), key, START)).toBeNull()
      })
    })

    describe('users', () => {
      it('are created without credentials, and not twice', async () => {
        await store.createUser(active(userOf('u1')))
        await store.createUser(active(userOf('u1', { metadata: {} })))
        expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
        expect(await store.countUsers(projectId)).toBe(1)
      })

      it('are updated by one of fifty who read the same', async () => {
        await store.createUser(active(userOf('u1')))
        const read = active(userOf('u1'))
        const answers = await concurrently(50, (index) =>
          store.updateUser(read, { ...read, metadata: { index }, updatedAt: at(1) }),
        )
        expect(winners(answers)).toBe(1)
        expect((await store.findUser(projectId, 'u1'))?.metadata).toEqual({ index: answers.indexOf(true) })
      })

      it('are updated as they were found, whatever their metadata', async () => {
        const metadata = JSON.parse('{"__proto__":{"a":1},"2":"b","1":"a","é":[{}],"big":1e21,"small":5e-324}')
        await store.createUser(active(userOf('u1', { metadata })))
        const found = await store.findUser(projectId, 'u1')
        if (found === null) throw new Error('the user is gone')
        expect(JSON.stringify(found.metadata)).toBe(JSON.stringify(metadata))
        expect(await store.updateUser(found, { ...found, name: { first: 'B', middle: 'C', last: 'D' } })).toBe(true)
        expect((await store.findUser(projectId, 'u1'))?.name).toEqual({ first: 'B', middle: 'C', last: 'D' })
        expect(await store.updateUser(found, found)).toBe(false)
      })

      it('can be updated while pending', async () => {
        await store.reserve(contactKey('email', 'a@example.com'), userOf('u1'), 600)
        const found = userOf('u1')
        expect(await store.updateUser(found, { ...found, metadata: {} })).toBe(true)
        expect((await store.findUser(projectId, 'u1'))?.metadata).toEqual({})
      })

      it('are not made by an update', async () => {
        expect(await store.updateUser(userOf('u1'), userOf('u1', { metadata: {} }))).toBe(false)
        expect(await store.findUser(projectId, 'u1')).toBeNull()
      })

      it('are listed in the order of their ids, page by page, and who has nothing yet is left out', async () => {
        const order = ['a', 'b', 'c', 'ä', '\uffee', '\u{1F511}']
        for (const id of [...order].reverse()) await store.createUser(active(userOf(id)))
        await store.createUser(userOf('b-pending'))
        expect(await store.listUserIds(projectId, null, 4)).toEqual(order.slice(0, 4))
        expect(await store.listUserIds(projectId, 'ä', 4)).toEqual(order.slice(4))
        expect(await store.listUserIds(projectId, 'bb', 1)).toEqual(['c'])
        expect(await store.listUserIds(projectId, '\u{1F511}', 4)).toEqual([])
        expect(await store.countUsers(projectId)).toBe(order.length)
      })

      it('are deleted with all they had, by one of fifty callers', async () => {
        await store.claim(walletOf('u1'), userOf('u1'))
        await store.claim(emailOf('u1'), userOf('u1'))
        await store.claim(walletOf('u2', { account: { ...EOA, chain: '1' } }), userOf('u2'))
        expect(winners(await concurrently(50, () => store.deleteUser(projectId, 'u1')))).toBe(1)
        expect(await store.findUser(projectId, 'u1')).toBeNull()
        expect(await store.findWallet(projectId, EOA)).toBeNull()
        expect(await store.findContact(projectId, 'email', 'ada@example.com')).toBeNull()
        expect(await store.findCredential(projectId, 'wallet_u1')).toBeNull()
        expect(await ids()).toEqual(['u2'])
        expect(await store.claim(walletOf('u3'), userOf('u3'))).toEqual(walletOf('u3'))
      })

      it('never leave a credential behind when they are deleted while they claim more', async () => {
        for (let round = 0; round < 10; round += 1) {
          const id = `u${round}`
          await store.createUser(active(userOf(id)))
          const more: Credential[] = Array.from({ length: 8 }, (_, index) =>
            emailOf(id, { id: `email_${round}_${index}`, value: `${round}-${index}@example.com` }),
          )
          await Promise.all([
            ...more.map((each) => store.claim(each, active(userOf(id)))),
            store.deleteUser(projectId, id),
          ])
          const user = await store.findUser(projectId, id)
          const listed = await store.listCredentials(projectId, id)
          const found = await Promise.all(more.map((each) => store.findCredential(projectId, each.id)))
          const left = found.filter((each) => each !== null)
          expect(listed.map(keyOf).sort()).toEqual(left.map(keyOf).sort())
          if (user === null) expect(left).toEqual([])
        }
      })
    })

    it('gives out copies: what a caller does to one changes nothing', async () => {
      const wallet = walletOf('u1', { access: ACCESS })
      await store.claim(wallet, userOf('u1'))
      const found = await store.findWallet(projectId, EOA)
      found?.createdAt.setTime(0)
      if (found !== null) Object.assign(found.account, { address: '0x00' })
      const user = await store.findUser(projectId, 'u1')
      if (user !== null) Object.assign(user.metadata, { plan: 'free' })
      expect(await store.findWallet(projectId, EOA)).toEqual(wallet)
      expect(await store.findUser(projectId, 'u1')).toEqual(active(userOf('u1')))
    })
  })
}
