import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { type AssertionJson, type AssertionLies, createAuthenticator } from '../../support/authenticator.ts'
import { STORES } from '../../support/gateway.ts'
import { interceptStores } from '../../support/intercept-stores.ts'
import { ORIGIN } from '../../support/origin.ts'
import { LOGIN, OTHER_ORIGIN, openPasskeyParts, type PasskeyParts, REGISTRATION, RP_ID, refusalOf } from './parts.ts'

describe.each(STORES)('signing in with a passkey, in %s', (store) => {
  let parts: PasskeyParts
  beforeAll(() => {
    parts = openPasskeyParts(store)
  })
  afterAll(() => parts.close())

  const sessionsOf = (userId: string) => parts.stores.sessions.list(parts.projectId, userId, parts.clock.now())
  const countOf = async (credentialId: string) =>
    (await parts.stores.identities.findPasskey(parts.projectId, credentialId))?.signCount

  describe('the options', () => {
    it('ask for any passkey, without a null and without a list', async () => {
      expect(await parts.beginLogin()).toEqual({
        challenge: expect.stringMatching(/^[\w-]{43}$/),
        timeout: 300_000,
        userVerification: 'preferred',
      })
      expect(await parts.beginLogin({ rpId: 'example.test' })).toMatchObject({ rpId: 'example.test' })
    })

    it('look alike for every account, known or not', async () => {
      const { user } = await parts.enrol()
      for (const account of ['any', 'unknown', { userId: user.id }, { userId: 'user_gone' }] as const) {
        const { challenge, ...rest } = await parts.beginLogin({ account })
        expect(challenge).toMatch(/^[\w-]{43}$/)
        expect(rest).toEqual({ timeout: 300_000, userVerification: 'preferred' })
      }
    })
  })

  describe('the assertion', () => {
    it.each(['es256', 'eddsa', 'rs256'] as const)('of a key for %s gives its owner a session', async (algorithm) => {
      const { user, authenticator, passkey } = await parts.enrol({ algorithm })
      parts.clock.advance(1000)
      const { session, refreshToken, passkey: used } = await parts.signIn(await parts.assertion(authenticator))
      expect(session).toMatchObject({
        projectId: parts.projectId,
        userId: user.id,
        door: 'walletkit',
        factors: [{ kind: 'passkey', credentialId: passkey.id, verifiedAt: parts.clock.now() }],
      })
      expect(refreshToken).toMatch(/^rfr_/)
      expect(used).toEqual(passkey)
      expect(await sessionsOf(user.id)).toEqual([session])
    })

    it('may leave the user handle out, or empty, and may name nobody but the owner', async () => {
      const { authenticator } = await parts.enrol()
      const other = await parts.newUser()
      for (const [userHandle, refusal] of [
        [null, 'accepted'],
        [Buffer.alloc(0), 'accepted'],
        [Buffer.from(other.id), 'user_handle_mismatch'],
        [randomBytes(64), 'user_handle_mismatch'],
        [randomBytes(65), 'response_malformed'],
      ] as const) {
        expect(await refusalOf(parts.signIn(await parts.assertion(authenticator, { userHandle })))).toBe(refusal)
      }
    })

    it('is compared with the hash of an id that is longer than a user handle', async () => {
      const user = await parts.newUser({ id: `imported-${'x'.repeat(100)}` })
      const { authenticator, soft } = await parts.enrol({}, user)
      expect(soft.userHandle).toHaveLength(32)
      expect((await parts.signIn(await parts.assertion(authenticator))).session?.userId).toBe(user.id)
    })

    it('is accepted without user verification, which we only prefer', async () => {
      const { authenticator } = await parts.enrol()
      expect(await refusalOf(parts.signIn(await parts.assertion(authenticator, { isUserVerified: false })))).toBe(
        'accepted',
      )
    })

    it.each<[string, AssertionLies, string]>([
      ['made for a registration', { clientData: { type: 'webauthn.create' } }, 'type_mismatch'],
      ['from another origin', { clientData: { origin: 'https://evil.example.test' } }, 'origin_not_accepted'],
      ['from another port', { clientData: { origin: `${ORIGIN}:8443` } }, 'origin_not_accepted'],
      ['from another accepted origin', { clientData: { origin: OTHER_ORIGIN } }, 'rp_id_mismatch'],
      ['from within another page', { clientData: { crossOrigin: true } }, 'cross_origin'],
      ['from below another page', { clientData: { crossOrigin: true, topOrigin: OTHER_ORIGIN } }, 'cross_origin'],
      ['for another challenge', { clientData: { challenge: 'B'.repeat(43) } }, 'challenge_unknown'],
      ['for a challenge that is none', { clientData: { challenge: { toString: 'x' } } }, 'response_malformed'],
      ['for another RP id', { rpId: 'evil.example.test' }, 'rp_id_mismatch'],
      ['for a parent of the RP id', { rpId: 'example.test' }, 'rp_id_mismatch'],
      ['with nobody there', { isUserPresent: false }, 'user_absent'],
      ['backed up, and unable to be', { isBackedUp: true, isBackupEligible: false }, 'response_malformed'],
      ['with bytes after the authenticator data', { trailing: Buffer.from([0]) }, 'response_malformed'],
      ['by a passkey nobody has', { credentialId: randomBytes(20) }, 'passkey_unknown'],
      [
        'signed with another key',
        { signWith: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
        'signature_invalid',
      ],
      ['without a signature', { signature: Buffer.alloc(0) }, 'signature_invalid'],
      ['with a signature that is none', { signature: randomBytes(70) }, 'signature_invalid'],
      ['with r and s of nought', { signature: Buffer.from('3006020100020100', 'hex') }, 'signature_invalid'],
      ['with a long signature', { signature: randomBytes(513) }, 'response_malformed'],
      ['with large client data', { clientData: { x: 'x'.repeat(4096) } }, 'response_malformed'],
      ['with large authenticator data', { trailing: Buffer.alloc(4096) }, 'response_malformed'],
    ])('is refused %s, and the challenge stays', async (_, lies, refusal) => {
      const { user, authenticator } = await parts.enrol()
      const options = await parts.beginLogin()
      expect(await refusalOf(parts.signIn(authenticator.get(options, ORIGIN, lies)))).toBe(refusal)
      expect(await sessionsOf(user.id)).toEqual([])
      expect(await refusalOf(parts.signIn(authenticator.get(options, ORIGIN)))).toBe('accepted')
    })

    it('is refused with any signed byte changed', async () => {
      const { authenticator } = await parts.enrol()
      const made = await parts.assertion(authenticator)
      for (const member of ['authenticatorData', 'signature', 'clientDataJSON']) {
        const bytes = Buffer.from(String(made.response[member]), 'base64url')
        for (let index = 0; index < bytes.length; index += 5) {
          const changed = Buffer.from(bytes)
          changed[index] = (changed[index] ?? 0) ^ 0x01
          const response = { ...made.response, [member]: changed.toString('base64url') }
          expect(await refusalOf(parts.signIn({ ...made, response }))).not.toBe('accepted')
        }
      }
      expect(await refusalOf(parts.signIn(made))).toBe('accepted')
    })

    it('of one passkey does not sign in the owner of another', async () => {
      const [mine, theirs] = [await parts.enrol(), await parts.enrol()]
      const made = await parts.assertion(mine.authenticator, {
        credentialId: theirs.soft.id,
        userHandle: theirs.soft.userHandle,
      })
      expect(await refusalOf(parts.signIn(made))).toBe('signature_invalid')
      expect(await sessionsOf(theirs.user.id)).toEqual([])
    })

    it('is refused without any of its members', async () => {
      const { authenticator } = await parts.enrol()
      const made = await parts.assertion(authenticator)
      for (const name of ['type', 'id', 'rawId', 'response'] as const) {
        for (const value of [undefined, null, 7, '', 'AA', {}, ['x']]) {
          expect(await refusalOf(parts.signIn({ ...made, [name]: value }))).toBe('response_malformed')
        }
      }
      for (const name of ['clientDataJSON', 'authenticatorData', 'signature']) {
        for (const value of [undefined, null, 7, 'A', 'AB', `${made.response[name]}+`, {}]) {
          const response = { ...made.response, [name]: value }
          expect(await refusalOf(parts.signIn({ ...made, response }))).toBe('response_malformed')
        }
      }
      for (const userHandle of [7, {}, ['x'], true, '!']) {
        const response = { ...made.response, userHandle }
        expect(await refusalOf(parts.signIn({ ...made, response }))).toBe('response_malformed')
      }
      expect(await refusalOf(parts.signIn(made))).toBe('accepted')
    })

    it('is refused in words of ours alone: neither the reason nor a cause holds what was sent', async () => {
      const { authenticator } = await parts.enrol()
      const made = await parts.assertion(authenticator, { signature: randomBytes(70) })
      const error: unknown = await parts.signIn(made).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(AuthError)
      expect(error).toMatchObject({ code: 'passkey_unusable', reason: 'signature_invalid' })
      expect((error as AuthError).cause).toBeUndefined()
      expect((error as AuthError).message).toBe('passkey_unusable: signature_invalid')
    })
  })

  describe('the passkey', () => {
    it('works on the page it was made for, and on no other accepted one', async () => {
      const { authenticator, soft } = await parts.enrol()
      expect(soft.rpId).toBe(RP_ID)
      const elsewhere = authenticator.get(await parts.beginLogin(), OTHER_ORIGIN, {}, soft)
      expect(await refusalOf(parts.signIn(elsewhere))).toBe('rp_id_mismatch')
      // Nor where the authenticator lies about where it is.
      const lying = authenticator.get(await parts.beginLogin(), OTHER_ORIGIN, { rpId: 'shop.example.test' }, soft)
      expect(await refusalOf(parts.signIn(lying))).toBe('rp_id_mismatch')
    })

    it('of the project’s RP id works on every accepted page', async () => {
      const rpId = 'example.test'
      const user = await parts.newUser()
      const authenticator = createAuthenticator()
      const made = authenticator.create(await parts.begin(user.id, { rpId }), ORIGIN)
      await parts.finish(user.id, made, { rpId })
      for (const origin of [ORIGIN, OTHER_ORIGIN]) {
        const assertion = authenticator.get(await parts.beginLogin({ rpId }), origin)
        expect(await refusalOf(parts.signIn(assertion))).toBe('rp_id_mismatch')
        expect(await refusalOf(parts.signIn(assertion, { rpId }))).toBe('accepted')
      }
    })

    it('of a deleted user, or taken from its user, is unknown', async () => {
      const [deleted, taken] = [await parts.enrol(), await parts.enrol()]
      await parts.stores.identities.deleteUser(parts.projectId, deleted.user.id)
      await parts.stores.identities.release(taken.passkey)
      for (const { authenticator } of [deleted, taken]) {
        expect(await refusalOf(parts.signIn(await parts.assertion(authenticator)))).toBe('passkey_unknown')
      }
      expect(await parts.stores.identities.findUser(parts.projectId, deleted.user.id)).toBeNull()
    })

    it('of another project is unknown', async () => {
      const { authenticator } = await parts.enrol()
      const elsewhere = openPasskeyParts(store)
      const made = authenticator.get(await elsewhere.beginLogin(), ORIGIN)
      expect(await refusalOf(elsewhere.signIn(made))).toBe('passkey_unknown')
      expect(await refusalOf(parts.signIn(made))).toBe('challenge_unknown')
      await elsewhere.close()
    })
  })

  describe('a named account', () => {
    it('is signed in to by its own passkeys, and by nobody else’s', async () => {
      const [mine, theirs] = [await parts.enrol(), await parts.enrol()]
      const options = await parts.beginLogin({ account: { userId: theirs.user.id } })
      expect(await refusalOf(parts.signIn(mine.authenticator.get(options, ORIGIN)))).toBe('user_mismatch')
      expect((await parts.signIn(theirs.authenticator.get(options, ORIGIN))).session?.userId).toBe(theirs.user.id)
    })

    it('that nobody has is signed in to by nobody, and refuses as one that somebody has', async () => {
      const mine = await parts.enrol()
      const options = await parts.beginLogin({ account: 'unknown' })
      expect(await refusalOf(parts.signIn(mine.authenticator.get(options, ORIGIN)))).toBe('user_mismatch')
    })
  })

  describe('the challenge', () => {
    it('is the project’s and the purpose’s', async () => {
      const { authenticator, user } = await parts.enrol()
      const made = await parts.assertion(authenticator)
      expect(await refusalOf(parts.signIn(made, { purpose: REGISTRATION }))).toBe('challenge_unknown')
      expect(await refusalOf(parts.signIn(made, { projectId: 'another' }))).toBe('challenge_unknown')
      const { challenge } = await parts.begin(user.id)
      for (const purpose of [LOGIN, REGISTRATION] as const) {
        expect(await refusalOf(parts.signIn(authenticator.get({ challenge }, ORIGIN), { purpose }))).toBe(
          'challenge_unknown',
        )
      }
      // Not even one that was issued for registering under the purpose of signing in.
      const crossed = await parts.begin(user.id, { purpose: LOGIN })
      expect(await refusalOf(parts.signIn(authenticator.get(crossed, ORIGIN)))).toBe('challenge_unknown')
      expect(await refusalOf(parts.signIn(made))).toBe('accepted')
    })

    it('ends at its time, not a millisecond before', async () => {
      const { authenticator } = await parts.enrol()
      const [early, late] = [await parts.assertion(authenticator), await parts.assertion(authenticator)]
      parts.clock.advance(299_999)
      expect(await refusalOf(parts.signIn(early))).toBe('accepted')
      parts.clock.advance(1)
      expect(await refusalOf(parts.signIn(late))).toBe('challenge_expired')
      parts.clock.advance(300_000)
      expect(await refusalOf(parts.signIn(late))).toBe('challenge_unknown')
    })

    it('is spent by a success, and stays spent', async () => {
      const { authenticator, user } = await parts.enrol()
      const made = await parts.assertion(authenticator)
      await parts.signIn(made)
      expect(await refusalOf(parts.signIn(made))).toBe('challenge_unknown')
      expect(await sessionsOf(user.id)).toHaveLength(1)
    })

    it.each([false, true])('gives one session to twenty racers with one assertion (counts: %s)', async (counts) => {
      const { authenticator, user } = await parts.enrol({ counts })
      const made = await parts.assertion(authenticator)
      const answers = await Promise.all(Array.from({ length: 20 }, () => refusalOf(parts.signIn(made))))
      expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1)
      for (const answer of answers) {
        expect(['accepted', 'nonce_spent', 'counter_replayed', 'challenge_unknown']).toContain(answer)
      }
      expect(await sessionsOf(user.id)).toHaveLength(1)
    })

    it('gives one session to two passkeys that race for it', async () => {
      const [mine, theirs] = [await parts.enrol(), await parts.enrol()]
      const options = await parts.beginLogin()
      const made = [mine, theirs].map(({ authenticator }) => authenticator.get(options, ORIGIN))
      const answers = await Promise.all(made.map((each) => refusalOf(parts.signIn(each))))
      expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1)
      const sessions = await Promise.all([mine, theirs].map(({ user }) => sessionsOf(user.id)))
      expect(sessions.flat()).toHaveLength(1)
    })
  })

  describe('the counter', () => {
    it('is recorded, and never goes back: not for less, not for as much, not for nought', async () => {
      const { authenticator, passkey } = await parts.enrol({ counts: true })
      const use = async (signCount: number) =>
        refusalOf(parts.signIn(await parts.assertion(authenticator, { signCount })))
      expect(await use(10)).toBe('accepted')
      expect(await countOf(passkey.credentialId)).toBe(10)
      for (const signCount of [10, 9, 1, 0]) expect(await use(signCount)).toBe('counter_replayed')
      expect(await countOf(passkey.credentialId)).toBe(10)
      expect(await use(11)).toBe('accepted')
      expect(await use(0xffffffff)).toBe('accepted')
      expect(await countOf(passkey.credentialId)).toBe(0xffffffff)
    })

    it('may stay at nought, and may begin to count', async () => {
      const { authenticator } = await parts.enrol()
      const use = async (signCount: number) =>
        refusalOf(parts.signIn(await parts.assertion(authenticator, { signCount })))
      expect(await use(0)).toBe('accepted')
      expect(await use(0)).toBe('accepted')
      expect(await use(1)).toBe('accepted')
      expect(await use(0)).toBe('counter_replayed')
    })

    it('is good for one of two assertions that carry it, with a challenge each', async () => {
      const { authenticator, user } = await parts.enrol({ counts: true })
      const made: AssertionJson[] = []
      for (let count = 0; count < 8; count += 1) made.push(await parts.assertion(authenticator, { signCount: 5 }))
      const answers = await Promise.all(made.map((each) => refusalOf(parts.signIn(each))))
      expect([...answers].sort()).toEqual(['accepted', ...Array(7).fill('counter_replayed')])
      expect(await sessionsOf(user.id)).toHaveLength(1)
    })

    it('is left alone by an assertion that is refused', async () => {
      const { authenticator, passkey } = await parts.enrol({ counts: true })
      const forged = await parts.assertion(authenticator, { signCount: 0xffffffff, signature: randomBytes(70) })
      expect(await refusalOf(parts.signIn(forged))).toBe('signature_invalid')
      expect(await countOf(passkey.credentialId)).toBe(0)
    })
  })

  describe('beside a session', () => {
    it('proves without one', async () => {
      const { authenticator, user } = await parts.enrol()
      expect(await parts.signIn(await parts.assertion(authenticator), {}, { kind: 'none' })).toMatchObject({
        session: null,
        refreshToken: null,
        passkey: { userId: user.id },
      })
      expect(await sessionsOf(user.id)).toEqual([])
    })

    it('is added to one of the same user, and refused beside another’s before anything is recorded', async () => {
      const [mine, theirs] = [await parts.enrol({ counts: true }), await parts.enrol()]
      const { session } = await parts.signIn(await parts.assertion(theirs.authenticator))
      const existing = { kind: 'existing', sessionId: session?.id ?? '', ttlSeconds: null } as const
      const made = await parts.assertion(mine.authenticator)
      expect(await refusalOf(parts.signIn(made, {}, existing))).toBe('session_mismatch')
      expect(await countOf(mine.passkey.credentialId)).toBe(0)
      expect(await refusalOf(parts.signIn(made))).toBe('accepted')
      const joined = await parts.signIn(await parts.assertion(theirs.authenticator), {}, existing)
      expect(joined.session?.id).toBe(session?.id)
      expect(joined.session?.factors).toHaveLength(1)
    })
  })

  it('leaves a challenge that still works when the store fails before it is taken', async () => {
    let isDown = false
    const failing = openPasskeyParts(store, (stores) =>
      interceptStores(stores, (act, _, run) =>
        isDown && act === 'challenges.consume' ? Promise.reject(new AuthError('store_unavailable')) : run(),
      ),
    )
    const { authenticator, user } = await failing.enrol()
    const made = await failing.assertion(authenticator)
    isDown = true
    expect(await refusalOf(failing.signIn(made))).toBe('store_unavailable')
    isDown = false
    expect(await refusalOf(failing.signIn(made))).toBe('accepted')
    const sessions = await failing.stores.sessions.list(failing.projectId, user.id, failing.clock.now())
    expect(sessions).toHaveLength(1)
    await failing.close()
  })
})
