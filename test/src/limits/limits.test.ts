import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { LIMITS } from '../../../src/limits/cost-classes.ts'
import { STORES } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { formatEthereumMessage, newEthereumWallet } from '../../support/wallets.ts'
import { countStatuses, LimitedServer, MEMORY_ENV, newAddress, PUBLIC_KEY, SECRET_KEY, sharedEnv } from './servers.ts'

/** Limits that a test spends are a tenth of what they are. */
const FACTOR = 0.1
const CREATES = (LIMITS.create.address?.points ?? 0) * FACTOR
const SIGNUPS = (LIMITS.signup.address?.points ?? 0) * FACTOR
const CHEAP = (LIMITS.cheap.address?.points ?? 0) * FACTOR
const MAILS = (LIMITS.mail.address?.points ?? 0) * FACTOR
const GUESSES = LIMITS.guess.account?.points ?? 0

type Signer = ReturnType<typeof newEthereumWallet>
type Proof = Readonly<Record<'address' | 'message' | 'signature', string>>
interface NonceAnswer {
  readonly nonce: string
  readonly siwe: Record<'domain' | 'uri' | 'statement' | 'issuedAt' | 'expiration', string> & {
    readonly chainId: number
  }
}

describe.each(STORES)('limits on %s', (store) => {
  const newEnv = () => (store === 'memory' ? MEMORY_ENV : sharedEnv(inject('redisUrl')))
  let server: LimitedServer
  let project: Record<string, string>
  let next = 0
  beforeAll(async () => {
    const env = newEnv()
    project = { 'x-walletkit-project-id': env['PROJECT_ID'] ?? '' }
    server = await LimitedServer.start(env, FACTOR)
  })
  afterAll(() => server.stop())

  /** An address of a customer's that no other test uses. */
  const newCaller = () => {
    next += 1
    return `198.51.${next >> 8}.${next & 255}`
  }
  /** Spends what an address may create. */
  async function exhaust(from: string): Promise<void> {
    await countStatuses(CREATES, () => server.nonce(from))
    expect(await server.nonce(from)).toMatchObject({ status: 429 })
  }

  const prove = async (at: LimitedServer, wallet: Signer): Promise<Proof> => {
    const { address } = wallet
    const { nonce, siwe } = (await at.nonce(newCaller(), address)).body as NonceAnswer
    const message = formatEthereumMessage({ ...siwe, address, version: '1', nonce })
    return { address, message, signature: await wallet.signMessage(message) }
  }

  it('grant an address what it may create, within what is in flight, and then refuse it and nobody else', async () => {
    const [from, other] = [newCaller(), newCaller()]
    const { 200: granted = 0, 429: refused = 0 } = await countStatuses(CREATES + 100, () => server.nonce(from))
    expect(granted + refused).toBe(CREATES + 100)
    expect(granted).toBeGreaterThanOrEqual(CREATES)
    expect(granted).toBeLessThanOrEqual(CREATES + 32)
    const { status, headers, body } = await server.nonce(from)
    expect([status, body]).toEqual([429, { error: 'too many requests' }])
    expect(Number(headers['retry-after'])).toBeWithinMinute()
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(server.logs.findLast(({ status: logged }) => logged === 429)).toMatchObject({
      msg: 'refused',
      code: 'rate_limited',
      reason: 'create_per_address',
    })
    expect((await server.nonce(other)).status).toBe(200)
    // What costs something else goes on.
    expect((await server.call('/auth/refresh', { from, json: { refresh_token: 'x' } })).status).toBe(401)
    expect((await server.call('/auth/nonce', { from, method: 'OPTIONS' })).status).toBe(200)
    for (const path of ['/healthz', '/readyz']) {
      expect((await server.call(path, { from, method: 'GET' })).status).toBe(200)
    }
    // Written before the proxy's own entry, it is the caller's claim.
    for (const forged of [other, '127.0.0.1', 'unknown', '::1', `${other},${other}`]) {
      expect((await server.nonce(`${forged}, ${from}`)).status).toBe(429)
    }
    for (const name of ['forwarded', 'x-real-ip', 'cf-connecting-ip', 'true-client-ip', 'x-client-ip']) {
      const headers = { [name]: name === 'forwarded' ? `for=${other}` : other }
      expect((await server.call('/auth/nonce', { from, headers, json: { address: newAddress() } })).status).toBe(429)
    }
  })

  it('are not moved by what a caller says who is no proxy', async () => {
    const direct = await LimitedServer.start({ ...newEnv(), TRUSTED_PROXIES: '192.0.2.1' }, FACTOR)
    try {
      const { 429: refused = 0 } = await countStatuses(CREATES + 200, () => direct.nonce(newCaller()))
      expect(refused).toBeGreaterThanOrEqual(200 - 32)
    } finally {
      await direct.stop()
    }
  })

  it('count an IPv6 /64 as one address', async () => {
    next += 1
    const network = `2001:db8:${next.toString(16)}:1`
    const host = () => Math.floor(Math.random() * 0x10000).toString(16)
    const any = () => `${network}:${host()}:${host()}:${host()}:${host()}`
    const { 429: refused = 0 } = await countStatuses(CREATES + 100, () => server.nonce(any()))
    expect(refused).toBeGreaterThanOrEqual(100 - 32)
    expect((await server.nonce(`2001:db8:${next.toString(16)}:2::1`)).status).toBe(200)
  })

  it('count IPv4 as itself, however it is written', async () => {
    const from = newCaller()
    await exhaust(from)
    expect((await server.nonce(`::ffff:${from}`)).status).toBe(429)
    expect((await server.nonce(`${from}:51234`)).status).toBe(429)
  })

  it('bound what one address may begin for one wallet, and keep its owner out of nothing', async () => {
    const [stranger, owner, wallet] = [newCaller(), newCaller(), newAddress()]
    const most = (LIMITS.create.address_and_account?.points ?? 0) * FACTOR
    const spell = (index: number) => (index % 2 === 0 ? wallet : wallet.toUpperCase().replace('0X', ''))
    const { 200: granted = 0, 429: refused = 0 } = await countStatuses(most + 100, (index) =>
      server.nonce(stranger, spell(index)),
    )
    expect(granted).toBeLessThanOrEqual(most + 32)
    expect(refused).toBeGreaterThanOrEqual(100 - 32)
    expect((await server.nonce(stranger)).status).toBe(200)
    expect((await server.nonce(owner, wallet)).status).toBe(200)
  })

  it('let 200 users behind one address poll every three seconds while they sign in', async () => {
    const env = newEnv()
    const headers = { 'x-walletkit-project-id': env['PROJECT_ID'] ?? '' }
    const full = await LimitedServer.start(env)
    try {
      const office = newCaller()
      const begun = await countStatuses(200, () =>
        full.call('/users/create-session-challenge', { from: office, headers }),
      )
      expect(begun).toEqual({ 200: 200 })
      const { body } = await full.call('/users/create-session-challenge', { from: office, headers })
      const code = (body as { code: string }).code
      // One minute of it, and a minute's worth of refreshing besides.
      const polled = await countStatuses(200 * 20, () =>
        full.call(`/users/session-challenge?code=${code}`, { method: 'GET', from: office, headers }),
      )
      expect(polled).toEqual({ 200: 4_000 })
      const signedIn = await countStatuses(200, () => full.nonce(office))
      expect(signedIn).toEqual({ 200: 200 })
      const json = { session_id: 'none', refresh_token: 'none' }
      const refreshed = await countStatuses(200, () =>
        full.call('/users/refresh-token', { from: office, headers, json }),
      )
      expect(refreshed[429]).toBeUndefined()
    } finally {
      await full.stop()
    }
  })

  it('bound guesses at one user’s code, from however many addresses, to the number', async () => {
    const userId = `user_${randomUUID()}`
    const json = { user_id: userId, verification_code: '000000' }
    const guess = () => server.call('/users/verify-login', { from: newCaller(), headers: project, json })
    expect(await countStatuses(GUESSES * 4, guess)).toEqual({ 400: GUESSES, 429: GUESSES * 3 })
    const { status, headers, body } = await guess()
    expect([status, body]).toEqual([429, { error: expect.any(String), code: 'too_many_requests' }])
    expect(Number(headers['retry-after'])).toBeGreaterThan(3_000)
    // Another user's, and another way in for the same one.
    const others = { ...json, user_id: `user_${randomUUID()}` }
    const call = (value: unknown) =>
      server.call('/users/verify-login', { from: newCaller(), headers: project, json: value })
    expect((await call(others)).status).toBe(400)
    expect((await call({ user_id: userId, siwe_message: 'x', signature: 'y' })).status).toBe(400)
  })

  it('bound guesses from one address at many users', async () => {
    const from = newCaller()
    const most = (LIMITS.guess.address?.points ?? 0) * FACTOR
    const guess = () => {
      const json = { user_id: `user_${randomUUID()}`, verification_code: '000000' }
      return server.call('/users/verify-login', { from, headers: project, json })
    }
    expect(await countStatuses(most + 50, guess)).toEqual({ 400: most, 429: 50 })
  })

  it('bound users who sign up with nothing, to the number', async () => {
    const from = newCaller()
    const signUp = () => server.call('/users/login-anonymously', { from, headers: project })
    expect(await countStatuses(SIGNUPS + 50, signUp)).toEqual({ 200: SIGNUPS, 429: 50 })
  })

  it('bound the questions that one address makes us ask a chain', async () => {
    const factor = 0.01
    const most = (LIMITS.rpc.address?.points ?? 0) * factor
    let questions = 0
    const chain = createServer((incoming, outgoing) => {
      questions += 1
      incoming.resume().on('end', () => outgoing.writeHead(404).end())
    })
    await new Promise<void>((resolve) => chain.listen(0, '127.0.0.1', resolve))
    const { port } = chain.address() as AddressInfo
    const rpc = { EVM_RPC_URLS: JSON.stringify({ 'eip155:1': `http://127.0.0.1:${port}` }) }
    const asking = await LimitedServer.start({ ...newEnv(), ...rpc }, factor)
    try {
      const [from, other] = [newCaller(), newCaller()]
      // What another key has signed may be a contract account's signature.
      const forged = {
        ...(await prove(asking, newEthereumWallet())),
        signature: await newEthereumWallet().signMessage(''),
      }
      const verify = (caller: string) => asking.call('/auth/verify', { from: caller, json: forged })
      for (let turn = 0; turn < most; turn += 1) expect((await verify(from)).status).toBe(500)
      const before = questions
      expect(before).toBeGreaterThanOrEqual(most)
      expect((await verify(from)).status).toBe(429)
      expect(asking.logs.findLast(({ status: logged }) => logged === 429)).toMatchObject({ reason: 'rpc_per_address' })
      expect(questions).toBe(before)
      expect((await verify(other)).status).toBe(500)
      // Keys are asked about by nobody.
      const own = await prove(asking, newEthereumWallet())
      expect((await asking.call('/auth/verify', { from, json: own })).status).toBe(200)
    } finally {
      await asking.stop()
      chain.close()
    }
  })

  it('bound the new wallets of one address, whoever signs for them, and let those it has come back', async () => {
    const factor = 0.002
    const most = (LIMITS.enroll.address?.points ?? 0) * factor
    const few = await LimitedServer.start({ ...newEnv(), RATE_LIMITS: 'on' }, factor)
    try {
      const [from, other] = [newCaller(), newCaller()]
      const [first, ...more] = Array.from({ length: most }, newEthereumWallet)
      if (first === undefined) throw new Error('the limit is too small for a test')
      const verify = (caller: string, json: Proof) => few.call('/auth/verify', { from: caller, json })
      for (const wallet of [first, ...more]) expect((await verify(from, await prove(few, wallet))).status).toBe(200)
      const late = await prove(few, newEthereumWallet())
      const { status, headers, body } = await verify(from, late)
      expect([status, body]).toEqual([429, { error: 'too many requests' }])
      expect(Number(headers['retry-after'])).toBeGreaterThan(3_000)
      expect(few.logs.findLast(({ status: logged }) => logged === 429)).toMatchObject({ reason: 'enroll_per_address' })
      // A wallet that is known is no new one, and what was signed stays good.
      expect((await verify(from, await prove(few, first))).status).toBe(200)
      expect((await verify(other, late)).status).toBe(200)
      // A customer's server speaks for many.
      const wallet = newEthereumWallet()
      const json = { wallet_type: 'ethereum', public_address: wallet.address }
      const asServer = { from, headers: { authorization: `Bearer ${SECRET_KEY}` } }
      const begun = await few.call('/v1/auth/wallets/registrations/begin', { ...asServer, json })
      const signature = await wallet.signMessage((begun.body as { challenge: string }).challenge)
      const proof = { ...json, signature }
      expect((await few.call('/v1/auth/wallets/verify', { ...asServer, json: proof })).status).toBe(200)
    } finally {
      await few.stop()
    }
  })

  it('do not count a customer’s servers by their address, and count guesses they pass on', async () => {
    const from = newCaller()
    const headers = { authorization: `Bearer ${SECRET_KEY}` }
    const begin = () =>
      server.call('/v1/auth/wallets/registrations/begin', {
        from,
        headers,
        json: { wallet_type: 'ethereum', public_address: newAddress() },
      })
    expect(await countStatuses(CREATES + 500, begin)).toEqual({ 200: CREATES + 500 })
    const json = { method_id: `email_${randomUUID()}`, otp: '000000' }
    const statuses = await countStatuses(GUESSES * 2, () =>
      server.call('/v1/auth/otps/verify', { from, headers, json }),
    )
    expect(statuses[429]).toBe(GUESSES)
  })

  it('cost as much under another spelling of a path as under its own', async () => {
    const from = newCaller()
    const paths = ['magic_links/invite', 'magic_links//invite', 'magic_links/email/invite']
    const invite = (index: number) =>
      server.call(`/v1/auth/${paths[index % paths.length]}`, { from, json: { email: 'ada@example.test' } })
    expect(await countStatuses(MAILS + 30, invite)).toEqual({ 401: MAILS, 429: 30 })
    expect(server.logs.at(-1)).toMatchObject({ code: 'rate_limited', reason: 'mail_per_address' })
  })

  it('make a try of a key as dear as ten requests, and answer in the dialect’s shape, readable by the page', async () => {
    const from = newCaller()
    const most = CHEAP / 10
    const verify = (key: string) =>
      server.call('/v1/auth/sessions/verify', {
        from,
        headers: { authorization: `Bearer ${key}`, origin: ORIGIN },
        json: { session_token: 'x' },
      })
    const { 401: refused = 0, 429: limited = 0 } = await countStatuses(most, () => verify(`sk_test_${randomUUID()}`))
    // Each costs one when it comes and ten when it was wrong.
    expect(refused).toBeLessThanOrEqual(most / 1.1 + 32)
    expect(limited).toBe(most - refused)
    const { body, headers } = await verify(PUBLIC_KEY)
    expect(body).toEqual({ status_code: 429, error_type: 'too_many_requests', error_message: expect.any(String) })
    expect(headers['access-control-allow-origin']).toBe(ORIGIN)
    expect(Number(headers['retry-after'])).toBeWithinMinute()
    // Whoever has the key is not the one who tried others.
    expect((await verify(SECRET_KEY)).status).not.toBe(429)
  })

  it('make a wrong passkey as dear, and let any page read that the key set is refused, preflights answered', async () => {
    const from = newCaller()
    const json = { passkey_credential_assertion_response: {} }
    const tries = Math.ceil(CHEAP / 11) + 32
    const { 429: refused = 0 } = await countStatuses(tries, () =>
      server.call('/users/verify-login', { from, headers: project, json }),
    )
    expect(refused).toBeGreaterThan(0)
    const path = `/users/jwks/${project['x-walletkit-project-id']}`
    const { status, headers } = await server.call(path, {
      method: 'GET',
      from,
      headers: { origin: 'https://any.test' },
    })
    expect([status, headers['access-control-allow-origin']]).toEqual([429, '*'])
    expect((await server.call(path, { method: 'OPTIONS', from })).status).toBe(200)
  })

  it('take a body that is no object, or not JSON, for what the route takes it', async () => {
    const from = newCaller()
    for (const json of [null, [], 'text', 7, { address: 7 }, { address: 'x'.repeat(5_000) }]) {
      expect((await server.call('/auth/nonce', { from, json })).status).toBe(400)
    }
    const headers = { 'content-type': 'application/json' }
    expect((await server.call('/auth/nonce', { from, headers })).status).toBe(400)
  })

  it('count unknown paths and methods of a dialect too', async () => {
    const from = newCaller()
    const headers = { authorization: 'Bearer of_nobody' }
    await countStatuses(CHEAP / 10, () => server.call('/v1/auth/sessions/list', { from, method: 'GET', headers }))
    // What is left is less than a wrong key costs.
    const statuses = await countStatuses(12, () => server.call('/auth/none', { from, method: 'GET' }))
    expect(statuses[429]).toBeGreaterThan(0)
    expect((await server.call('/auth/nonce', { from, method: 'GET' })).status).toBe(429)
  })
})

expect.extend({
  toBeWithinMinute: (received: number) => ({
    pass: Number.isInteger(received) && received >= 1 && received <= 60,
    message: () => `expected whole seconds from 1 to 60, got ${received}`,
  }),
})

declare module 'vitest' {
  interface Matchers<T> {
    toBeWithinMinute(): T
  }
}
