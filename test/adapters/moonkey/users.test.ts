import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SearchUsersReply, UpdateUserReply } from '../../../adapters/moonkey/user-schemas.ts'
import type { Answer } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, SIGNERS, solanaSigner } from '../../support/signers.ts'
import { type Body, type MoonKeyDoor, openDoor, readBegin, readWallet, refusalOf, START, USERS, unix } from './door.ts'
import { newEmail, newPhoneNumber } from './endpoints.ts'

const NOW = unix(START)

describe.each(STORES)('MoonKey users on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const update = (userId: string, change: Body) => door.put(`${USERS}/${userId}/update`, change)
  const updated = async (userId: string, change: Body) => {
    const answer = await update(userId, change)
    if (answer.status !== 200) throw new Error(answer.text)
    return UpdateUserReply.parse(answer.body)
  }

  describe('create', () => {
    it('MOON-37: by email: a pending user with every field of the vendor’s reply', async () => {
      const email = newEmail()
      const name = { first_name: 'Ada', middle_name: 'K.', last_name: 'Lovelace' }
      const reply = await door.createUser({ email, ...name, requires_verification: true })
      expect(reply).toEqual({
        app_id: door.appId,
        user_id: expect.stringMatching(/^user_[0-9A-Za-z]{27}$/),
        status: 'pending',
        active: false,
        email,
        email_id: expect.stringMatching(/^email_[0-9A-Za-z]{27}$/),
        phone_number: '',
        phone_number_id: '',
        first_name: 'Ada',
        middle_name: 'K.',
        last_name: 'Lovelace',
        requires_verification: true,
        created_at: NOW,
        updated_at: NOW,
        emails: [{ id: reply.email_id, email, verified: false, created_at: NOW, updated_at: NOW }],
        phone_numbers: [],
        wallets: [],
      })
    })

    it.each<{ said: unknown }>([{ said: false }, { said: null }, { said: undefined }])(
      'MOON-37: active at once where verification is not required ($said), its contacts unverified all the same',
      async ({ said }) => {
        const contacts = { email: newEmail(), phone_number: newPhoneNumber() }
        const reply = await door.createUser({ ...contacts, requires_verification: said, include_user: true })
        expect(reply).toMatchObject({ status: 'active', active: true, requires_verification: false })
        expect(reply.user).toMatchObject({ emails: [{ verified: false }], phone_numbers: [{ verified: false }] })
        expect(await door.user(reply.user_id)).toEqual(reply.user)
      },
    )

    it('MOON-37: by phone number, and by both', async () => {
      const phoneNumber = newPhoneNumber()
      const byPhone = await door.createUser({ phone_number: phoneNumber })
      expect(byPhone).toMatchObject({ phone_number: phoneNumber, email: '', email_id: '', first_name: '' })
      expect(byPhone.phone_number_id).toMatch(/^pn_[0-9A-Za-z]{27}$/)
      const both = await door.createUser({ phone_number: newPhoneNumber(), email: newEmail() })
      expect([both.emails.length, both.phone_numbers.length]).toEqual([1, 1])
    })

    it('MOON-37: user comes only with include_user, requires_verification comes back', async () => {
      expect(await door.createUser({ email: newEmail(), include_user: false })).not.toHaveProperty('user')
      const reply = await door.createUser({ email: newEmail(), include_user: true, requires_verification: true })
      expect(reply.requires_verification).toBe(true)
      expect(reply.user).toEqual(await door.user(reply.user_id))
    })

    it('MOON-37: an email is one email however it is spelled, and a contact is one user’s', async () => {
      const email = newEmail()
      const phoneNumber = newPhoneNumber()
      const { user_id: userId } = await door.createUser({ email, phone_number: phoneNumber })
      const again: readonly [Body, string][] = [
        [{ email }, '409 duplicate_email'],
        [{ email: email.toUpperCase() }, '409 duplicate_email'],
        [{ phone_number: phoneNumber }, '409 duplicate_phone_number'],
        [{ email: newEmail(), phone_number: phoneNumber }, '409 duplicate_phone_number'],
      ]
      for (const [body, verdict] of again) expect(refusalOf(await door.post(`${USERS}/create`, body))).toBe(verdict)
      expect((await door.user(userId)).emails).toHaveLength(1)
    })

    it('MOON-37: a refused creation leaves no contact behind', async () => {
      const [email, phoneNumber] = [newEmail(), newPhoneNumber()]
      await door.createUser({ phone_number: phoneNumber })
      expect(refusalOf(await door.post(`${USERS}/create`, { email, phone_number: phoneNumber }))).toBe(
        '409 duplicate_phone_number',
      )
      await door.createUser({ email })
    })

    it('MOON-37: of 16 parallel creations with one email one is 200', async () => {
      const email = newEmail()
      const answers = await Promise.all(Array.from({ length: 16 }, () => door.post(`${USERS}/create`, { email })))
      expect(answers.map(refusalOf).sort()).toEqual(['200', ...Array.from({ length: 15 }, () => '409 duplicate_email')])
    })

    it.each<{ body: Body }>(
      [
        {},
        { email: '' },
        { email: '', phone_number: '' },
        { first_name: 'Ada' },
        { email: 'no-at' },
        { email: '@example.test' },
        { email: 'a@' },
        { email: 'a b@example.test' },
        { email: 'a@example.test\nbcc: b@example.test' },
        { email: `${'a'.repeat(320)}@example.test` },
        { phone_number: '14152222222' },
        { phone_number: '+0152222222' },
        { phone_number: '+1 415 222 2222' },
        { phone_number: '+1415222222222222' },
        { phone_number: 14152222222 },
        { email: 'ok@example.test', wallet_type: 'ETH' },
        { email: 'ok@example.test', wallet_type: 'ethereum' },
        { email: 'ok@example.test', first_name: 'x'.repeat(257) },
        { email: 'ok@example.test', requires_verification: 'yes' },
      ].map((body) => ({ body })),
    )('MOON-37: $body is 400', async ({ body }) => {
      expect(refusalOf(await door.post(`${USERS}/create`, body))).toBe('400 invalid_request')
    })
  })

  describe('get', () => {
    it.each(Object.entries(SIGNERS))('MOON-38: returns the user with every list, for %s', async (type, newSigner) => {
      const signer = newSigner()
      const wallet = await door.signIn(signer)
      expect(await door.user(wallet.user_id)).toEqual({
        user_id: wallet.user_id,
        first_name: '',
        middle_name: '',
        last_name: '',
        status: 'active',
        active: true,
        created_at: NOW,
        updated_at: NOW,
        emails: [],
        phone_numbers: [],
        idp_providers: [],
        wallets: [
          {
            id: wallet.id,
            app_id: door.appId,
            user_id: wallet.user_id,
            public_address: signer.shownAddress,
            wallet_type: type,
            verified: true,
            is_default: false,
            is_ready_only: true,
            is_read_only: true,
            is_imported: true,
            created_at: NOW,
            updated_at: NOW,
          },
        ],
        totps: [],
        webauthn_credentials: [],
        metadata: {},
      })
    })

    it.each(['user_unknown', 'x', '*', 'create', '__proto__', '%00', '..%2f'])('MOON-38: %s is 404', async (userId) => {
      const verdict = refusalOf(await door.get(`${USERS}/${userId}`))
      expect(verdict).toBe(userId === 'create' ? '405 method_not_allowed' : '404 user_not_found')
    })
  })

  describe('update', () => {
    it('MOON-39: changes the names that are given and keeps the rest', async () => {
      const { user_id: userId } = await door.createUser({ email: newEmail(), first_name: 'Ada', last_name: 'Byron' })
      expect((await updated(userId, { last_name: 'Lovelace' })).user).toMatchObject({
        first_name: 'Ada',
        last_name: 'Lovelace',
      })
      expect((await updated(userId, { middle_name: 'K.', first_name: null })).user).toMatchObject({
        first_name: 'Ada',
        middle_name: 'K.',
      })
      expect((await updated(userId, { first_name: '' })).user).toMatchObject({ first_name: '', last_name: 'Lovelace' })
    })

    it('MOON-39: empty lists change nothing, and an empty body neither', async () => {
      const { user_id: userId } = await door.createUser({ email: newEmail() })
      const before = await door.user(userId)
      for (const body of [{ emails: [], phone_numbers: [] }, {}, { emails: null }]) {
        const reply = await updated(userId, body)
        expect(reply).toEqual({ user_id: userId, emails: before.emails, phone_numbers: [], user: before })
      }
    })

    it('MOON-39: adds emails and phone numbers to those there are, each once', async () => {
      const first = newEmail()
      const { user_id: userId } = await door.createUser({ email: first })
      const [email, phoneNumber] = [newEmail(), newPhoneNumber()]
      for (let i = 0; i < 2; i += 1) {
        const body = { emails: [{ email }, { email: first }], phone_numbers: [{ phone_number: phoneNumber }] }
        const reply = await updated(userId, body)
        expect(reply.emails.map((each) => each.email).sort()).toEqual([email, first].sort())
        expect(reply.phone_numbers.map((each) => each.phone_number)).toEqual([phoneNumber])
        expect(reply.user.emails).toEqual(reply.emails)
      }
    })

    it('MOON-39: updated_at moves', async () => {
      const own = await openDoor(stores)
      const { user_id: userId } = await own.createUser({ email: newEmail() })
      own.clock.advance(5_000)
      await own.put(`${USERS}/${userId}/update`, { first_name: 'Ada' })
      expect(await own.user(userId)).toMatchObject({ created_at: NOW, updated_at: NOW + 5 })
    })

    it('MOON-39: somebody else’s contact is 409, and nothing is changed', async () => {
      const [taken, takenPhone] = [newEmail(), newPhoneNumber()]
      await door.createUser({ email: taken, phone_number: takenPhone })
      const { user_id: userId } = await door.createUser({ email: newEmail(), first_name: 'Ada' })
      const before = await door.user(userId)
      const free = newEmail()
      const change = { first_name: 'Eve', metadata: { a: 1 } }
      const one = await update(userId, { ...change, emails: [{ email: free }, { email: taken.toUpperCase() }] })
      expect(refusalOf(one)).toBe('409 duplicate_email')
      const two = await update(userId, {
        ...change,
        emails: [{ email: free }],
        phone_numbers: [{ phone_number: takenPhone }],
      })
      expect(refusalOf(two)).toBe('409 duplicate_phone_number')
      expect(await door.user(userId)).toEqual(before)
      await door.createUser({ email: free })
    })

    it('MOON-39: a bad contact is 400, and nothing is changed', async () => {
      const { user_id: userId } = await door.createUser({ email: newEmail() })
      const before = await door.user(userId)
      for (const body of [
        { first_name: 'Eve', emails: [{ email: 'no-at' }] },
        { first_name: 'Eve', emails: [{}] },
        { first_name: 'Eve', emails: ['a@example.test'] },
        { first_name: 'Eve', emails: { email: 'a@example.test' } },
        { first_name: 'Eve', phone_numbers: [{ phone_number: '123' }] },
        { first_name: 7 },
        { emails: Array.from({ length: 21 }, () => ({ email: newEmail() })) },
      ]) {
        expect(refusalOf(await update(userId, body))).toBe('400 invalid_request')
      }
      expect(await door.user(userId)).toEqual(before)
    })

    it('MOON-39: an unknown user is 404', async () => {
      expect(refusalOf(await update('user_unknown', { first_name: 'x' }))).toBe('404 user_not_found')
    })

    it('MOON-39: of parallel updates of different fields none is lost', async () => {
      const { user_id: userId } = await door.createUser({ email: newEmail() })
      const keys = Array.from({ length: 6 }, (_, index) => `k${index}`)
      const answers = await Promise.all(keys.map((key) => update(userId, { metadata: { [key]: 1 } })))
      const done = keys.filter((_, index) => answers[index]?.status === 200)
      expect(Object.keys((await door.user(userId)).metadata).sort()).toEqual(done)
      expect(done.length).toBeGreaterThan(0)
      expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true)
    })

    it('MOON-40: metadata is merged key by key; null deletes; {} clears; a null field changes nothing', async () => {
      const { user_id: userId } = await door.createUser({ email: newEmail() })
      const steps: readonly (readonly [Body, Body])[] = [
        [{ metadata: { a: 1, b: { c: [1, null] } } }, { a: 1, b: { c: [1, null] } }],
        [{ metadata: { b: { d: 2 }, e: 'x' } }, { a: 1, b: { d: 2 }, e: 'x' }],
        [{ metadata: { a: null, unknown: null } }, { b: { d: 2 }, e: 'x' }],
        [{ metadata: null }, { b: { d: 2 }, e: 'x' }],
        [
          { metadata: null, replace_metadata: true },
          { b: { d: 2 }, e: 'x' },
        ],
        [{ first_name: 'Ada' }, { b: { d: 2 }, e: 'x' }],
        [
          { metadata: { f: false }, replace_metadata: false },
          { b: { d: 2 }, e: 'x', f: false },
        ],
        [{ metadata: { g: 0, h: null }, replace_metadata: true }, { g: 0 }],
        [{ metadata: {} }, {}],
      ]
      for (const [change, metadata] of steps) {
        expect((await updated(userId, change)).user.metadata).toEqual(metadata)
        expect((await door.user(userId)).metadata).toEqual(metadata)
      }
    })

    it('MOON-40: beyond 16 KiB it is 400, also by many small steps, and what was there stays', async () => {
      const { user_id: userId } = await door.createUser({ email: newEmail() })
      const exact = 'x'.repeat(16_384 - '{"a":""}'.length)
      expect(refusalOf(await update(userId, { metadata: { a: `${exact}x` } }))).toBe('400 invalid_request')
      await updated(userId, { metadata: { a: exact } })
      expect(refusalOf(await update(userId, { metadata: { b: 1 }, first_name: 'Eve' }))).toBe('400 invalid_request')
      expect(await door.user(userId)).toMatchObject({ first_name: '', metadata: { a: exact } })
      await updated(userId, { metadata: { a: null, b: '€'.repeat(5_000) } })
    })

    it.each(['[]', '"x"', '1', 'true', '[{}]'])('MOON-40: metadata %s is 400', async (text) => {
      const { user_id: userId } = await door.createUser({ email: newEmail() })
      expect(refusalOf(await update(userId, { metadata: JSON.parse(text) as unknown }))).toBe('400 invalid_request')
    })

    it('MOON-40: keys that mean something in JavaScript are plain keys or nothing, and pollute nobody', async () => {
      const { user_id: userId } = await door.createUser({ email: newEmail() })
      const body =
        '{"metadata":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":"x","ok":1}}'
      const answer = await door.call(`${USERS}/${userId}/update`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect(answer.status).toBe(200)
      expect((await door.user(userId)).metadata).toMatchObject({ ok: 1, toString: 'x' })
      expect('admin' in {}).toBe(false)
      expect((await door.user((await door.createUser({ email: newEmail() })).user_id)).metadata).toEqual({})
    })
  })

  describe('delete', () => {
    it('MOON-41: forgets the user and its sessions; its wallets and contacts are free', async () => {
      const [first, second] = [ethereumSigner(), solanaSigner()]
      const trio = await door.openSession(first)
      const { user_id: userId } = trio.session
      await door.signIn(second, {}, { user_id: userId })
      const email = newEmail()
      await updated(userId, { emails: [{ email }] })
      const answer = await door.delete(`${USERS}/${userId}/delete`)
      expect(answer.body).toEqual({ user_id: userId, message: 'Successfully deleted user' })

      expect(refusalOf(await door.get(`${USERS}/${userId}`))).toBe('404 user_not_found')
      expect(refusalOf(await door.delete(`${USERS}/${userId}/delete`))).toBe('404 user_not_found')
      expect(refusalOf(await door.verifySession({ session_token: trio.session_token }))).toBe('404 session_not_found')
      expect(refusalOf(await door.verifySession({ session_jwt: trio.session_jwt }))).toBe('404 session_not_found')
      expect(refusalOf(await door.me(trio.session_token))).toBe('404 session_not_found')
      for (const signer of [first, second]) expect((await door.signIn(signer)).user_id).not.toBe(userId)
      await door.createUser({ email })
    })

    it('MOON-41: a registration begun for a user who is deleted is 404, and gives nobody the wallet', async () => {
      const { user_id: userId } = await door.createUser({ email: newEmail() })
      const signer = ethereumSigner()
      const body = await door.prove(signer, { session_expires_in: 60 }, { user_id: userId })
      await door.delete(`${USERS}/${userId}/delete`)
      expect(refusalOf(await door.verify(body))).toBe('404 user_not_found')
      expect(await door.ownerOf(signer)).toBeNull()
      expect((await door.signIn(signer)).user_id).not.toBe(userId)
    })

    it('MOON-41: a registration begun by a user who is deleted does not bring it back', async () => {
      const signer = ethereumSigner()
      const { user_id: userId } = await door.signIn(signer)
      const body = await door.prove(signer, { session_expires_in: 60 })
      await door.delete(`${USERS}/${userId}/delete`)
      const verdict = refusalOf(await door.verify(body))
      expect(verdict).toBe('404 user_not_found')
      expect(refusalOf(await door.get(`${USERS}/${userId}`))).toBe('404 user_not_found')
    })

    it('MOON-41: a pending user can be deleted, and its promise is forgotten', async () => {
      const signer = ethereumSigner()
      const { user_id: userId } = readBegin(await door.begin(signer))
      expect((await door.delete(`${USERS}/${userId}/delete`)).status).toBe(200)
      const wallet = await door.signIn(signer)
      expect(await door.user(wallet.user_id)).toMatchObject({ status: 'active' })
    })

    it('MOON-42: a wallet is deleted by its id, its sessions’ user stays, and it may sign in anew', async () => {
      const signer = ethereumSigner()
      const { id, user_id: userId } = await door.signIn(signer)
      const answer = await door.delete(`${USERS}/wallets/${id}/delete`)
      expect(answer.body).toEqual({ user_id: userId, message: 'Successfully deleted user wallet' })
      expect((await door.user(userId)).wallets).toEqual([])
      expect(refusalOf(await door.delete(`${USERS}/wallets/${id}/delete`))).toBe('404 wallet_not_found')
      const anew = await door.signIn(signer)
      expect(anew.id).not.toBe(id)
      expect(anew.user_id).not.toBe(userId)
    })

    it('MOON-42: emails and phone numbers are deleted by their id, and are free again', async () => {
      const [email, phoneNumber] = [newEmail(), newPhoneNumber()]
      const { user_id: userId, email_id, phone_number_id } = await door.createUser({ email, phone_number: phoneNumber })
      const one = await door.delete(`${USERS}/emails/${email_id}/delete`)
      expect(one.body).toEqual({ user_id: userId, message: expect.stringMatching(/^Successfully deleted user/) })
      const two = await door.delete(`${USERS}/phone_numbers/${phone_number_id}/delete`)
      expect(two.body).toEqual({ user_id: userId, message: expect.stringMatching(/^Successfully deleted user/) })
      expect(await door.user(userId)).toMatchObject({ emails: [], phone_numbers: [] })
      expect(refusalOf(await door.delete(`${USERS}/emails/${email_id}/delete`))).toBe('404 email_not_found')
      await door.createUser({ email, phone_number: phoneNumber })
    })

    it('MOON-42: an id of another kind is 404, and nothing is deleted', async () => {
      const signer = ethereumSigner()
      const { id: wallet, user_id: userId } = await door.signIn(signer)
      await updated(userId, { emails: [{ email: newEmail() }], phone_numbers: [{ phone_number: newPhoneNumber() }] })
      const user = await door.user(userId)
      const ids = { emails: user.emails[0]?.id, phone_numbers: user.phone_numbers[0]?.id, wallets: wallet }
      const errors = { emails: 'email', phone_numbers: 'phone_number', wallets: 'wallet' } as const
      for (const [kind, error] of Object.entries(errors)) {
        const others = Object.entries(ids).flatMap(([other, id]) => (other === kind ? [] : String(id)))
        for (const id of [...others, userId, 'x', '*', signer.shownAddress]) {
          expect(refusalOf(await door.delete(`${USERS}/${kind}/${id}/delete`))).toBe(`404 ${error}_not_found`)
        }
      }
      expect(await door.user(userId)).toEqual(user)
    })
  })

  describe('public/me', () => {
    it('MOON-45: returns the session’s user', async () => {
      const { session, session_token } = await door.openSession()
      const answer = await door.me(session_token)
      expect([answer.status, answer.body]).toEqual([200, await door.user(session.user_id)])
    })

    it('MOON-45: a secret key is 401, no session token 400, a dead one 404', async () => {
      const { session_token, session_jwt } = await door.openSession()
      expect(refusalOf(await door.me(session_token, { authorization: `Bearer ${door.secretKey}` }))).toBe(
        '401 unauthorized',
      )
      expect(refusalOf(await door.me(session_token, { authorization: `PublicToken ${door.secretKey}` }))).toBe(
        '401 unauthorized',
      )
      const headers = { authorization: `PublicToken ${door.publicKey}` }
      expect(refusalOf(await door.send(`${USERS}/public/me`, { method: 'GET', headers }))).toBe('400 invalid_request')
      expect(refusalOf(await door.me(''))).toBe('400 invalid_request')
      for (const token of ['x', session_jwt, `${session_token}0`]) {
        expect(refusalOf(await door.me(token))).toBe('404 session_not_found')
      }
      await door.deleteSession({ session_token })
      expect(refusalOf(await door.me(session_token))).toBe('404 session_not_found')
    })

    it('MOON-45: an expired session is 404, a suspended clock apart', async () => {
      const own = await openDoor(stores)
      const { session_token } = await own.openSession(ethereumSigner(), 5)
      own.clock.advance(299_999)
      expect((await own.me(session_token)).status).toBe(200)
      own.clock.advance(1)
      expect(refusalOf(await own.me(session_token))).toBe('404 session_not_found')
    })
  })
})

