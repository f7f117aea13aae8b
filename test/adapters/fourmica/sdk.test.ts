import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { AuthApiError, AuthClient, AuthSession, buildSiweMessage } from '@4mica/sdk'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Listening, listen } from '../../../src/http/listen.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { formatEthereumMessage, newPrivateKey } from '../../support/wallets.ts'
import { type FourMicaDoor, openDoor } from './door.ts'

it('4MICA-21: the package under test is the published 1.2.17', () => {
  const main = createRequire(import.meta.url).resolve('@4mica/sdk')
  const manifest = JSON.parse(readFileSync(`${main.slice(0, main.lastIndexOf('/dist/'))}/package.json`, 'utf8')) as {
    version: string
  }
  expect(manifest.version).toBe('1.2.17')
})

describe.each(STORES)('unmodified @4mica/sdk against a listening server on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  let server: Listening
  let url: string
  beforeAll(async () => {
    door = await openDoor(stores)
    server = await listen(door.gateway.app.fetch, { host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${server.port}`
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  afterAll(async () => {
    await server.drain(1_000)
    await stores.close()
  })

  const newSigner = () => privateKeyToAccount(newPrivateKey())
  /** Paths answered since, from the server's own log. */
  function watch() {
    const from = door.logs.length
    return () => door.logs.slice(from).map(({ path, status }) => `${path} ${status}`)
  }
  /** The SDK's clock alone: the server's is its own, and timers run. */
  function setClientClock(secondsAhead: number) {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + secondsAhead * 1000 })
  }

  it('4MICA-21: builds the very message our own tests sign', () => {
    const fields = {
      domain: 'auth.example.test',
      address: '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
      statement: 'Sign in to 4mica.',
      uri: 'https://auth.example.test',
      chainId: 84532,
      nonce: '0123456789abcdef0123456789abcdef',
      issuedAt: '2026-06-22T10:00:00.000Z',
      expiration: '2026-06-22T10:05:00.000Z',
    }
    expect(buildSiweMessage(fields)).toBe(formatEthereumMessage({ ...fields, version: '1' }))
  })

  it('4MICA-21: logs in', async () => {
    const session = new AuthSession({ authUrl: url, signer: newSigner() })
    const answered = watch()
    const tokens = await session.login()
    expect(tokens).toEqual({
      accessToken: expect.stringMatching(/^eyJ/),
      refreshToken: expect.stringMatching(/^rfr_/),
      expiresIn: 900,
    })
    expect(answered()).toEqual(['/auth/nonce 200', '/auth/verify 200'])
  })

  it('4MICA-21: logs in by itself, and uses the token it has', async () => {
    const session = new AuthSession({ authUrl: url, signer: newSigner() })
    const answered = watch()
    const first = await session.accessToken()
    expect(await session.accessToken()).toBe(first)
    expect(await Promise.all([session.accessToken(), session.accessToken()])).toEqual([first, first])
    expect(answered()).toEqual(['/auth/nonce 200', '/auth/verify 200'])
  })

  it('4MICA-21: refreshes inside the margin, again and again', async () => {
    const session = new AuthSession({ authUrl: url, signer: newSigner(), refreshMarginSecs: 60 })
    const seen = new Set([await session.accessToken()])
    const answered = watch()
    setClientClock(839)
    seen.add(await session.accessToken())
    expect(answered()).toEqual([])
    for (let i = 0; i < 3; i += 1) {
      setClientClock(841)
      seen.add(await session.accessToken())
    }
    expect(answered()).toEqual(['/auth/refresh 200', '/auth/refresh 200', '/auth/refresh 200'])
    expect(seen.size).toBe(4)
  })

  it('4MICA-21: many callers at once make one refresh', async () => {
    const session = new AuthSession({ authUrl: url, signer: newSigner(), refreshMarginSecs: 1_000 })
    await session.login()
    const answered = watch()
    const tokens = await Promise.all(Array.from({ length: 10 }, () => session.accessToken()))
    expect(new Set(tokens).size).toBe(1)
    expect(answered()).toEqual(['/auth/refresh 200'])
  })

  it('4MICA-21: logs in again after a 401, when the refresh token was revoked', async () => {
    const session = new AuthSession({ authUrl: url, signer: newSigner(), refreshMarginSecs: 1_000 })
    const { refreshToken } = await session.login()
    await new AuthClient(url).logout(refreshToken)
    const answered = watch()
    expect(await session.accessToken()).toMatch(/^eyJ/)
    expect(answered()).toEqual(['/auth/refresh 401', '/auth/nonce 200', '/auth/verify 200'])
    await session.accessToken()
    expect(answered().at(-1)).toBe('/auth/refresh 200')
  })

  it('4MICA-21: logs in again after a 401, when the refresh token has expired', async () => {
    const session = new AuthSession({ authUrl: url, signer: newSigner(), refreshMarginSecs: 1_000 })
    await session.login()
    const before = door.clock.now()
    try {
      door.clock.advance(2_592_000_000)
      const answered = watch()
      await session.accessToken()
      expect(answered()).toEqual(['/auth/refresh 401', '/auth/nonce 200', '/auth/verify 200'])
    } finally {
      door.clock.set(before)
    }
  })

  it('4MICA-21: a suspended wallet gets its 401 after one try, without a loop', async () => {
    const signer = newSigner()
    const session = new AuthSession({ authUrl: url, signer, refreshMarginSecs: 1_000 })
    await session.login()
    const account = door.gateway.core.parseAccount('eip155', signer.address)
    await door.gateway.core.grantWalletAccess(door.project.id, account, {
      role: 'user',
      scopes: [],
      status: 'suspended',
    })
    const answered = watch()
    await expect(session.accessToken()).rejects.toMatchObject({ status: 401, message: '401: wallet role not active' })
    expect(answered()).toEqual(['/auth/refresh 401', '/auth/nonce 200', '/auth/verify 401'])
  })

  it('4MICA-21: logs out, and the next use logs in', async () => {
    const session = new AuthSession({ authUrl: url, signer: newSigner() })
    const { refreshToken } = await session.login()
    const answered = watch()
    await session.logout()
    await session.logout()
    await expect(new AuthClient(url).refresh(refreshToken)).rejects.toMatchObject({ status: 401 })
    await session.accessToken()
    expect(answered()).toEqual(['/auth/logout 200', '/auth/refresh 401', '/auth/nonce 200', '/auth/verify 200'])
  })

  it('4MICA-21: two sessions of one wallet do not disturb each other', async () => {
    const signer = newSigner()
    const options = { authUrl: url, signer, refreshMarginSecs: 1_000 }
    const [one, two] = [new AuthSession(options), new AuthSession(options)]
    await Promise.all([one.login(), two.login()])
    await one.logout()
    const answered = watch()
    await two.accessToken()
    expect(answered()).toEqual(['/auth/refresh 200'])
  })

  it('4MICA-21: a base URL with a trailing slash works', async () => {
    const session = new AuthSession({ authUrl: `${url}/`, signer: newSigner() })
    await session.login()
    await session.logout()
  })

  it('4MICA-21: errors arrive as AuthApiError with status, body and our text', async () => {
    const client = new AuthClient(url)
    const failures = [
      [() => client.getNonce('not-an-address'), 400, 'Invalid wallet address'],
      [() => client.refresh('unknown'), 401, 'invalid refresh token'],
      [
        () => client.verify('0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A', 'no message', '0x'),
        400,
        'invalid siwe message: header malformed',
      ],
      [() => new AuthClient(`${url}/prefix`).getNonce('0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'), 404, 'not found'],
    ] as const
    for (const [attempt, status, error] of failures) {
      const thrown: unknown = await attempt().then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(thrown).toBeInstanceOf(AuthApiError)
      expect(thrown).toMatchObject({ status, message: `${status}: ${error}`, body: { error } })
    }
  })

  it('4MICA-21: logging out an unknown token is no error', async () => {
    await new AuthClient(url).logout('unknown')
  })
})
