import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthenticator } from '../../support/authenticator.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { codeIn, linkIn } from '../../support/mail.ts'
import { ORIGIN } from '../../support/origin.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { AndroidClient } from './android-client.ts'
import { type ListeningDoor, listenDoor, newEmail, PROJECT_HEADER } from './door.ts'
import { encodeSwift, IosClient } from './ios-client.ts'
import { DecodingError, decodeModel, StatusError, sessionRules, text } from './mobile.ts'

const HOUR_MS = 3_600_000

it('the stand-in for Swift writes what Swift’s encoder writes', () => {
  const written = encodeSwift({ url: 'https://a/b', quote: '"x": \n', gone: null, deep: { list: ['/'] } })
  expect(written).toBe(
    '{\n  "url" : "https:\\/\\/a\\/b",\n  "quote" : "\\"x\\": \\n",\n  "deep" : {\n    "list" : [\n      "\\/"\n    ]\n  }\n}',
  )
  expect(JSON.parse(written)).toEqual({ url: 'https://a/b', quote: '"x": \n', deep: { list: ['/'] } })
})

it('the stand-ins refuse what the SDKs cannot decode', () => {
  expect(() => decodeModel('', { id: text })).toThrow(DecodingError)
  expect(() => decodeModel('{"id":null}', { id: text })).toThrow(DecodingError)
  expect(() => decodeModel('{"id":1}', { id: text })).toThrow(DecodingError)
  expect(() =>
    decodeModel(
      '{}',
      sessionRules(() => new Date()),
    ),
  ).toThrow(DecodingError)
})

