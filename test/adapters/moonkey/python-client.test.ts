import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../../core/errors.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { interceptStores, type StoreAct } from '../../support/intercept-stores.ts'
import { ethereumSigner, type Signer } from '../../support/signers.ts'
import { fetchChecked, type ListeningDoor, listenDoor } from './door.ts'
import { newEmail } from './endpoints.ts'

type Fields = Record<string, unknown>

class PythonClientError extends Error {
  /** The class the SDK raises, by the HTTP status (its `exceptions.py`). */
  readonly kind: string

  constructor(kind: string, message: string) {
    super(message)
    this.kind = kind
  }
}

const KINDS: Readonly<Record<number, string>> = {
  400: 'InvalidRequestError',
  401: 'AuthenticationError',
  402: 'NotEnabledError',
  404: 'NotFoundError',
  409: 'AlreadyExistsError',
  429: 'RateLimitError',
  500: 'InternalServerError',
  503: 'TimeoutError',
  504: 'TimeoutError',
}
const RETRIED = (status: number) => status === 408 || status === 429 || (status >= 500 && status <= 530)

/**
 * The vendor's Python SDK 1.0.7 as its users know it (MoonKey digest §6): base and path are joined as they are, only 200 and 201
 * with a JSON object are a success, and over https a GET or POST is sent again after a 5xx.
 */
function openPythonClient(apiKey: string, instanceUrl: string) {
  let sent = 0
  const request = async (method: string, path: string, data?: Fields): Promise<Fields> => {
    const once = () => {
      sent += 1
      return fetchChecked(`${instanceUrl}${path}`, {
        method,
        headers: {
          accept: '*/*',
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'user-agent': 'Streambird Python v1.0.7',
        },
        // Also on DELETE: `json=None` sends the header and no body.
        body: data === undefined ? (method === 'GET' ? null : '') : JSON.stringify(data),
      })
    }
    let response = await once()
    for (let retry = 0; retry < 3 && RETRIED(response.status) && method !== 'DELETE'; retry += 1)
      response = await once()
    const text = await response.text()
    if (response.status !== 200 && response.status !== 201) {
      const parsed: unknown = JSON.parse(text)
      if (Array.isArray(parsed)) throw new TypeError("'list' object has no attribute 'get'")
      const message = (parsed as Fields)['error_message']
      throw new PythonClientError(
        KINDS[response.status] ?? 'StreambirdError',
        typeof message === 'string' ? message : text,
      )
    }
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new TypeError('not a JSON object')
    return parsed as Fields
  }
  return { request, sent: () => sent }
}

