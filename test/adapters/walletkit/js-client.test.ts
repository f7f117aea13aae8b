import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { SiweMessage } from 'siwe'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Listening, listen } from '../../../src/http/listen.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { codeIn, linkIn } from '../../support/mail.ts'
import { ORIGIN } from '../../support/origin.ts'
import { freePort } from '../../support/redis-server.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type Body, decodeJwt, type ListeningDoor, listenDoor, newEmail, walletKitProject } from './door.ts'
import { BrowserStorage, loadPage, openPage, requireOk, WALLETKIT_JS } from './js-client.ts'
import { OWN_PAGE, PageVisitor } from './page.ts'

const KEYS = ['wk-access-token', 'wk-refresh-token', 'wk-session-id']
const HOUR_MS = 3_600_000

it('WK-28: the package under test is the published 0.0.107', () => {
  expect(JSON.parse(readFileSync(`${WALLETKIT_JS}package.json`, 'utf8'))).toMatchObject({ version: '0.0.107' })
})

describe.each(STORES)('unmodified walletkit-js in Node against a listening server on %s', (store) => {
  const stores = openStoresForTests(store)
  let server: ListeningDoor
  beforeAll(async () => {
    server = await listenDoor(store, stores)
  })
  afterAll(async () => {
    await server.close()
    await stores.close()
  })

  const open = (storage?: BrowserStorage) => openPage(server.url, server.door.projectId, storage)
  const codeTo = async (email: string, count = 1) =>
    codeIn((await server.door.mailsTo(email, count)).at(-1)?.text ?? '')
  const linkTo = async (email: string) => linkIn((await server.door.mailsTo(email)).at(-1)?.text ?? '')
  /** Paths answered since, from the server's own log. */
  function watch() {
    const from = server.door.logs.length
    return () => server.door.logs.slice(from).map(({ path, status }) => `${path} ${status}`)
  }
  const signInByEmail = async (page = open(), email = newEmail()) => {
    const { userId } = requireOk(await page.client.users.loginWithEmail({ email }))
    const session = requireOk(await page.client.users.verifyLogin({ userId, verificationCode: await codeTo(email) }))
    return { ...page, email, userId, session }
  }

  it('WK-28: signs in by e-mail, and keeps the session where a browser would', async () => {
    const { client, store: storage, session, userId, email } = await signInByEmail()
    expect(session.userId).toBe(userId)
    expect(session.projectId).toBe(server.door.projectId)
    for (const date of [session.createdAt, session.accessTokenExpiresAt, session.refreshTokenExpiresAt]) {
      expect(date).toBeInstanceOf(Date)
      expect(Number.isNaN(date.getTime())).toBe(false)
    }
    expect(storage.names).toEqual(KEYS)
    expect(await client.isAuthenticated()).toBe(true)
    expect(await client.token()).toBe(session.accessToken)
    expect(decodeJwt(session.accessToken).claims).toMatchObject({ email, has_passkey_credentials: false })
    expect(requireOk(await client.wallets.list())).toEqual([])
  })

  it('WK-28: signs in by magic link, polling as Link does', async () => {
    const { client, store: storage } = open()
    const email = newEmail()
    const challenge = requireOk(await client.users.loginWithMagicLink({ email }))
    expect([challenge.expired, challenge.completed]).toEqual([false, false])
    const poll = async () => requireOk(await client.users.getSessionChallenge({ code: challenge.code }))
    expect(await poll()).toEqual(challenge)
    const early = await client.users.verifyLogin({ sessionChallengeCode: challenge.code })
    expect(early).toMatchObject({
      ok: false,
      error: { statusCode: 400, content: { code: 'session_challenge_pending' } },
    })

    const visitor = new PageVisitor({ request: (path, init) => fetch(`${server.url}${path}`, init) })
    const link = await linkTo(email)
    // `fetch` says of itself that it is no navigation; a browser would not.
    const page = await visitor.visit(link)
    expect((await visitor.press(link, page, { origin: OWN_PAGE.origin, 'sec-fetch-site': 'same-origin' })).status).toBe(
      200,
    )

    expect(await poll()).toEqual({ ...challenge, completed: true })
    // The timer does not wait for its callback.
    const answers = await Promise.all(
      [1, 2, 3].map(() => client.users.verifyLogin({ sessionChallengeCode: challenge.code })),
    )
    const sessions = answers.map(requireOk)
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(1)
    expect(storage.names).toEqual(KEYS)
    expect(requireOk(await client.wallets.list())).toEqual([])
    expect(await poll()).toEqual({ ...challenge, completed: true })
  })

  it('WK-28: signs in anonymously', async () => {
    const { client, store: storage } = open()
    const session = requireOk(await client.users.loginAnonymously())
    expect(storage.names).toEqual(KEYS)
    expect(storage.get('wk-session-id')).toBe(session.id)
    expect(await client.isAuthenticated()).toBe(true)
  })

  it('WK-28: signs in with a wallet', async () => {
    const { client } = open()
    const wallet = newEthereumWallet()
    const { userId, nonce } = requireOk(await client.users.loginWithWallet({ signInWallet: wallet.address }))
    const siweMessage = new SiweMessage({
      domain: new URL(ORIGIN).host,
      address: wallet.address,
      uri: ORIGIN,
      version: '1',
      chainId: 1,
      nonce,
    }).prepareMessage()
    const signature = await wallet.signMessage(siweMessage)
    for (const more of [{ userId }, {}, { userId: undefined }]) {
      const answer = await client.users.verifyLogin({ siweMessage, signature, ...more } as never)
      if (more.userId === userId) expect(requireOk(answer).userId).toBe(userId)
      else expect(answer).toMatchObject({ ok: false, error: { statusCode: 400 } })
    }
    expect(requireOk(await client.wallets.list())).toMatchObject([{ address: wallet.address, ownerId: userId }])
  })

  it('WK-28: makes a passkey and signs in with it', async () => {
    const { client, session, store: storage } = await signInByEmail()
    const authenticator = createAuthenticator()
    const creation = requireOk(await client.users.beginPasskeyRegistration()) as { publicKey: never }
    const attestation = authenticator.create(creation.publicKey, ORIGIN)
    expect(requireOk(await client.users.finishPasskeyRegistration(attestation))).toBeUndefined()
    const refreshed = requireOk(
      await client.users.refreshToken({ sessionId: session.id, refreshToken: String(storage.get('wk-refresh-token')) }),
    )
    expect(decodeJwt(refreshed.accessToken).claims['has_passkey_credentials']).toBe(true)
    for (const begin of [
      () => client.users.loginWithDiscoverablePasskey(),
      () => client.users.loginWithPasskey(),
      () => client.users.loginWithPasskey({ email: undefined, signInWallet: undefined } as never),
    ]) {
      const request = requireOk(await begin()) as { publicKey: never }
      const assertion = authenticator.get(request.publicKey, ORIGIN)
      const again = requireOk(await client.users.verifyLogin({ passkeyCredentialAssertionResponse: assertion }))
      expect(again.userId).toBe(session.userId)
    }
  })

  it('WK-28: refreshes by itself when the access token has run out, once for many calls', async () => {
    const { client, store: storage, session } = await signInByEmail()
    storage.aheadMs = 13 * HOUR_MS
    const answered = watch()
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.wallets.list()))
    for (const answer of answers) expect(requireOk(answer)).toEqual([])
    expect(answered().filter((line) => line.startsWith('/users/refresh-token'))).toEqual(['/users/refresh-token 200'])
    expect(storage.get('wk-session-id')).toBe(session.id)
  })

  it('WK-28: an explicit refresh while the token has lapsed sends one token twice, and both are answered', async () => {
    const { client, store: storage, session } = await signInByEmail()
    storage.aheadMs = 13 * HOUR_MS
    const answered = watch()
    const body = { sessionId: session.id, refreshToken: String(storage.get('wk-refresh-token')) }
    const refreshed = requireOk(await client.users.refreshToken(body))
    expect(refreshed.id).toBe(session.id)
    expect(answered()).toEqual(['/users/refresh-token 200', '/users/refresh-token 200'])
    storage.aheadMs = 0
    expect(requireOk(await client.wallets.list())).toEqual([])
  })

  it('WK-28: two tabs that share a store refresh at once, and both go on', async () => {
    const { store: storage } = await signInByEmail()
    const [one, two] = [open(storage), open(storage)]
    storage.aheadMs = 13 * HOUR_MS
    const answered = watch()
    const answers = await Promise.all([one.client.wallets.list(), two.client.wallets.list()])
    for (const answer of answers) expect(requireOk(answer)).toEqual([])
    expect(answered().filter((line) => line === '/users/refresh-token 200')).toHaveLength(2)
    // Whichever was stored last is as good as the other.
    storage.aheadMs = 0
    expect(requireOk(await open(storage).client.wallets.list())).toEqual([])
  })

  it('WK-28: after a refresh that was refused calls fail, and none hangs', async () => {
    const { client, store: storage } = await signInByEmail()
    storage.set('wk-refresh-token', 'rfr_none', new Date(Date.now() + 1_000 * HOUR_MS))
    storage.aheadMs = 13 * HOUR_MS
    await expect(client.isAuthenticated()).rejects.toThrow(/refresh_token_invalid/)
    await expect(client.wallets.list()).rejects.toThrow(/Failed to refresh token/)
  })

  it('WK-28: logs out: the store is empty, and the session over', async () => {
    const { client, store: storage, session } = await signInByEmail()
    const answered = watch()
    expect(await client.users.logout()).toEqual({ ok: true, body: undefined })
    expect(answered()).toEqual(['/users/logout 204'])
    expect(storage.names).toEqual([])
    expect(await client.isAuthenticated()).toBe(false)
    const late = await client.users.refreshToken({ sessionId: session.id, refreshToken: session.refreshToken })
    expect(late).toMatchObject({ ok: false, error: { statusCode: 401, content: { code: 'refresh_token_invalid' } } })
    // Once more, with nothing to log out of: 401, and the store stays empty.
    expect(await client.users.logout()).toEqual({ ok: true, body: undefined })
    expect(storage.names).toEqual([])
  })

  it('WK-28: logging out clears the store also when the session has ended elsewhere', async () => {
    const { client, store: storage, session } = await signInByEmail()
    const { client: elsewhere } = open(Object.assign(new BrowserStorage(), {}))
    await server.door.logout({ access_token: session.accessToken })
    expect(await elsewhere.isAuthenticated()).toBe(false)
    await client.users.logout()
    expect(storage.names).toEqual([])
  })

  it('WK-10: public calls work with a stale bearer, which the client sends along', async () => {
    const storage = new BrowserStorage()
    storage.set('wk-access-token', 'stale.stale.stale', new Date(Date.now() + HOUR_MS))
    const { client } = open(storage)
    requireOk(await client.users.loginWithEmail({ email: newEmail() }))
    requireOk(await client.users.createSessionChallenge())
    requireOk(await client.users.loginAnonymously())
  })

  it('WK-04: every kind of refusal arrives as an error of its status, and none as an exception', async () => {
    const { client } = open()
    const [expired, foreign] = [new BrowserStorage(), open()]
    expired.set('wk-access-token', 'x.y.z', new Date(Date.now() + HOUR_MS))
    const { client: stale } = open(expired)
    const { client: unknown } = openPage(server.url, 'unknown')
    expect(await foreign.client.isAuthenticated()).toBe(false)
    const refusals: readonly (readonly [() => Promise<unknown>, number | undefined])[] = [
      [() => client.users.loginWithEmail({ email: 'x' }), 400],
      [() => client.users.verifyLogin({}), 400],
      [() => client.users.verifyLogin({ userId: 'x', verificationCode: '123456' }), 400],
      [() => client.users.verifyLogin({ siweMessage: 'x', signature: 'y' }), 400],
      [() => client.users.verifyLogin({ sessionChallengeCode: 'x' }), 400],
      [() => client.users.verifyLogin({ passkeyCredentialAssertionResponse: {} }), 400],
      [() => client.users.getSessionChallenge({ code: 'x' }), 400],
      [() => client.users.refreshToken({ sessionId: 'x', refreshToken: 'y' }), 401],
      [() => client.users.beginPasskeyRegistration(), 401],
      [() => stale.users.beginPasskeyRegistration(), 401],
      [() => stale.users.finishPasskeyRegistration({}), 401],
      [() => stale.wallets.list(), 401],
      [() => unknown.users.loginAnonymously(), 403],
      // What the client knows no status of is told in its content.
      [() => client.wallets.create({ network: 'Ethereum', name: 'x', controlMode: 'developer' } as never), undefined],
    ]
    for (const [attempt, statusCode] of refusals) {
      const answer = (await attempt()) as { ok: boolean; error: { statusCode?: number; content: Body } }
      expect([attempt.toString(), answer.ok, answer.error.statusCode]).toEqual([attempt.toString(), false, statusCode])
      if (statusCode !== undefined)
        expect(answer.error.content).toMatchObject({ error: expect.any(String), code: expect.any(String) })
      else expect(answer.error.content).toMatchObject({ statusCode: 404, body: { code: 'not_found' } })
    }
  })

  it('WK-28: base URLs with a trailing slash work, and so does a supplier', async () => {
    for (const environment of [`${server.url}/`, server.url]) {
      requireOk(await openPage(environment, server.door.projectId).client.users.loginAnonymously())
    }
    const { WalletKitClient, createWalletKitClient } = loadPage()
    const supplied = new WalletKitClient({ environment: () => server.url, projectId: () => server.door.projectId })
    requireOk(await supplied.users.loginAnonymously())
    const storage = new BrowserStorage()
    const helped = createWalletKitClient(storage, { environment: server.url, projectId: server.door.projectId })
    requireOk(await helped.users.loginAnonymously())
    expect(storage.names).toEqual(KEYS)
  })

  it('WK-28: the server-side helper, which cannot write its store, reads a session that a page has stored', async () => {
    const { store: storage } = await signInByEmail()
    const cookies = {
      get: (name: string) => {
        const value = storage.get(name)
        return value === undefined ? undefined : { name, value }
      },
      set: () => {},
      delete: () => {},
    }
    const { createWalletKitServerClient } = loadPage()
    const client = createWalletKitServerClient(cookies, { environment: server.url, projectId: server.door.projectId })
    expect(requireOk(await client.wallets.list())).toEqual([])
  })

  it('WK-08: its bodyless POSTs are the ones that were meant', async () => {
    const sent: string[] = []
    const spy: Listening = await listen(
      (request: Request) => {
        sent.push(`${request.headers.get('content-type')} ${request.headers.get('x-fern-sdk-version')}`)
        return server.door.gateway.app.fetch(request)
      },
      { host: '127.0.0.1', port: 0 },
    )
    onTestFinished(async () => void (await spy.drain(1_000)))
    const { client } = openPage(`http://127.0.0.1:${spy.port}`, server.door.projectId)
    requireOk(await client.users.loginAnonymously())
    requireOk(await client.users.createSessionChallenge())
    requireOk(await client.users.beginPasskeyRegistration())
    await client.users.logout()
    expect(sent).toEqual(Array.from({ length: 4 }, () => 'application/x-www-form-urlencoded 0.0.107'))
  })
})

describe.each(STORES)('walletkit-js and a mail server that does not answer, on %s', (store) => {
  it('WK-27: no answer waits for it', async () => {
    const stores = openStoresForTests(store)
    // It takes connections and says nothing, or is not there at all.
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const ports = [typeof address === 'object' && address !== null ? address.port : 0, await freePort()]
    for (const port of ports) {
      const mail = { smtpUrl: `smtp://127.0.0.1:${port}`, from: 'My App <no-reply@example.test>' }
      const slow = await listenDoor(store, stores, walletKitProject(), mail)
      const { client } = openPage(slow.url, slow.door.projectId)
      const startedAt = performance.now()
      requireOk(await client.users.loginWithEmail({ email: newEmail() }))
      requireOk(await client.users.loginWithMagicLink({ email: newEmail() }))
      expect(performance.now() - startedAt).toBeLessThan(2_000)
      await slow.close()
    }
    silent.close()
    await stores.close()
  })
})
