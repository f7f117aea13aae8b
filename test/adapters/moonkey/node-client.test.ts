import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, type Signer, solanaSigner } from '../../support/signers.ts'
import { type ListeningDoor, listenDoor } from './door.ts'
import { newEmail } from './endpoints.ts'
import { NodeClient, NodeClientError } from './node-client.ts'

describe.each(STORES)('a client like the vendor’s for Node, against a listening server on %s', (store) => {
  const stores = openStoresForTests(store)
  let server: ListeningDoor
  beforeAll(async () => {
    server = await listenDoor(stores)
  })
  afterAll(async () => {
    await server.close()
    await stores.close()
  })

  const open = (base = '/v1/', apiKey = server.door.secretKey) =>
    new NodeClient({ apiKey, apiHostUrl: `${server.url}${base}` })
  const signIn = async (client: NodeClient, signer: Signer = ethereumSigner(), more: Record<string, unknown> = {}) => {
    const wallet = { walletType: signer.type, publicAddress: signer.address }
    const { challenge } = await client.wallets.beginRegistration(wallet)
    return client.wallets.verify({ ...wallet, signature: await signer.sign(String(challenge)), ...more })
  }
  const openSession = async (client: NodeClient, minutes = 60) => {
    const { session, sessionToken, sessionJwt } = await signIn(client, ethereumSigner(), { sessionExpiresIn: minutes })
    return {
      session: session as Record<string, unknown>,
      sessionToken: String(sessionToken),
      sessionJwt: String(sessionJwt),
    }
  }
  const thrownBy = (attempt: Promise<unknown>) =>
    attempt.then(
      () => null,
      (error: unknown) => error,
    )

  it.each(['/v1/', '/v1', '/v1//'])('MOON-07: works with the base URL %s, key set included', async (base) => {
    const client = open(base)
    const { sessionJwt, sessionToken, session } = await openSession(client)
    expect(await client.sessions.verifyLocalJwt(sessionJwt)).toMatchObject({
      id: session['id'],
      user_id: session['userId'],
    })
    const verified = await client.sessions.verify({ sessionToken, sessionExpiresIn: 30 })
    expect(verified).toMatchObject({ sessionToken, session: { id: session['id'] } })
    const deleted = await client.sessions.delete({ sessionToken, sessionJwt: '', sessionId: '' })
    expect(deleted).toEqual({ message: 'Successfully deleted session' })
  })

  it.each([
    ['ethereum', ethereumSigner],
    ['solana', solanaSigner],
  ] as const)('MOON-01: an answer is camelised, down to its last key, for %s', async (_, newSigner) => {
    const client = open()
    const signer = newSigner()
    const begun = await client.wallets.beginRegistration({ walletType: signer.type, publicAddress: signer.address })
    expect(Object.keys(begun).sort()).toEqual(
      [
        'id',
        'appId',
        'userId',
        'publicAddress',
        'walletType',
        'challenge',
        'expiresAt',
        'updatedAt',
        'createdAt',
      ].sort(),
    )
    const wallet = await signIn(client, signer, { sessionExpiresIn: 60 })
    expect(wallet).toMatchObject({
      isReadyOnly: true,
      isReadOnly: true,
      isImported: true,
      isDefault: false,
      verified: true,
      sessionToken: expect.any(String),
      sessionJwt: expect.any(String),
      session: {
        deviceFingerprint: { userAgent: 'streambird-node/1.0.6', ip: '127.0.0.1' },
        lastActiveAt: expect.any(Number),
      },
    })
    expect(JSON.stringify(wallet)).not.toMatch(/"\w+_\w+":/)
  })

  it('MOON-20: signs in with a message', async () => {
    const client = open()
    const signer = ethereumSigner()
    const wallet = { walletType: signer.type, publicAddress: signer.address }
    const { nonce, userCreated } = await client.wallets.getRegistrationNonce(wallet)
    expect(userCreated).toBe(true)
    const siweChallenge = server.door.siweText(signer, String(nonce))
    const signature = await signer.sign(siweChallenge)
    const answer = await client.wallets.verifySiwe({ ...wallet, siweChallenge, signature, sessionExpiresIn: 5 })
    expect(answer['session']).toMatchObject({ factors: [{ deliveryChannel: 'eth_wallet' }] })
  })

  it('MOON-32: verifies a JWT locally, with a key set asked for once, without Authorization', async () => {
    const client = open()
    for (let i = 0; i < 3; i += 1) {
      const { sessionJwt, session } = await openSession(client)
      const local = await client.sessions.verifyLocalJwt(sessionJwt)
      // The payload stays in snake_case.
      expect(local).toMatchObject({ id: session['id'], user_id: session['userId'], started_at: session['startedAt'] })
      expect(local).not.toHaveProperty('session_token')
    }
    expect(client.keySetRequests).toHaveLength(1)
    expect(client.keySetRequests[0]?.get('authorization')).toBeNull()
  })

  it('MOON-32: with a clock five seconds behind, and no tolerance', async () => {
    const client = open()
    const { sessionJwt } = await openSession(client)
    const currentDate = new Date(server.door.clock.now().getTime() - 5_000)
    expect(await client.sessions.verifyLocalJwt(sessionJwt, { currentDate, clockTolerance: 0 })).toBeDefined()
  })

  it('MOON-27: verifyJwt asks the server for a JWT past its age, and throws for an expired one', async () => {
    const client = open()
    const { sessionJwt, session } = await openSession(client)
    const now = server.door.clock.now().getTime()
    const asked = () => server.door.logs.filter(({ path }) => path === '/v1/auth/sessions/verify').length
    const before = asked()
    expect(await client.sessions.verifyJwt(sessionJwt, 60, new Date(now))).toMatchObject({ user_id: session['userId'] })
    expect(asked()).toBe(before)
    const late = await client.sessions.verifyJwt(sessionJwt, 60, new Date(now + 61_000))
    expect(late).toMatchObject({ userId: session['userId'] })
    expect(asked()).toBe(before + 1)
    await expect(client.sessions.verifyJwt(sessionJwt, 60, new Date(now + 301_000))).rejects.toMatchObject({
      code: 'ERR_JWT_EXPIRED',
    })
    expect(await client.sessions.verify({ sessionJwt })).toMatchObject({ session: { id: session['id'] } })
  })

  it('MOON-33: sessions.jwks() with Bearer gives the same keys', async () => {
    const { keys } = await open().sessions.jwks()
    // Camelised like everything else, which is why the SDK does not verify with these.
    const key = { keyOps: ['verify'], kty: 'RSA', alg: 'RS256', use: 'sig', e: 'AQAB', x5c: [expect.any(String)] }
    expect(keys).toEqual(expect.arrayContaining([expect.objectContaining(key)]))
  })

  it('MOON-30: lists sessions, and users are made, read, changed and deleted', async () => {
    const client = open()
    const { session } = await openSession(client)
    const { sessions } = await client.sessions.list(String(session['userId']))
    expect(sessions).toMatchObject([{ id: session['id'] }])
    const { userId } = await client.users.create({ email: newEmail(), requiresVerification: false })
    expect(await client.users.get(String(userId))).toMatchObject({ userId, status: 'active', phoneNumbers: [] })
    const { userId: invited } = await client.users.create({ email: newEmail(), requiresVerification: true })
    expect(await client.users.get(String(invited))).toMatchObject({ status: 'pending', active: false })
    expect(await client.users.update(String(userId), { firstName: 'Ada' })).toMatchObject({
      user: { firstName: 'Ada' },
    })
    expect(await client.users.delete(String(userId))).toMatchObject({ message: 'Successfully deleted user' })
    const { id } = await signIn(client)
    expect(await client.users.deleteWallet(String(id))).toMatchObject({ message: 'Successfully deleted user wallet' })
  })

  it('MOON-02: an error arrives with its type, message and status, all out of the body', async () => {
    const client = open()
    const { sessionToken, sessionJwt, session } = await openSession(client)
    const signer = ethereumSigner()
    const wallet = { walletType: 'ETH', publicAddress: signer.address }
    const attempts: readonly (readonly [() => Promise<unknown>, string, number])[] = [
      [() => open('/v1/', 'sk_test_wrong').sessions.jwks(), 'unauthorized', 401],
      [() => client.wallets.beginRegistration({}), 'invalid_request', 400],
      [() => client.wallets.beginRegistration({ ...wallet, userId: 'user_x' }), 'user_not_found', 404],
      [() => client.wallets.verify({ ...wallet, signature: '0x' }), 'wallet_registration_not_found', 404],
      [() => client.sessions.verify({}), 'invalid_request', 400],
      [() => client.sessions.verify({ sessionToken: 'x' }), 'session_not_found', 404],
      [
        () => client.sessions.delete({ sessionToken, sessionJwt, sessionId: String(session['id']) }),
        'invalid_request',
        400,
      ],
      [() => client.sessions.delete({ sessionToken: '', sessionJwt: '', sessionId: '' }), 'invalid_request', 400],
      [() => client.sessions.list('user_x'), 'user_not_found', 404],
      [() => client.request('POST', 'auth/totps/create', {}), 'not_found', 404],
      [() => client.request('PATCH', 'auth/sessions/list'), 'method_not_allowed', 405],
      [() => client.wallets.verify({ ...wallet, signature: 'x'.repeat(70_000) }), 'request_too_large', 413],
    ]
    for (const [attempt, errorType, statusCode] of attempts) {
      const error = await thrownBy(attempt())
      expect(error).toBeInstanceOf(NodeClientError)
      expect(error).toMatchObject({ errorType, statusCode, errorMessage: expect.stringMatching(/^\S.{4,}/) })
      expect(error).not.toMatchObject({ errorMessage: '[object Object]' })
    }
  })
})