describe.each(STORES)('a client like the vendor’s for Python, against a listening server on %s', (store) => {
  const stores = openStoresForTests(store)
  let server: ListeningDoor
  let failing: StoreAct | null = null
  beforeAll(async () => {
    const faulty = interceptStores(stores, async (act, _, run) => {
      if (act !== failing) return run()
      failing = null
      throw new AuthError('store_unavailable', 'planted')
    })
    server = await listenDoor(faulty)
  })
  afterAll(async () => {
    await server.close()
    await stores.close()
  })

  const open = (base = '/v1', apiKey = server.door.secretKey) => openPythonClient(apiKey, `${server.url}${base}`)
  const prove = async (client: ReturnType<typeof open>, signer: Signer) => {
    const wallet = { wallet_type: 'ETH', public_address: signer.address }
    const { challenge } = await client.request('POST', '/auth/wallets/registrations/begin', wallet)
    return { ...wallet, signature: await signer.sign(String(challenge)), session_expires_in: 60 }
  }

  it.each(['/v1', '/v1/', '/v1//'])('MOON-07: works with the base URL %s', async (base) => {
    const client = open(base)
    const wallet = await client.request('POST', '/auth/wallets/verify', await prove(client, ethereumSigner()))
    const verified = await client.request('POST', '/auth/sessions/verify', { session_token: wallet['session_token'] })
    expect(verified['session']).toMatchObject({ user_id: wallet['user_id'] })
    const listed = await client.request('GET', `/auth/sessions/list?user_id=${String(wallet['user_id'])}`)
    expect(listed['sessions']).toHaveLength(1)
  })

  it('MOON-04: DELETE with a JSON content type and an empty body works where none is due, and is 400 where one is', async () => {
    const client = open()
    const { user_id: userId } = await client.request('POST', '/auth/users/create', {
      email: newEmail(),
      requires_verification: false,
    })
    expect(await client.request('DELETE', `/auth/users/${String(userId)}/delete`)).toEqual({
      user_id: userId,
      message: 'Successfully deleted user',
    })
    await expect(client.request('DELETE', '/auth/sessions/delete')).rejects.toMatchObject({
      kind: 'InvalidRequestError',
      message: 'body: not valid JSON',
    })
    const { session_token } = await client.request(
      'POST',
      '/auth/wallets/verify',
      await prove(client, ethereumSigner()),
    )
    expect(await client.request('DELETE', '/auth/sessions/delete', { session_token })).toEqual({
      message: 'Successfully deleted session',
    })
  })

  it.each<StoreAct>([
    'challenges.find',
    'identities.findWallet',
    'identities.claimAsFirst',
    'sessions.open',
    'challenges.consume',
  ])('MOON-06: a verify that it sends again after a 503 at %s succeeds, with one session', async (act) => {
    const client = open()
    const signer = ethereumSigner()
    const body = await prove(client, signer)
    const before = client.sent()
    failing = act
    const wallet = await client.request('POST', '/auth/wallets/verify', body)
    expect(client.sent() - before).toBe(2)
    expect(await server.door.ownerOf(signer)).toBe(wallet['user_id'])
    const { sessions } = await client.request('GET', `/auth/sessions/list?user_id=${String(wallet['user_id'])}`)
    expect(sessions).toHaveLength(1)
  })

  it.each<StoreAct>(['challenges.issue', 'identities.reserve'])(
    'MOON-06: a begin that it sends again after a 503 at %s succeeds, for the same user as ever',
    async (act) => {
      const client = open()
      const signer = ethereumSigner()
      failing = act
      const wallet = { wallet_type: 'ETH', public_address: signer.address }
      const { user_id: userId } = await client.request('POST', '/auth/wallets/registrations/begin', wallet)
      expect(await client.request('POST', '/auth/wallets/registrations/begin', wallet)).toMatchObject({
        user_id: userId,
      })
      expect(await client.request('POST', '/auth/wallets/verify', await prove(client, signer))).toMatchObject({
        user_id: userId,
      })
    },
  )

  it('MOON-05: every error is the class its user expects; a session fault is none of the key', async () => {
    const client = open()
    const signer = ethereumSigner()
    const { user_id: owner } = await client.request('POST', '/auth/wallets/verify', await prove(client, signer))
    const { user_id: other } = await client.request('POST', '/auth/users/create', { email: newEmail() })
    expect(owner).not.toBe(other)
    const wallet = { wallet_type: 'ETH', public_address: signer.address }
    const attempts: readonly (readonly [() => Promise<unknown>, string])[] = [
      [() => open('/v1', 'sk_test_wrong').request('POST', '/auth/sessions/verify', {}), 'AuthenticationError'],
      [() => client.request('POST', '/auth/sessions/verify', {}), 'InvalidRequestError'],
      [() => client.request('POST', '/auth/sessions/verify', { session_token: 'x' }), 'NotFoundError'],
      [() => client.request('POST', '/auth/wallets/verify', { ...wallet, signature: '0x' }), 'NotFoundError'],
      [
        () => client.request('POST', '/auth/wallets/registrations/begin', { ...wallet, user_id: other }),
        'AlreadyExistsError',
      ],
      [() => client.request('GET', '/auth/users/user_x'), 'NotFoundError'],
      [() => client.request('GET', '/auth/nothing'), 'NotFoundError'],
    ]
    for (const [attempt, kind] of attempts)
      await expect(attempt()).rejects.toMatchObject({ kind, message: expect.stringMatching(/^\S.+\.?$/) })
  })
})
