import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { FourMicaDoor, fourMicaProject } from '../fourmica/door.ts'
import { MoonKeyDoor, moonKeyProject } from '../moonkey/door.ts'
import {
  bearer,
  bodyOf,
  decodeJwt,
  firstOf,
  MINUTE_MS,
  openWalletKit,
  refusalOf,
  START,
  type WalletKitDoor,
  walletKitProject,
} from './door.ts'
import { asRequest, ENDPOINTS, type Endpoint } from './endpoints.ts'

const authenticated = Object.entries(ENDPOINTS).filter(([, { isPublic }]) => !isPublic)
const open = Object.entries(ENDPOINTS).filter(([, { isPublic }]) => isPublic)

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe.each(STORES)('WalletKit bearers on %s', (store) => {
  const stores = openStoresForTests(store)
  const clock = new TestClock(START)
  let door: WalletKitDoor
  let other: WalletKitDoor
  let close: () => Promise<void>
  /** Bearers that are none, by what is wrong with them. */
  let bad: Readonly<Record<string, string>>
  beforeAll(async () => {
    const three = walletKitProject({}, { moonkey: moonKeyProject().moonkey, fourmica: fourMicaProject().fourmica })
    const opened = await openWalletKit(store, stores, { projects: [three, walletKitProject()], clock })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    other = firstOf(opened.doors.slice(1))
    bad = await collectBad()
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  async function collectBad(): Promise<Readonly<Record<string, string>>> {
    const expired = await door.signInAnonymously()
    clock.advance(12 * 60 * MINUTE_MS)
    const live = await door.signInByEmail()
    const ended = await door.signInAnonymously()
    await door.logout(ended)
    const foreign = await other.signInAnonymously()
    const moonKey = new MoonKeyDoor(door.gateway, door.project)
    const fourMica = new FourMicaDoor(door.gateway, door.project)
    const trio = await moonKey.openSession()
    const tokens = await fourMica.signIn(newEthereumWallet())
    const { header, claims } = decodeJwt(live.access_token)
    const [head = '', body = '', signature = ''] = live.access_token.split('.')
    const fresh = { ...claims, exp: Number(claims['exp']) + 86_400 }
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const selfSigned = `${encode(header)}.${encode(fresh)}`
    const own = sign('sha256', Buffer.from(selfSigned), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
    const keyed = `${encode({ ...header, alg: 'HS256' })}.${encode(fresh)}`
    const embedded = `${encode({ ...header, jwk: key.publicKey.export({ format: 'jwk' }) })}.${encode(fresh)}`
    const { keys } = bodyOf(await door.get(`/users/jwks/${door.projectId}`)) as { keys: readonly [JsonWebKey] }
    const secret = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    return {
      'an expired one': expired.access_token,
      'a revoked one': ended.access_token,
      'another project’s': foreign.access_token,
      'a MoonKey session JWT': trio.session_jwt,
      'a MoonKey session token': trio.session_token,
      'a 4mica access token': tokens.access_token,
      'a 4mica refresh token': tokens.refresh_token,
      'a refresh token': live.refresh_token,
      'a session id': live.id,
      'a user id': live.user_id,
      'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${encode(fresh)}.`,
      'alg none with the kid': `${encode({ ...header, alg: 'none' })}.${encode(fresh)}.`,
      'alg None in another case': `${encode({ ...header, alg: 'nOnE' })}.${encode(fresh)}.${signature}`,
      'HS256 under the public key': `${keyed}.${createHmac('sha256', secret).update(keyed).digest('base64url')}`,
      'signed by somebody else': `${selfSigned}.${own.toString('base64url')}`,
      'with a key of its own': `${embedded}.${own.toString('base64url')}`,
      'changed claims': `${head}.${encode(fresh)}.${signature}`,
      'changed header': `${encode({ ...header, kid: 'x' })}.${body}.${signature}`,
      'no signature': `${head}.${body}.`,
      'two parts': `${head}.${body}`,
      'four parts': `${live.access_token}.x`,
      'a zero signature': `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
      'a padded signature': `${live.access_token}=`,
      text: 'not-a-token',
      'an API key': 'sk_test_0123456789',
      'nothing but dots': '..',
      'a megabyte’s beginning': `${head}.${'A'.repeat(30_000)}.${signature}`,
    }
  }

  const withBearer = async (endpoint: Endpoint, token: string | null, more: Readonly<Record<string, string>> = {}) => {
    const good = await endpoint.good(door)
    const request = asRequest(door, endpoint, good)
    const { authorization: _, ...rest } = { authorization: '', ...request.headers }
    const headers = { ...rest, ...more, ...(token === null ? {} : { authorization: token }) }
    return { good, request, answer: await door.send(good.path, { ...request, headers }) }
  }

  describe.each(open)('%s', (_, endpoint) => {
    it('WK-10: an invalid, expired or foreign bearer changes nothing', async () => {
      for (const [name, token] of Object.entries(bad)) {
        for (const source of [{}, { 'x-walletkit-token-source': 'walletkit' }]) {
          const { answer } = await withBearer(endpoint, `Bearer ${token}`, source)
          expect(`${name}: ${answer.status}`).toBe(`${name}: ${endpoint.success}`)
        }
      }
    })

    it('WK-10: nor does another scheme, or a live bearer', async () => {
      const session = await door.signInAnonymously()
      for (const header of ['', 'Bearer', 'Bearer ', 'Basic eDp5', 'x', `bearer ${session.access_token}`]) {
        expect((await withBearer(endpoint, header)).answer.status).toBe(endpoint.success)
      }
      expect(await door.statusOf(session)).toBe(200)
    })

    it('WK-13: a token source of any kind is ignored', async () => {
      for (const source of ['walletkit', 'firebase', 'supabase', 'auth0', '']) {
        const { answer } = await withBearer(endpoint, 'Bearer x', { 'x-walletkit-token-source': source })
        expect(`${source}: ${answer.status}`).toBe(`${source}: ${endpoint.success}`)
      }
    })
  })

  describe.each(authenticated)('%s', (_, endpoint) => {
    it('WK-11: is 401 for every bearer that is none of ours, or is no more, and does nothing', async () => {
      for (const [name, token] of Object.entries(bad)) {
        const { good, request, answer } = await withBearer(endpoint, `Bearer ${token}`)
        expect(`${name}: ${refusalOf(answer)}`).toBe(`${name}: 401 unauthorized`)
        expect((await door.send(good.path, request)).status).toBe(endpoint.success)
      }
    })

    it('WK-11: is 401 without a bearer, or with another scheme', async () => {
      const { access_token: token } = await door.signInAnonymously()
      for (const header of [
        null,
        '',
        'Bearer',
        'Bearer ',
        token,
        `Basic ${token}`,
        `Token ${token}`,
        `Bearer${token}`,
        `Bearer "${token}"`,
        `Bearer ${token},${token}`,
        `Bearer ${token} x`,
      ]) {
        const { answer } = await withBearer(endpoint, header)
        expect(`${header?.slice(0, 12)}: ${refusalOf(answer)}`).toBe(`${header?.slice(0, 12)}: 401 unauthorized`)
      }
    })

    it('WK-11: the scheme may be in any letter case', async () => {
      for (const scheme of ['bearer', 'BEARER', 'bEARER']) {
        const good = await endpoint.good(door)
        const request = asRequest(door, endpoint, good)
        const authorization = String(request.headers?.['authorization']).replace('Bearer', scheme)
        const answer = await door.send(good.path, { ...request, headers: { ...request.headers, authorization } })
        expect(answer.status).toBe(endpoint.success)
      }
    })

    it('WK-11: the bearer is judged before the body', async () => {
      if (endpoint.method === 'GET') return
      for (const body of ['{"', '[]', 'null']) {
        const answer = await door.call(endpoint.path, { headers: { 'content-type': 'application/json' }, body })
        expect(refusalOf(answer)).toBe('401 unauthorized')
      }
    })

    it('WK-11: a bearer is another project’s even if that project is named', async () => {
      const session = await door.signInAnonymously()
      const answer = await other.call(endpoint.path, { method: endpoint.method, headers: bearer(session) })
      expect(refusalOf(answer)).toBe('401 unauthorized')
      expect(await door.statusOf(session)).toBe(200)
    })

    it('WK-13: the token source is ours or absent; any other is 401', async () => {
      for (const [source, status] of [
        ['walletkit', endpoint.success],
        ['firebase', 401],
        ['supabase', 401],
        ['auth0', 401],
        ['walletkit,firebase', 401],
      ] as const) {
        const good = await endpoint.good(door)
        const request = asRequest(door, endpoint, good)
        const headers = { ...request.headers, 'x-walletkit-token-source': source }
        expect(`${source}: ${(await door.send(good.path, { ...request, headers })).status}`).toBe(
          `${source}: ${status}`,
        )
      }
    })

    it('WK-11: of a deleted user it is 401', async () => {
      const session = await door.signInByWallet(ethereumSigner())
      const moonKey = new MoonKeyDoor(door.gateway, door.project)
      expect((await moonKey.delete(`/v1/auth/users/${session.user_id}/delete`)).status).toBe(200)
      const { answer } = await withBearer(endpoint, `Bearer ${session.access_token}`)
      expect(refusalOf(answer)).toBe('401 unauthorized')
    })
  })

  it('WK-11: a token is accepted until its last second, and not on it', async () => {
    const session = await door.signInAnonymously()
    const end = new Date(session.access_token_expires_at)
    const before = clock.now()
    clock.set(new Date(end.getTime() - 1))
    expect(await door.statusOf(session)).toBe(200)
    clock.set(end)
    expect(await door.statusOf(session)).toBe(401)
    clock.set(before)
  })

  it('WK-12: nothing but a bearer or a refresh token is ever 401', async () => {
    const code = await door.mailedCode()
    const proof = await door.prove(ethereumSigner())
    const wrong = [
      { ...code, verification_code: 'abc' },
      { ...code, verification_code: code.verification_code === '000000' ? '000001' : '000000' },
      { user_id: 'user_unknown', verification_code: '123456' },
      { ...proof, signature: `0x${'11'.repeat(65)}` },
      { ...proof, signature: 'x' },
      { ...proof, siwe_message: 'x' },
      { session_challenge_code: 'unknown' },
      { session_challenge_code: 'x'.repeat(128) },
      { passkey_credential_assertion_response: {} },
      { passkey_credential_assertion_response: 'x' },
    ]
    for (const body of wrong) {
      for (const headers of [{}, { authorization: `Bearer ${bad['an expired one']}` }]) {
        const answer = await door.verify(body, headers)
        expect(answer.status).toBe(400)
        expect(answer.headers.get('www-authenticate')).toBeNull()
      }
    }
    expect((await door.poll('unknown')).status).toBe(400)
  })
})