describe.each(STORES)('MoonKey user search on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  const people: {
    userId: string
    signer: ReturnType<typeof ethereumSigner>
    walletId: string
    email: string
    phone: string
  }[] = []
  beforeAll(async () => {
    door = await openDoor(stores)
    for (let i = 0; i < 23; i += 1) {
      const signer = i % 2 === 0 ? ethereumSigner() : solanaSigner()
      const { user_id: userId, id: walletId } = await door.signIn(signer)
      const [email, phone] = [`person-${String(i).padStart(2, '0')}@Example.test`, newPhoneNumber()]
      await door.put(`${USERS}/${userId}/update`, {
        first_name: `First${i}`,
        last_name: i < 3 ? 'Łukasz Smith' : 'Jones',
        emails: [{ email }],
        phone_numbers: [{ phone_number: phone }],
      })
      people.push({ userId, signer, walletId, email: email.toLowerCase(), phone })
      door.clock.advance(1_000)
    }
  })
  afterAll(() => stores.close())

  const search = (body: Body): Promise<Answer> => door.post(`${USERS}/search`, body)
  const page = async (body: Body) => {
    const answer = await search(body)
    if (answer.status !== 200) throw new Error(answer.text)
    return SearchUsersReply.parse(answer.body)
  }
  const find = async (operator: 'AND' | 'OR', ...fields: Body[]) => {
    const found = await page({ limit: 100, filters: { operator, fields } })
    expect(found.has_more).toBe(false)
    expect(found.total_count).toBe(found.users.length)
    return found.users.map(({ user_id }) => people.findIndex(({ userId }) => userId === user_id))
  }
  const person = (index: number) => {
    const found = people[index]
    if (found === undefined) throw new RangeError('no such person')
    return found
  }
  const ids = () => people.map(({ userId }) => userId).sort()

  it('MOON-43: without filters it is every user, in the order of ids, 50 a page', async () => {
    const all = await page({})
    expect(all.users.map(({ user_id }) => user_id)).toEqual(ids())
    expect([all.total_count, all.has_more]).toEqual([23, false])
    for (const body of [
      { limit: null },
      { filters: null },
      { filters: { operator: 'AND', fields: [] } },
      { filters: { operator: 'OR', fields: null } },
      // As the vendor's Node client leaves an empty list out.
      { filters: { operator: 'AND' } },
      { starting_after: '' },
    ]) {
      expect(await page(body)).toEqual(all)
    }
    expect(all.users[0]).toEqual(await door.user(String(all.users[0]?.user_id)))
  })

  it.each<[string, Body]>([
    ['without filters', {}],
    [
      'with a filter that reads everybody',
      { filters: { operator: 'AND', fields: [{ field: 'email_match', operator: 'eq', value: 'person-' }] } },
    ],
  ])('MOON-43: pages follow each other by starting_after %s', async (_, body) => {
    const seen: string[] = []
    let after: string | undefined
    for (const size of [10, 10, 3]) {
      const { users, total_count, has_more } = await page({ ...body, limit: 10, starting_after: after })
      expect([users.length, total_count, has_more]).toEqual([size, 23, size === 10])
      seen.push(...users.map(({ user_id }) => user_id))
      after = seen.at(-1)
    }
    expect(seen).toEqual(ids())
    expect(await page({ ...body, limit: 10, starting_after: after })).toEqual({
      users: [],
      total_count: 23,
      has_more: false,
    })
    const exact = await page({ ...body, limit: 13, starting_after: ids()[9] })
    expect([exact.users.length, exact.has_more]).toEqual([13, false])
  })

  it.each<[string, (index: number) => unknown]>([
    ['user_id', (index) => person(index).userId],
    ['wallet_id', (index) => person(index).walletId],
    ['wallet_public_address', (index) => person(index).signer.address],
    ['wallet_public_address', (index) => person(index).signer.shownAddress],
    ['email', (index) => person(index).email],
    ['email', (index) => person(index).email.toUpperCase()],
    ['phone_number', (index) => person(index).phone],
  ])('MOON-43: finds by %s, with eq and in, with AND and OR', async (field, valueAt) => {
    for (const operator of ['AND', 'OR'] as const) {
      for (const index of [0, 7])
        expect(await find(operator, { field, operator: 'eq', value: valueAt(index) })).toEqual([index])
      const values = [valueAt(3), valueAt(4), 'nobody']
      expect((await find(operator, { field, operator: 'in', values })).sort()).toEqual([3, 4])
      expect(await find(operator, { field, operator: 'eq', value: 'nobody' })).toEqual([])
      expect(await find(operator, { field, operator: 'in', values: [] })).toEqual([])
    }
  })

  it('MOON-43: finds by the ids of contacts', async () => {
    const { emails, phone_numbers } = await door.user(person(5).userId)
    expect(await find('AND', { field: 'email_id', operator: 'eq', value: emails[0]?.id })).toEqual([5])
    expect(await find('AND', { field: 'phone_number_id', operator: 'eq', value: phone_numbers[0]?.id })).toEqual([5])
  })

  it('MOON-43: _match finds parts in any letter case, and takes no pattern', async () => {
    expect(await find('AND', { field: 'email_match', operator: 'eq', value: 'RSON-02@' })).toEqual([2])
    expect((await find('AND', { field: 'full_name_match', operator: 'eq', value: 'łukasz sm' })).sort()).toEqual([
      0, 1, 2,
    ])
    expect(await find('AND', { field: 'full_name_match', operator: 'eq', value: 'first7 jones' })).toEqual([7])
    expect(await find('AND', { field: 'phone_number_match', operator: 'eq', value: person(4).phone.slice(2) })).toEqual(
      [4],
    )
    for (const pattern of ['.*', '%', 'person-0_', '[p]erson']) {
      expect(await find('AND', { field: 'email_match', operator: 'eq', value: pattern })).toEqual([])
    }
  })

  it('MOON-43: AND narrows, OR widens, exact or not', async () => {
    const smith = { field: 'full_name_match', operator: 'eq', value: 'smith' }
    const two = { field: 'email', operator: 'eq', value: person(2).email }
    const nine = { field: 'wallet_id', operator: 'eq', value: person(9).walletId }
    expect(await find('AND', smith, two)).toEqual([2])
    expect(await find('AND', two, nine)).toEqual([])
    expect((await find('OR', two, nine)).sort()).toEqual([2, 9])
    expect((await find('OR', smith, nine)).sort()).toEqual([0, 1, 2, 9])
    expect((await find('OR', two, two)).sort()).toEqual([2])
    expect(await find('AND', { field: 'email_verified', operator: 'eq', value: true })).toEqual([])
    expect(await find('AND', { field: 'email_verified', operator: 'eq', value: false })).toHaveLength(23)
    expect(await find('AND', { field: 'totp_id', operator: 'eq', value: 'x' })).toEqual([])
  })

  it('MOON-43: eq takes a list of one for the value, and a flag without a value for false, as clients leave it out', async () => {
    const { userId } = person(6)
    for (const value of [undefined, null]) {
      expect(await find('AND', { field: 'user_id', operator: 'eq', value, values: [userId] })).toEqual([6])
      expect(await find('AND', { field: 'email_verified', operator: 'eq', value, values: [true] })).toEqual([])
      for (const values of [undefined, null, []]) {
        const flag = { field: 'email_verified', operator: 'eq', value, values }
        expect(await find('AND', flag)).toHaveLength(23)
        expect(await find('AND', { ...flag, field: 'phone_number_verified' })).toHaveLength(23)
        expect(await find('AND', { ...flag, field: 'totp_verified' })).toEqual([])
      }
    }
    // A value that is there counts.
    const both = { field: 'user_id', operator: 'eq', value: person(7).userId, values: [userId] }
    expect(await find('AND', both)).toEqual([7])
  })

  it('MOON-43: status finds the active, and a removed wallet or user is found no more', async () => {
    expect(await find('AND', { field: 'status', operator: 'eq', value: 'active' })).toHaveLength(23)
    const signer = ethereumSigner()
    const { user_id: userId, id: walletId } = await door.signIn(signer)
    const byAddress = { field: 'wallet_public_address', operator: 'eq', value: signer.address }
    const filters = { operator: 'AND', fields: [byAddress] }
    expect((await page({ filters })).total_count).toBe(1)
    await door.delete(`${USERS}/wallets/${walletId}/delete`)
    expect((await page({ filters })).total_count).toBe(0)
    await door.delete(`${USERS}/${userId}/delete`)
    expect((await page({})).total_count).toBe(23)
  })

  it('MOON-44: a pending user is listed, counted and found by every field, until it is deleted', async () => {
    const email = newEmail()
    const contacts = { email, phone_number: newPhoneNumber() }
    const created = await door.createUser({ ...contacts, first_name: 'Pending', requires_verification: true })
    const { user_id: userId, email_id, phone_number, phone_number_id } = created
    const found = async (field: string, value: unknown) => {
      const { users } = await page({ filters: { operator: 'AND', fields: [{ field, operator: 'eq', value }] } })
      return users.map(({ user_id }) => user_id)
    }
    const fields = {
      user_id: userId,
      email,
      email_id,
      email_match: email.slice(1),
      phone_number,
      phone_number_id,
      full_name_match: 'pending',
      status: 'pending',
    }
    for (const [field, value] of Object.entries(fields)) {
      expect([field, await found(field, value)]).toEqual([field, [userId]])
    }
    expect(await found('status', 'active')).toHaveLength(23)
    const all = await page({})
    expect([all.total_count, all.users.find(({ user_id }) => user_id === userId)?.status]).toEqual([24, 'pending'])
    await door.delete(`${USERS}/${userId}/delete`)
    expect(await found('status', 'pending')).toEqual([])
    expect((await page({})).total_count).toBe(23)
  })

  it('MOON-44: who was only promised a wallet is found by user_id alone, and listed from the first contact on', async () => {
    const { user_id: userId } = readBegin(await door.begin(ethereumSigner()))
    const statusIs = (value: string) =>
      page({ filters: { operator: 'AND', fields: [{ field: 'status', operator: 'eq', value }] } })
    const byId = { field: 'user_id', operator: 'eq', value: userId }
    expect((await page({ filters: { operator: 'AND', fields: [byId] } })).users).toMatchObject([{ user_id: userId }])
    expect((await statusIs('pending')).users).toEqual([])
    expect((await page({})).total_count).toBe(23)
    await door.put(`${USERS}/${userId}/update`, { emails: [{ email: newEmail() }] })
    expect((await statusIs('pending')).users).toMatchObject([{ user_id: userId }])
    expect((await page({})).total_count).toBe(24)
    await door.delete(`${USERS}/${userId}/delete`)
    expect((await page({})).total_count).toBe(23)
  })

  it.each<{ body: Body }>(
    [
      { limit: 9 },
      { limit: 101 },
      { limit: 10.5 },
      { limit: '50' },
      { limit: -1 },
      { starting_after: 7 },
      { filters: [] },
      { filters: {} },
      { filters: { operator: 'and', fields: [] } },
      { filters: { operator: 'NOT', fields: [] } },
      { filters: { fields: [] } },
      { filters: { operator: 'AND', fields: {} } },
      { filters: { operator: 'AND', fields: [{}] } },
      ...[
        { field: 'password', operator: 'eq', value: 'x' },
        { field: '__proto__', operator: 'eq', value: 'x' },
        { field: 'user_id', operator: 'like', value: 'x' },
        { field: 'user_id', operator: 'between', value: 'a', second_value: 'b' },
        { field: 'user_id', operator: 'lt', value: 'x' },
        { field: 'user_id', operator: 'eq' },
        { field: 'user_id', operator: 'eq', value: null },
        { field: 'user_id', operator: 'eq', values: [] },
        { field: 'user_id', operator: 'eq', values: ['x', 'y'] },
        { field: 'email_verified', operator: 'eq', values: [true, false] },
        { field: 'email_verified', operator: 'in' },
        { field: 'user_id', operator: 'in' },
        { field: 'user_id', operator: 'in', value: 'x' },
        { field: 'user_id', operator: 'eq', value: { $ne: null } },
        { field: 'user_id', operator: 'eq', value: ['x'] },
        { field: 'user_id', operator: 'in', values: Array.from({ length: 101 }, () => 'x') },
      ].map((field) => ({ filters: { operator: 'AND', fields: [field] } })),
      {
        filters: {
          operator: 'AND',
          fields: Array.from({ length: 21 }, () => ({ field: 'status', operator: 'eq', value: 'active' })),
        },
      },
    ].map((body) => ({ body })),
  )('MOON-43: $body is 400', async ({ body }) => {
    expect(refusalOf(await search(body))).toBe('400 invalid_request')
  })
})