describe.each(STORES)('clients like the vendor’s mobile SDKs against a listening server on %s', (store) => {
  const stores = openStoresForTests(store)
  let server: ListeningDoor
  /** How far the clients' clocks, and the server's, are ahead. */
  let aheadMs = 0
  beforeAll(async () => {
    server = await listenDoor(store, stores)
  })
  afterAll(async () => {
    await server.close()
    await stores.close()
  })

  const now = () => Date.now() + aheadMs
  const advance = (milliseconds: number) => {
    aheadMs += milliseconds
    server.door.clock.set(new Date(now()))
  }
  const ios = () => new IosClient({ basePath: server.url, projectId: server.door.projectId, now })
  const android = () => new AndroidClient({ baseUrl: server.url, projectId: server.door.projectId, now })
  const codeTo = async (email: string) => codeIn((await server.door.mailsTo(email)).at(-1)?.text ?? '')
  const pathsOf = ({ sent }: IosClient | AndroidClient, from = 0) =>
    sent.slice(from).map(({ path, status }) => `${path} ${status}`)

  describe('iOS', () => {
    const signedIn = async () => {
      const client = ios()
      const email = newEmail()
      const { user_id } = await client.loginWithEmail(email)
      await client.verifyLogin({ user_id, verification_code: await codeTo(email), siwe_message: null })
      return { client, email, user_id }
    }

    it('WK-02: signs in by e-mail: every date and string decodes', async () => {
      const { client, user_id } = await signedIn()
      expect(client.session).toMatchObject({ user_id, project_id: server.door.projectId })
    })

    it('WK-07: its pretty-printed bodies with escaped slashes are read as they were meant', async () => {
      const client = ios()
      const signer = ethereumSigner()
      const { nonce, user_id } = await client.loginWithWallet(signer.address)
      const message = server.door.signInText(signer, nonce, { uri: `${ORIGIN}/a/b/c` })
      const session = await client.verifyLogin({ siwe_message: message, signature: await signer.sign(message) })
      expect(session.user_id).toBe(user_id)
      expect(client.sent.at(-1)?.body).toContain('https:\\/\\/app.example.test\\/a\\/b\\/c')
    })

    it('WK-25: its cache keeps no challenge: polling sees it change', async () => {
      const client = ios()
      const email = newEmail()
      const { code } = await client.loginWithMagicLink(email)
      expect((await client.getSessionChallenge(code)).completed).toBe(false)
      await server.door.confirm(linkIn((await server.door.mailsTo(email)).at(-1)?.text ?? ''))
      expect((await client.getSessionChallenge(code)).completed).toBe(true)
      await client.verifyLogin({ session_challenge_code: code })
      expect(client.sent.filter(({ method }) => method === 'GET')).toHaveLength(2)
    })

    it('WK-08: its POSTs without a body and without a content type are taken', async () => {
      const client = ios()
      await client.loginAnonymously()
      await client.createSessionChallenge()
      await client.loginWithDiscoverablePasskey()
      for (const { body, headers } of client.sent) expect([body, headers.get('content-type')]).toEqual([null, null])
    })

    it('WK-23: an access token of half a day is not refreshed before each call', async () => {
      const { client } = await signedIn()
      const from = client.sent.length
      for (let call = 0; call < 3; call += 1) await client.beginPasskeyRegistration()
      expect(pathsOf(client, from)).toEqual(Array.from({ length: 3 }, () => '/users/passkey/begin-registration 200'))
    })

    it('WK-21: refreshes when five minutes are left, in parallel without a lock', async () => {
      const { client } = await signedIn()
      advance(12 * HOUR_MS - 4 * 60_000)
      const from = client.sent.length
      await Promise.all([1, 2, 3].map(() => client.beginPasskeyRegistration()))
      const paths = pathsOf(client, from)
      expect(paths.filter((path) => path === '/users/refresh-token 200')).toHaveLength(3)
      expect(paths.filter((path) => path === '/users/passkey/begin-registration 200')).toHaveLength(3)
      await client.beginPasskeyRegistration()
    })

    it('WK-39: a refresh by hand is not stored, and the old token still refreshes within a minute', async () => {
      const { client } = await signedIn()
      const { session } = client
      if (session === null) throw new Error('no session')
      const byHand = await client.refreshToken(session.id, session.refresh_token)
      expect(client.session).toBe(session)
      advance(59_000)
      expect((await client.refreshToken(session.id, session.refresh_token)).id).toBe(byHand.id)
      advance(2_000)
      await expect(client.refreshToken(session.id, session.refresh_token)).rejects.toMatchObject({ status: 401 })
      // A late repeat ends nothing.
      await client.refreshToken(byHand.id, byHand.refresh_token)
    })

    it('WK-11: logout and finish-registration carry no bearer: 401, and the app is signed out all the same', async () => {
      const { client } = await signedIn()
      const options = (await client.beginPasskeyRegistration()) as { publicKey: never }
      const attestation = createAuthenticator().create(options.publicKey, ORIGIN)
      await expect(client.finishPasskeyRegistration({ ...attestation })).rejects.toMatchObject({ status: 401 })
      expect(client.sent.at(-1)?.headers.get('authorization')).toBeNull()
      expect(await client.logout()).toBe(401)
      expect(client.session).toBeNull()
      expect(client.sent.at(-1)?.headers.get(PROJECT_HEADER)).toBe(server.door.projectId)
    })

    it('WK-20: signs in with a passkey', async () => {
      const session = await server.door.signInAnonymously()
      const authenticator = await server.door.addPasskey(session)
      const client = ios()
      for (const options of [await client.loginWithDiscoverablePasskey(), await client.loginWithPasskey({})]) {
        const assertion = authenticator.get((options as { publicKey: never }).publicKey, ORIGIN)
        const again = await client.verifyLogin({ passkey_credential_assertion_response: assertion })
        expect(again.user_id).toBe(session.user_id)
      }
    })

    it('WK-12: a wrong code is a 400 that leaves the session as it was', async () => {
      const { client } = await signedIn()
      const before = client.session
      await expect(client.verifyLogin({ user_id: 'x', verification_code: '123456' })).rejects.toBeInstanceOf(
        StatusError,
      )
      expect(client.session).toBe(before)
    })
  })

  describe('Android', () => {
    const signedIn = async () => {
      const client = android()
      const email = newEmail()
      const { user_id } = await client.loginWithEmail(email)
      await client.verifyEmail(user_id, await codeTo(email))
      return { client, email, user_id }
    }

    it('WK-02: signs in by e-mail: every required field is there, and dates have their offset', async () => {
      const { client, user_id } = await signedIn()
      expect(client.session?.user_id).toBe(user_id)
      expect(client.isLoggedIn()).toBe(true)
    })

    it('WK-08: its POSTs of nothing under application/json are taken', async () => {
      const client = android()
      await client.loginAnonymously()
      await client.users.createSessionChallenge()
      await client.users.loginWithDiscoverablePasskey()
      await client.users.beginPasskeyRegistration()
      for (const { body, headers } of client.sent) {
        expect([body, headers.get('content-type')]).toEqual(['', 'application/json'])
      }
      await client.users.logout()
      expect(client.sent.at(-1)?.status).toBe(204)
    })

    it('WK-10: calls public endpoints with its bearer, expired or not', async () => {
      const { client, email } = await signedIn()
      const signer = ethereumSigner()
      const { nonce, user_id } = await client.users.loginWithWallet(signer.address)
      const message = server.door.signInText(signer, nonce)
      const body = { siwe_message: message, signature: await signer.sign(message), user_id, verification_code: null }
      expect((await client.users.verifyLogin(body)).user_id).toBe(user_id)
      const { code } = await client.users.loginWithMagicLink(email)
      expect((await client.users.getSessionChallenge(code)).completed).toBe(false)
    })

    it('WK-21: parallel calls refresh in parallel, and the last one stored works', async () => {
      const { client } = await signedIn()
      advance(12 * HOUR_MS + 1_000)
      expect(client.isLoggedIn()).toBe(false)
      const from = client.sent.length
      await Promise.all([1, 2, 3, 4].map(() => client.users.beginPasskeyRegistration()))
      expect(pathsOf(client, from).filter((path) => path === '/users/refresh-token 200')).toHaveLength(4)
      expect(pathsOf(client, from).filter((path) => path.endsWith(' 401'))).toEqual([])
      advance(61_000)
      await client.users.beginPasskeyRegistration()
      advance(12 * HOUR_MS + 1_000)
      await client.users.beginPasskeyRegistration()
    })

    it('WK-11: after a 401 it refreshes and tries once more', async () => {
      const { client } = await signedIn()
      const { session } = client
      if (session === null) throw new Error('no session')
      client.session = { ...session, access_token: 'stale.stale.stale' }
      const from = client.sent.length
      await client.users.beginPasskeyRegistration()
      expect(pathsOf(client, from)).toEqual([
        '/users/passkey/begin-registration 401',
        '/users/refresh-token 200',
        '/users/passkey/begin-registration 200',
      ])
    })

    it('WK-11: of an ended session it learns so after one refresh, without a loop', async () => {
      const { client } = await signedIn()
      await server.door.logout({ access_token: String(client.session?.access_token) })
      const from = client.sent.length
      await expect(client.users.beginPasskeyRegistration()).rejects.toMatchObject({ status: 401 })
      expect(pathsOf(client, from)).toEqual(['/users/passkey/begin-registration 401', '/users/refresh-token 401'])
    })

    it('WK-12: a wrong code, nonce or assertion is sent once: no 401, so no second attempt is burnt', async () => {
      const { client } = await signedIn()
      const email = newEmail()
      const { user_id } = await android().loginWithEmail(email)
      const code = await codeTo(email)
      const from = client.sent.length
      const wrong = code === '000000' ? '000001' : '000000'
      for (const body of [
        { user_id, verification_code: wrong },
        { siwe_message: 'x', signature: 'y' },
        { session_challenge_code: 'x' },
        { passkey_credential_assertion_response: {} },
      ]) {
        await expect(client.users.verifyLogin(body)).rejects.toMatchObject({ status: 400 })
      }
      expect(client.sent.length - from).toBe(4)
      expect((await client.users.verifyLogin({ user_id, verification_code: code })).user_id).toBe(user_id)
    })

    it('WK-20: makes a passkey, with its bearer', async () => {
      const { client, user_id } = await signedIn()
      const authenticator = createAuthenticator()
      const options = (await client.users.beginPasskeyRegistration()) as { publicKey: never }
      await client.users.finishPasskeyRegistration({ ...authenticator.create(options.publicKey, ORIGIN) })
      const request = (await client.users.loginWithDiscoverablePasskey()) as { publicKey: never }
      const assertion = authenticator.get(request.publicKey, ORIGIN)
      const again = await client.users.verifyLogin({ passkey_credential_assertion_response: assertion })
      expect(again.user_id).toBe(user_id)
    })

    it('WK-04: its getErrorResponse finds `error` in every refusal', async () => {
      const client = android()
      for (const attempt of [
        () => client.loginWithEmail('x'),
        () => client.verifyEmail('x', '123456'),
        () => client.refreshToken('x', 'y'),
        () => new AndroidClient({ baseUrl: server.url, projectId: 'unknown', now }).loginAnonymously(),
      ]) {
        const error = await attempt().then(
          () => null,
          (reason: unknown) => reason,
        )
        expect(error).toBeInstanceOf(StatusError)
        expect(decodeModel((error as StatusError).body, { error: text }).error.length).toBeGreaterThan(0)
      }
    })
  })
})
