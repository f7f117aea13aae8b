import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AssertionLies,
  type AttestationLies,
  type AuthenticatorKind,
  createAuthenticator,
} from '../../support/authenticator.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { ethereumSigner } from '../../support/signers.ts'
import {
  type Body,
  bearer,
  bodyOf,
  decodeJwt,
  firstOf,
  MINUTE_MS,
  newEmail,
  openDoor,
  openWalletKit,
  readCreation,
  readRequest,
  readSession,
  refusalOf,
  type WalletKitDoor,
  walletKitProject,
} from './door.ts'

const REFUSED = '400 passkey_invalid'
const KINDS: readonly (readonly [string, AuthenticatorKind])[] = [
  ['a synced ES256 passkey', { algorithm: 'es256' }],
  ['a counting ES256 key', { algorithm: 'es256', counts: true }],
  ['an EdDSA key', { algorithm: 'eddsa', counts: true }],
  ['an RS256 key', { algorithm: 'rs256', counts: true }],
]

describe.each(STORES)('WalletKit passkeys on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let other: WalletKitDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const two = { allowedOrigins: [ORIGIN, 'https://two.example.test'] }
    const opened = await openWalletKit(store, stores, { projects: [walletKitProject({}, two), walletKitProject()] })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    other = firstOf(opened.doors.slice(1))
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const claimsOf = (session: { access_token: string }) => decodeJwt(session.access_token).claims

  it('WK-20: creation options are what Link reads: everything under publicKey, nothing null', async () => {
    const answer = await door.beginRegistration(await door.signInByEmail())
    expect(Object.keys(bodyOf(answer))).toEqual(['publicKey'])
    const options = readCreation(answer)
    expect(options.rp.name).toBe('My App')
    expect(options.user.name.length).toBeGreaterThan(0)
    expect(options.user.displayName.length).toBeGreaterThan(0)
    expect(options.pubKeyCredParams.map(({ alg }) => alg)).toEqual(expect.arrayContaining([-7, -257]))
    expect(new Set(options.pubKeyCredParams.map(({ type }) => type))).toEqual(new Set(['public-key']))
    expect(Buffer.from(options.challenge, 'base64url').length).toBeGreaterThanOrEqual(16)
    // WK-60: what discoverable login finds.
    expect(options.authenticatorSelection).toMatchObject({ residentKey: 'required' })
    expect(answer.text).not.toContain('null')
  })

  it('WK-20: request options are under publicKey too, and nothing in them is null', async () => {
    for (const answer of [
      await door.bare('/users/login-with-discoverable-passkey'),
      await door.post('/users/login-with-passkey', {}),
    ]) {
      expect(Object.keys(bodyOf(answer))).toEqual(['publicKey'])
      const options = readRequest(answer)
      expect(Buffer.from(options.challenge, 'base64url').length).toBeGreaterThanOrEqual(16)
      expect('allowCredentials' in options).toBe(false)
      expect(answer.text).not.toContain('null')
    }
  })

  it('WK-60: rpId is the project’s, or left out so that the browser takes the page’s host', async () => {
    const session = await door.signInAnonymously()
    expect('id' in readCreation(await door.beginRegistration(session)).rp).toBe(false)
    expect('rpId' in readRequest(await door.bare('/users/login-with-discoverable-passkey'))).toBe(false)

    const project = walletKitProject({ rpId: 'example.test' })
    const { door: own, close: closeOwn } = await openDoor(store, stores, project)
    const theirs = await own.signInAnonymously()
    expect(readCreation(await own.beginRegistration(theirs)).rp.id).toBe('example.test')
    expect(readRequest(await own.bare('/users/login-with-discoverable-passkey')).rpId).toBe('example.test')
    const authenticator = await own.addPasskey(theirs)
    expect((await own.signInByPasskey(authenticator)).user_id).toBe(theirs.user_id)
    await closeOwn()
  })

  it.each(KINDS)('WK-20: %s is made and signs in, the user found without user_id', async (_, kind) => {
    const session = await door.signInByEmail()
    const authenticator = await door.addPasskey(session, createAuthenticator(kind))
    for (let times = 0; times < 3; times += 1) {
      const again = await door.signInByPasskey(authenticator)
      expect(again.user_id).toBe(session.user_id)
      expect(again.id).not.toBe(session.id)
    }
  })

  it('WK-20: Link’s objects are taken as they are: null attachment, padding, extra members, null user handle', async () => {
    const session = await door.signInAnonymously()
    const authenticator = createAuthenticator()
    const attestation = authenticator.create(readCreation(await door.beginRegistration(session)), ORIGIN)
    const padded = (text: unknown): string => `${text}${'='.repeat((4 - (String(text).length % 4)) % 4)}`
    const answer = await door.finishRegistration(session, {
      ...attestation,
      authenticatorAttachment: null,
      response: {
        ...attestation.response,
        clientDataJSON: padded(attestation.response['clientDataJSON']),
        publicKeyAlgorithm: -7,
        authenticatorData: 'x',
      },
      clientExtensionResults: { credProps: { rk: true } },
      extra: { deep: null },
    })
    expect([answer.status, answer.text]).toEqual([204, ''])
    const assertion = await door.assert(authenticator)
    const shown = {
      ...assertion,
      authenticatorAttachment: null,
      response: { ...assertion.response, userHandle: null },
      clientExtensionResults: { appid: false },
      extra: 1,
    }
    expect(readSession(await door.showPasskey(shown)).user_id).toBe(session.user_id)
    const { authenticatorAttachment: _, ...without } = await door.assert(authenticator)
    readSession(await door.showPasskey(without))
  })

  it('WK-63: after finish-registration the next refresh says has_passkey_credentials: true, and so does a sign-in', async () => {
    const email = newEmail()
    const session = await door.signInByEmail(email)
    expect(claimsOf(session)['has_passkey_credentials']).toBe(false)
    const authenticator = await door.addPasskey(session)
    expect(claimsOf(await door.refreshed(session))['has_passkey_credentials']).toBe(true)
    expect(claimsOf(await door.signInByEmail(email))['has_passkey_credentials']).toBe(true)
    expect(claimsOf(await door.signInByPasskey(authenticator))).toMatchObject({ email, has_passkey_credentials: true })
  })

  it('WK-60: the user’s passkeys are excluded when another one is made', async () => {
    const session = await door.signInAnonymously()
    expect(readCreation(await door.beginRegistration(session)).excludeCredentials ?? []).toEqual([])
    const authenticator = await door.addPasskey(session)
    await door.addPasskey(session, authenticator)
    const ids = authenticator.passkeys.map(({ id }) => id.toString('base64url'))
    const excluded = readCreation(await door.beginRegistration(session)).excludeCredentials ?? []
    expect(excluded.map(({ id }) => id).sort()).toEqual(ids.sort())
    // Somebody else’s are not told.
    const stranger = readCreation(await door.beginRegistration(await door.signInAnonymously()))
    expect(stranger.excludeCredentials ?? []).toEqual([])
  })

  it('WK-60: user.id says nothing of the user, and is the same for all of its passkeys', async () => {
    const email = newEmail()
    const session = await door.signInByEmail(email)
    const [one, two] = [
      readCreation(await door.beginRegistration(session)),
      readCreation(await door.beginRegistration(session)),
    ]
    expect(one.user.id).toBe(two.user.id)
    expect(one.challenge).not.toBe(two.challenge)
    const handle = Buffer.from(one.user.id, 'base64url')
    expect(handle.length).toBeLessThanOrEqual(64)
    expect(handle.toString('latin1')).not.toContain(email)
  })

  it('WK-60: a registration is finished once', async () => {
    const session = await door.signInAnonymously()
    const authenticator = createAuthenticator()
    const options = readCreation(await door.beginRegistration(session))
    const [one, two] = [authenticator.create(options, ORIGIN), authenticator.create(options, ORIGIN)]
    expect((await door.finishRegistration(session, one)).status).toBe(204)
    for (const repeated of [one, two]) expect(refusalOf(await door.finishRegistration(session, repeated))).toBe(REFUSED)
  })

  it('WK-60: of ten who finish one registration at once one passkey results', async () => {
    const session = await door.signInAnonymously()
    const options = readCreation(await door.beginRegistration(session))
    const attestations = Array.from({ length: 10 }, () => createAuthenticator().create(options, ORIGIN))
    const answers = await Promise.all(attestations.map((each) => door.finishRegistration(session, each)))
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    const excluded = readCreation(await door.beginRegistration(session)).excludeCredentials ?? []
    expect(excluded).toHaveLength(1)
  })

  it('WK-60: only the user who began it finishes it, with any session of theirs', async () => {
    const email = newEmail()
    const [mine, again] = [await door.signInByEmail(email), await door.signInByEmail(email)]
    const stranger = await door.signInByEmail()
    const authenticator = createAuthenticator()
    const attestation = authenticator.create(readCreation(await door.beginRegistration(mine)), ORIGIN)
    expect(refusalOf(await door.finishRegistration(stranger, attestation))).toBe(REFUSED)
    expect((await door.finishRegistration(again, attestation)).status).toBe(204)
    expect((await door.signInByPasskey(authenticator)).user_id).toBe(mine.user_id)
  })

  it('WK-60: a registration is good for five minutes, and so is a login', async () => {
    const session = await door.signInAnonymously()
    const authenticator = await door.addPasskey(session)
    const [early, late] = [
      readCreation(await door.beginRegistration(session)),
      readCreation(await door.beginRegistration(session)),
    ]
    const [soon, tooLate] = [await door.assert(authenticator), await door.assert(authenticator)]
    door.clock.advance(5 * MINUTE_MS - 1)
    expect((await door.finishRegistration(session, createAuthenticator().create(early, ORIGIN))).status).toBe(204)
    readSession(await door.showPasskey(soon))
    door.clock.advance(1)
    expect(refusalOf(await door.finishRegistration(session, createAuthenticator().create(late, ORIGIN)))).toBe(REFUSED)
    expect(refusalOf(await door.showPasskey(tooLate))).toBe(REFUSED)
  })

  it('WK-60: a passkey is one user’s: made known twice it stays whose it was', async () => {
    const credentialId = Buffer.alloc(20, 7)
    const mine = await door.signInAnonymously()
    const authenticator = createAuthenticator()
    const make = async (session: { access_token: string }, lies: AttestationLies) =>
      authenticator.create(readCreation(await door.beginRegistration(session)), ORIGIN, lies)
    const id = Buffer.concat([credentialId, Buffer.from(mine.user_id)])
    expect((await door.finishRegistration(mine, await make(mine, { credentialId: id }))).status).toBe(204)
    const [first] = authenticator.passkeys
    const thief = await door.signInAnonymously()
    expect((await door.finishRegistration(thief, await make(thief, { credentialId: id }))).status).toBe(400)
    const options = readRequest(await door.bare('/users/login-with-discoverable-passkey'))
    expect(readSession(await door.showPasskey(authenticator.get(options, ORIGIN, {}, first))).user_id).toBe(
      mine.user_id,
    )
  })

  it.each<[string, AttestationLies, string?]>([
    ['another page', {}, 'https://evil.example'],
    ['a page without TLS', {}, 'http://app.example.test'],
    ['another port', {}, 'https://app.example.test:8443'],
    ['a page that says another origin', { clientData: { origin: 'https://evil.example' } }],
    ['a page without an origin', { clientData: { origin: undefined } }],
    ['a page in a frame', { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } }],
    ['a login', { clientData: { type: 'webauthn.get' } }],
    ['another challenge', { clientData: { challenge: Buffer.alloc(32).toString('base64url') } }],
    ['no challenge', { clientData: { challenge: undefined } }],
    ['another RP', { rpId: 'evil.example' }],
    ['nobody present', { isUserPresent: false }],
    ['another id outside', { outerId: Buffer.alloc(20, 1) }],
    ['garbage', { attestationObject: Buffer.from('garbage') }],
    ['no client data', { clientDataBytes: new Uint8Array() }],
    ['client data that is no JSON', { clientDataBytes: Buffer.from('x') }],
    ['bytes that follow', { trailing: Buffer.alloc(8) }],
  ])('WK-62: a passkey made by %s is 400', async (_, lies, origin = ORIGIN) => {
    const session = await door.signInAnonymously()
    const options = readCreation(await door.beginRegistration(session))
    const attestation = createAuthenticator().create(options, origin, lies)
    expect(refusalOf(await door.finishRegistration(session, attestation))).toBe(REFUSED)
    expect(claimsOf(await door.refreshed(session))['has_passkey_credentials']).toBe(false)
  })

  it.each<[string, AssertionLies, string?]>([
    ['another page', {}, 'https://evil.example'],
    ['a page without TLS', {}, 'http://app.example.test'],
    ['a page that says another origin', { clientData: { origin: 'https://evil.example' } }],
    ['a page in a frame', { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } }],
    ['a registration', { clientData: { type: 'webauthn.create' } }],
    ['another challenge', { clientData: { challenge: Buffer.alloc(32).toString('base64url') } }],
    ['another RP', { rpId: 'evil.example' }],
    ['nobody present', { isUserPresent: false }],
    ['another credential’s id', { credentialId: Buffer.alloc(20, 1) }],
    ['another user’s handle', { userHandle: Buffer.alloc(32, 1) }],
    ['no signature', { signature: new Uint8Array() }],
    ['a zero signature', { signature: Buffer.alloc(70) }],
    ['bytes that follow', { trailing: Buffer.alloc(8) }],
  ])('WK-62: a passkey shown by %s is 400, and not 401', async (_, lies, origin = ORIGIN) => {
    const authenticator = await door.addPasskey(await door.signInAnonymously())
    const options = readRequest(await door.bare('/users/login-with-discoverable-passkey'))
    const [passkey] = authenticator.passkeys
    expect(refusalOf(await door.showPasskey(authenticator.get(options, origin, lies, passkey)))).toBe(REFUSED)
    // It spent nothing but itself.
    readSession(await door.showPasskey(await door.assert(authenticator)))
  })

  it('WK-62: a second allowed origin’s page makes and uses passkeys of its own host', async () => {
    const session = await door.signInAnonymously()
    const authenticator = await door.addPasskey(session, createAuthenticator(), 'https://two.example.test')
    const shown = await door.assert(authenticator, 'https://two.example.test')
    expect(readSession(await door.showPasskey(shown)).user_id).toBe(session.user_id)
    // The first page’s host is another RP.
    const crossed = authenticator.get(
      readRequest(await door.bare('/users/login-with-discoverable-passkey')),
      ORIGIN,
      { rpId: 'app.example.test' },
      authenticator.passkeys[0],
    )
    expect(refusalOf(await door.showPasskey(crossed))).toBe(REFUSED)
  })

  it('WK-62: an assertion signs in once', async () => {
    for (const counts of [true, false]) {
      const authenticator = await door.addPasskey(await door.signInAnonymously(), createAuthenticator({ counts }))
      const assertion = await door.assert(authenticator)
      readSession(await door.showPasskey(assertion))
      expect(refusalOf(await door.showPasskey(assertion))).toBe(REFUSED)
      const racing = await door.assert(authenticator)
      const answers = await Promise.all(Array.from({ length: 10 }, () => door.showPasskey(racing)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    }
  })

  it('WK-62: a counter that goes back is 400', async () => {
    const authenticator = await door.addPasskey(await door.signInAnonymously(), createAuthenticator({ counts: true }))
    await door.signInByPasskey(authenticator)
    await door.signInByPasskey(authenticator)
    for (const signCount of [1, 2, 0]) {
      const options = readRequest(await door.bare('/users/login-with-discoverable-passkey'))
      const cloned = authenticator.get(options, ORIGIN, { signCount }, authenticator.passkeys[0])
      expect(`${signCount} ${refusalOf(await door.showPasskey(cloned))}`).toBe(`${signCount} ${REFUSED}`)
    }
  })

  it('WK-62: one changed byte anywhere is 400', async () => {
    const authenticator = await door.addPasskey(await door.signInAnonymously())
    for (const member of ['clientDataJSON', 'authenticatorData', 'signature']) {
      const assertion = await door.assert(authenticator)
      const bytes = Buffer.from(String(assertion.response[member]), 'base64url')
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
      const response = { ...assertion.response, [member]: bytes.toString('base64url') }
      expect(refusalOf(await door.showPasskey({ ...assertion, response }))).toBe(REFUSED)
    }
  })

  it('WK-36: a passkey, and a challenge, of another project are unknown here', async () => {
    const authenticator = await door.addPasskey(await door.signInAnonymously())
    expect(refusalOf(await other.showPasskey(await other.assert(authenticator)))).toBe(REFUSED)
    expect(refusalOf(await other.showPasskey(await door.assert(authenticator)))).toBe(REFUSED)
    const attestation = createAuthenticator().create(
      readCreation(await door.beginRegistration(await door.signInAnonymously())),
      ORIGIN,
    )
    expect(refusalOf(await other.finishRegistration(await other.signInAnonymously(), attestation))).toBe(REFUSED)
  })

  it('WK-62: a challenge of a login makes no passkey, and the other way round', async () => {
    const session = await door.signInAnonymously()
    const authenticator = await door.addPasskey(session)
    const { challenge } = readRequest(await door.bare('/users/login-with-discoverable-passkey'))
    const options = readCreation(await door.beginRegistration(session))
    const made = createAuthenticator().create({ ...options, challenge }, ORIGIN)
    expect(refusalOf(await door.finishRegistration(session, made))).toBe(REFUSED)
    const shown = authenticator.get({ challenge: options.challenge }, ORIGIN)
    expect(refusalOf(await door.showPasskey(shown))).toBe(REFUSED)
  })

  it.each<unknown>([
    '',
    'x',
    0,
    1,
    true,
    [],
    {},
    [[]],
    { id: 'x' },
    { response: null },
    { response: {} },
    { type: 'public-key' },
  ])('WK-62: %j is no passkey', async (value) => {
    const session = await door.signInAnonymously()
    expect((await door.finishRegistration(session, value)).status).toBe(400)
    expect((await door.showPasskey(value)).status).toBe(400)
  })

  it('WK-61: login-with-passkey answers alike for a known, an unknown and a malformed account, and for none', async () => {
    const email = newEmail()
    const signer = ethereumSigner()
    await door.addPasskey(await door.signInByEmail(email))
    await door.addPasskey(await door.signInByWallet(signer))
    const noPasskey = newEmail()
    await door.signInByEmail(noPasskey)
    const shapes = new Map<string, unknown>()
    for (const body of [
      { email },
      { email: ` ${email.toUpperCase()}` },
      { email: noPasskey },
      { email: newEmail() },
      { email: 'no address' },
      { email: '' },
      { sign_in_wallet: signer.address },
      { sign_in_wallet: ethereumSigner().address },
      { sign_in_wallet: 'no wallet' },
      { email, sign_in_wallet: signer.address },
      { email: newEmail(), sign_in_wallet: signer.address },
      { email: null, sign_in_wallet: null },
      {},
    ] as readonly Body[]) {
      const answer = await door.post('/users/login-with-passkey', body)
      const { challenge, ...rest } = readRequest(answer)
      const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id')
      shapes.set(JSON.stringify([answer.status, headers, rest, challenge.length, answer.text.length]), body)
    }
    // To the byte, but for the challenge and the request's id.
    expect([...shapes.values()]).toHaveLength(1)
  })

  it('WK-61: a login that named an account takes that account’s passkeys alone', async () => {
    const [email, stranger] = [newEmail(), newEmail()]
    const mine = await door.signInByEmail(email)
    const authenticator = await door.addPasskey(mine)
    await door.signInByEmail(stranger)
    const assertFor = async (body: Body) =>
      authenticator.get(readRequest(await door.post('/users/login-with-passkey', body)), ORIGIN)
    expect(readSession(await door.showPasskey(await assertFor({ email }))).user_id).toBe(mine.user_id)
    expect(readSession(await door.showPasskey(await assertFor({}))).user_id).toBe(mine.user_id)
    for (const body of [{ email: stranger }, { email: newEmail() }, { email: 'x' }, { sign_in_wallet: 'x' }]) {
      expect(refusalOf(await door.showPasskey(await assertFor(body)))).toBe(REFUSED)
    }
  })

  it('WK-12: refusals of passkeys look alike, whatever was wrong', async () => {
    const session = await door.signInAnonymously()
    const authenticator = await door.addPasskey(session)
    const texts = new Set<string>()
    for (const lies of [
      { clientData: { origin: 'https://evil.example' } },
      { credentialId: Buffer.alloc(20, 9) },
      { signature: Buffer.alloc(70) },
      { userHandle: Buffer.alloc(32, 1) },
    ]) {
      const options = readRequest(await door.bare('/users/login-with-discoverable-passkey'))
      texts.add((await door.showPasskey(authenticator.get(options, ORIGIN, lies, authenticator.passkeys[0]))).text)
    }
    expect(texts.size).toBe(1)
  })

  it('WK-11: making a passkey needs a live session, at its end too', async () => {
    const session = await door.signInAnonymously()
    const attestation = createAuthenticator().create(readCreation(await door.beginRegistration(session)), ORIGIN)
    const answer = await door.post('/users/passkey/finish-registration', attestation)
    expect(refusalOf(answer)).toBe('401 unauthorized')
    await door.logout(session)
    expect(refusalOf(await door.finishRegistration(session, attestation))).toBe('401 unauthorized')
    expect(bearer(session).authorization).toContain('Bearer ')
  })

  it('WK-60: a session whose wallet or address was taken away, or suspended, makes no passkey', async () => {
    const { core } = door.gateway
    const { id: projectId } = door.project
    const takeAway = async (kind: 'wallet' | 'email' | 'passkey', { user_id }: { user_id: string }) => {
      const own = (await core.users.listCredentials(projectId, user_id)).find((each) => each.kind === kind)
      await core.users.deleteCredential(projectId, kind, own?.id ?? '')
    }
    const signer = ethereumSigner()
    const anonymous = await door.signInAnonymously()
    const ways = [
      ['401 unauthorized', await door.signInByWallet(), (session: { user_id: string }) => takeAway('wallet', session)],
      ['401 unauthorized', await door.signInByEmail(), (session: { user_id: string }) => takeAway('email', session)],
      [
        '401 unauthorized',
        await door.signInByPasskey(await door.addPasskey(anonymous)),
        (session: { user_id: string }) => takeAway('passkey', session),
      ],
      [
        '403 wallet_not_active',
        await door.signInByWallet(signer),
        () => {
          const access = { role: 'user', scopes: [], status: 'suspended' }
          return core.grantWalletAccess(projectId, core.parseAccount('eip155', signer.address), access)
        },
      ],
    ] as const
    for (const [refusal, session, end] of ways) {
      const attestation = createAuthenticator().create(readCreation(await door.beginRegistration(session)), ORIGIN)
      await end(session)
      expect(refusalOf(await door.beginRegistration(session))).toBe(refusal)
      expect(refusalOf(await door.finishRegistration(session, attestation))).toBe(refusal)
      const left = await core.users.listCredentials(projectId, session.user_id)
      expect(left.filter(({ kind }) => kind === 'passkey')).toEqual([])
    }
  })

  it('WK-60: how many passkeys a user has is bounded', async () => {
    const session = await door.signInAnonymously()
    const authenticator = createAuthenticator()
    let refused = ''
    for (let count = 0; count < 200 && refused === ''; count += 1) {
      const begun = await door.beginRegistration(session)
      if (begun.status !== 200) refused = refusalOf(begun)
      else {
        const finished = await door.finishRegistration(session, authenticator.create(readCreation(begun), ORIGIN))
        if (finished.status !== 204) refused = refusalOf(finished)
      }
    }
    expect(refused).toBe('400 too_many_passkeys')
  })
})