describe('MoonKey search in a large App', () => {
  it('MOON-44: a filter that would read more than 10 000 users is 400; pages and exact fields still work', async () => {
    const stores = openStoresForTests('memory')
    const door = await openDoor(stores)
    const name = { first: 'Many', middle: '', last: '' }
    const write = (index: number) =>
      stores.identities.createUser({
        id: `user_${String(index).padStart(27, '0')}`,
        projectId: door.project.id,
        status: 'active',
        name,
        metadata: {},
        createdAt: START,
        updatedAt: START,
      })
    for (let index = 0; index < 10_000; index += 1) await write(index)
    const byName = {
      filters: { operator: 'AND', fields: [{ field: 'full_name_match', operator: 'eq', value: 'many' }] },
    }
    const answer = await door.post(`${USERS}/search`, { ...byName, limit: 10 })
    expect(answer.body).toMatchObject({ total_count: 10_000, has_more: true })
    const wallet = readWallet(await door.verify(await door.prove(ethereumSigner())))
    expect(refusalOf(await door.post(`${USERS}/search`, byName))).toBe('400 invalid_request')
    const exact = { field: 'wallet_id', operator: 'eq', value: wallet.id }
    const found = await door.post(`${USERS}/search`, { filters: { operator: 'AND', fields: [exact] } })
    expect(found.body).toMatchObject({ total_count: 1, users: [{ user_id: wallet.user_id }] })
    expect((await door.post(`${USERS}/search`, {})).body).toMatchObject({ total_count: 10_001, has_more: true })
    await stores.close()
  })
})
