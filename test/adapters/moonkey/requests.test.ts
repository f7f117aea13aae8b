import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES } from '../../../src/http/limit-body.ts'
import type { ApiRequest } from '../../support/api-client.ts'
import { JSON_TYPE } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { BEGIN, type MoonKeyDoor, openDoor, refusalOf } from './door.ts'
import { asRequest, ENDPOINTS, type Endpoint, keyHeader } from './endpoints.ts'

const all = Object.entries(ENDPOINTS)
const keyed = all.filter(([, { key }]) => key !== 'none')
const withBody = all.filter(([, { method }]) => method === 'POST' || method === 'PUT')
/** Among them, those that ask for a field. */
const FIELDLESS = ['users/search', 'users/{user_id}/update']
const withFields = [
  ...withBody.filter(([name]) => !FIELDLESS.includes(name)),
  ...all.filter(([name]) => name === 'sessions/delete'),
]

describe.each(STORES)('MoonKey requests and errors on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: MoonKeyDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const sendGood = async (endpoint: Endpoint, change: (request: ApiRequest) => ApiRequest = (request) => request) => {
    const good = await endpoint.good(door)
    return door.send(good.path, change(asRequest(door, endpoint, good)))
  }
  const withHeaders = (headers: Readonly<Record<string, string>>) => (request: ApiRequest) => ({
    ...request,
    headers: { ...request.headers, ...headers },
  })

  it('MOON-01: every endpoint of the document is under test, but for the mailed ones', async () => {
    const answer = await door.gateway.app.request('/openapi/moonkey.json')
    const { paths } = (await answer.json()) as { paths: Record<string, Record<string, unknown>> }
    const declared = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replace(/\{\w+_id\}(?=\/delete|$)/, '{id}')}`,
      ),
    )
    const tested = all.map(
      ([name, { method }]) => `${method} /v1/auth/${name.replace(/\{\w+_id\}(?=\/delete|$)/, '{id}')}`,
    )
    expect(declared.filter((each) => !/\/(?:otps|magic_links)\//.test(each)).sort()).toEqual(tested.sort())
  })

  describe.each(all)('%s', (_, endpoint) => {
    it('MOON-01: answers with exactly 200, application/json and a body', async () => {
      const answer = await sendGood(endpoint)
      expect(answer.status).toBe(200)
      expect(answer.text.length).toBeGreaterThan(1)
    })

    it('MOON-02: other methods are 405 with Allow', async () => {
      const good = await endpoint.good(door)
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
        if (method === endpoint.method) continue
        const answer = await door.send(good.path, { method, headers: keyHeader(door, endpoint) })
        expect(`${method} ${refusalOf(answer)}`).toBe(`${method} 405 method_not_allowed`)
        expect(answer.headers.get('allow')?.split(', ')).toEqual(
          endpoint.method === 'GET' ? ['GET', 'HEAD', 'OPTIONS'] : [endpoint.method, 'OPTIONS'],
        )
      }
    })

    it('MOON-02: a body over 64 KiB is 413, announced or not; a GET has none', async () => {
      if (endpoint.method === 'GET') return expect((await sendGood(endpoint)).status).toBe(200)
      const tooLong = `{"pad":"${'x'.repeat(MAX_BODY_BYTES)}"}`
      for (const announced of [{ 'content-length': String(tooLong.length) }, {}]) {
        const answer = await sendGood(endpoint, (request) => ({ ...withHeaders(announced)(request), body: tooLong }))
        expect(refusalOf(answer)).toBe('413 request_too_large')
      }
      expect((await sendGood(endpoint)).status).toBe(200)
    })

    it('MOON-04: a JSON content type is accepted whether or not there is a body', async () => {
      const types = [
        'application/json',
        'application/json; charset=utf-8',
        'Application/JSON;charset="UTF-8"',
        'application/json ; charset=utf-8',
        'application/json;',
      ]
      for (const type of types) {
        expect((await sendGood(endpoint, withHeaders({ 'content-type': type }))).status).toBe(200)
      }
      if ((await endpoint.good(door)).body === null && endpoint.method === 'DELETE') {
        // The vendor's clients: Python sends nothing, Ruby an empty object.
        for (const body of ['', '{}']) {
          expect((await sendGood(endpoint, (request) => ({ ...request, body }))).status).toBe(200)
        }
      }
    })

    it('MOON-07: duplicate slashes after /v1 change nothing', async () => {
      for (const respell of [
        (path: string) => path.replace('/v1/', '/v1//'),
        (path: string) => path.replaceAll('/', '//').replace('//v1', '/v1'),
      ]) {
        const good = await endpoint.good(door)
        const path = respell(good.path)
        expect(path).toContain('//')
        expect((await door.send(path, asRequest(door, endpoint, good))).status).toBe(200)
      }
    })

    it.each(['https://app.example.test', 'https://other.example.test', 'null'])(
      'MOON-08: a preflight from %s is answered, with permission for an allowed origin alone',
      async (origin) => {
        const { path } = await endpoint.good(door)
        const answer = await door.send(path, {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': endpoint.method,
            'access-control-request-headers': 'authorization,content-type,x-streambird-session-token',
          },
        })
        expect(answer.status).toBe(200)
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin === ORIGIN ? origin : null)
        expect(answer.headers.get('access-control-allow-methods')?.split(', ')).toContain(endpoint.method)
        const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase().split(', ')
        expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'x-streambird-session-token']))
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
        expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin')
      },
    )
  })

  describe.each(keyed)('%s', (_, endpoint) => {
    const badKeys = (): readonly (string | null)[] => [
      null,
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${door.secretKey}x`,
      `Bearer ${door.secretKey.slice(0, -1)}`,
      `Bearer ${door.secretKey.toLowerCase()}`,
      `Bearer "${door.secretKey}"`,
      `Bearer ${door.secretKey},${door.secretKey}`,
      `Basic ${Buffer.from(`${door.secretKey}:`).toString('base64')}`,
      `Token ${door.secretKey}`,
      `Bearer${door.secretKey}`,
      'Bearer __proto__',
      'Bearer constructor',
      'Bearer sk_test_',
      `PublicToken ${door.secretKey}`,
      `Bearer ${door.publicKey}`,
      endpoint.key === 'secret' ? door.secretKey : door.publicKey,
      endpoint.key === 'secret' ? `PublicToken ${door.publicKey}` : `Bearer ${door.secretKey}`,
    ]

    it('MOON-03: a missing, unknown or wrong kind of key is 401, and nothing is done', async () => {
      for (const key of badKeys()) {
        const good = await endpoint.good(door)
        const request = asRequest(door, endpoint, good)
        const { authorization: _, ...rest } = { authorization: '', ...request.headers }
        const headers = key === null ? rest : { ...rest, authorization: key }
        const answer = await door.send(good.path, { ...request, headers })
        expect(`${key}: ${refusalOf(answer)}`).toBe(`${key}: 401 unauthorized`)
        expect(answer.headers.get('www-authenticate')).toBeTruthy()
        expect((await door.send(good.path, request)).status).toBe(200)
      }
    })

    it('MOON-03: the key is judged before the body', async () => {
      const { path } = await endpoint.good(door)
      for (const body of ['{"', '[]', '"x"', '{"session_token":"a","session_jwt":"b"}']) {
        const headers = { ...JSON_TYPE, authorization: 'Bearer sk_test_unknown' }
        const answer = await door.send(path, {
          method: endpoint.method,
          headers,
          body: endpoint.method === 'GET' ? null : body,
        })
        expect(refusalOf(answer)).toBe('401 unauthorized')
      }
    })

    it('MOON-03: the scheme may be written in any letter case', async () => {
      const schemes = endpoint.key === 'secret' ? ['bearer', 'BEARER', 'bEARER'] : ['publictoken', 'PUBLICTOKEN']
      const key = endpoint.key === 'secret' ? door.secretKey : door.publicKey
      for (const scheme of schemes) {
        expect((await sendGood(endpoint, withHeaders({ authorization: `${scheme} ${key}` }))).status).toBe(200)
      }
    })

    it('MOON-03: a key in the query opens nothing but jwks/default', async () => {
      const good = await endpoint.good(door)
      const { authorization: _, ...headers } = { authorization: '', ...asRequest(door, endpoint, good).headers }
      const path = `${good.path}${good.path.includes('?') ? '&' : '?'}api_key=${door.secretKey}`
      const answer = await door.send(path, { ...asRequest(door, endpoint, good), headers })
      expect(refusalOf(answer)).toBe(good.path === '/v1/auth/jwks/default' ? '200' : '401 unauthorized')
    })
  })

  describe.each(keyed.filter(([, { method }]) => method === 'GET'))('%s', (_, endpoint) => {
    it('MOON-03: HEAD asks for the same key as GET, and has no body', async () => {
      const good = await endpoint.good(door)
      const { headers = {} } = asRequest(door, endpoint, good)
      const answer = await door.send(good.path, { method: 'HEAD', headers })
      expect([answer.status, answer.text]).toEqual([200, ''])
      const stranger = await door.send(good.path, {
        method: 'HEAD',
        headers: { ...headers, authorization: 'Bearer x' },
      })
      expect([stranger.status, stranger.text]).toEqual([401, ''])
    })
  })

  describe.each(withBody)('%s', (_, endpoint) => {
    it.each<[string, string | Uint8Array]>([
      ['an empty body', ''],
      ['white space', ' \n'],
      ['no JSON', 'wallet_type=ethereum'],
      ['truncated JSON', '{"wallet_type":"eth'],
      ['text after the value', '{}x'],
      ['two values', '{}{}'],
      ['null', 'null'],
      ['a number', '1'],
      ['a string', '"wallet_type"'],
      ['an empty array', '[]'],
      ['an array of a good body', '[{"wallet_type":"ethereum"}]'],
      ['single quotes', "{'email':'x'}"],
      ['a comment', '{/**/}'],
      ['NaN', '{"limit":NaN,"first_name":NaN,"email":NaN}'],
      ['a byte of NUL', '\0'],
      ['UTF-16', Buffer.from('{"email":"x"}', 'utf16le')],
      ['nothing but broken UTF-8', Buffer.from([0xff, 0xfe, 0xfd])],
      ['60 000 opened arrays', '['.repeat(60_000)],
      ['30 000 nested arrays', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ])('MOON-04: %s is 400, and a good request is still good', async (_name, body) => {
      expect(refusalOf(await sendGood(endpoint, (request) => ({ ...request, body })))).toBe('400 invalid_request')
      expect((await sendGood(endpoint)).status).toBe(200)
    })

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ','])(
      'MOON-04: the content type %s is 400, not 415',
      async (type) => {
        const answer = await sendGood(endpoint, withHeaders({ 'content-type': type }))
        expect(refusalOf(answer)).toBe('400 invalid_request')
      },
    )

    it('MOON-04: unknown fields are ignored', async () => {
      const good = await endpoint.good(door)
      const body = { ...good.body, requires_wallet: 1, extra: { deep: [1, null] }, '': '', toString: 'x' }
      expect((await door.send(good.path, asRequest(door, endpoint, { ...good, body }))).status).toBe(200)
    })

    it.each<{ value: unknown }>([1.5, -1, true, [], ['x'], [[]], { toString: 'x' }].map((value) => ({ value })))(
      'MOON-04: a field that is $value is 400, and the good request is still good',
      async ({ value }) => {
        const good = await endpoint.good(door)
        for (const field of Object.keys(good.body ?? {})) {
          const body = { ...good.body, [field]: value }
          const answer = await door.send(good.path, asRequest(door, endpoint, { ...good, body }))
          expect(`${field}: ${refusalOf(answer)}`).toBe(`${field}: 400 invalid_request`)
        }
        expect((await door.send(good.path, asRequest(door, endpoint, good))).status).toBe(200)
      },
    )

    it('MOON-04: a null optional field counts as absent', async () => {
      const good = await endpoint.good(door)
      const nulls = {
        user_id: null,
        session_expires_in: null,
        session_token: null,
        session_jwt: null,
        device_fingerprint: null,
        first_name: null,
        metadata: null,
        replace_metadata: null,
        include_user: null,
        requires_verification: null,
        phone_number: null,
        emails: null,
        phone_numbers: null,
        starting_after: null,
        filters: null,
      }
      const answer = await door.send(
        good.path,
        asRequest(door, endpoint, { ...good, body: { ...nulls, ...good.body } }),
      )
      expect(answer.status).toBe(200)
    })

    it('MOON-04: a __proto__ key pollutes nothing, and hides no field', async () => {
      const good = await endpoint.good(door)
      const text = JSON.stringify(good.body)
      const beside = `{"__proto__":{"wallet_type":1,"email":1,"limit":"x"},${text.slice(1)}`
      const request = asRequest(door, endpoint, good)
      expect((await door.send(good.path, { ...request, body: beside })).status).toBe(200)
      expect(Object.keys(Object.prototype)).toEqual([])
      expect('wallet_type' in {} || 'email' in {} || 'limit' in {}).toBe(false)
    })

    it('MOON-04: of a key given twice the last counts', async () => {
      const good = await endpoint.good(door)
      const [field] = Object.keys(good.body ?? {})
      const text = JSON.stringify(good.body)
      const request = asRequest(door, endpoint, good)
      const lastBad = `${text.slice(0, -1)},"${field}":[7]}`
      expect(refusalOf(await door.send(good.path, { ...request, body: lastBad }))).toBe('400 invalid_request')
      const lastGood = `{"${field}":[7],${text.slice(1)}`
      expect((await door.send(good.path, { ...request, body: lastGood })).status).toBe(200)
    })
  })

  describe.each(withFields)('%s', (name, endpoint) => {
    it('MOON-04: no body, an empty one and an empty object are 400 where fields are due', async () => {
      for (const body of [null, '', '{}']) {
        expect(refusalOf(await sendGood(endpoint, (request) => ({ ...request, body })))).toBe('400 invalid_request')
      }
    })

    it('MOON-04: every missing, null or empty field that is due is 400', async () => {
      const good = await endpoint.good(door)
      for (const missing of Object.keys(good.body ?? {})) {
        for (const value of [undefined, null, '']) {
          const body = { ...good.body, [missing]: value }
          const answer = await door.send(good.path, asRequest(door, endpoint, { ...good, body }))
          expect(`${name} ${missing}: ${refusalOf(answer)}`).toBe(`${name} ${missing}: 400 invalid_request`)
        }
      }
      expect((await door.send(good.path, asRequest(door, endpoint, good))).status).toBe(200)
    })

    it('MOON-04: fields that hide behind __proto__ or a prototype are missing', async () => {
      const good = await endpoint.good(door)
      const text = JSON.stringify(good.body)
      for (const body of [`{"__proto__":${text}}`, `{"constructor":{"prototype":${text}}}`, `{"data":${text}}`]) {
        const answer = await door.send(good.path, { ...asRequest(door, endpoint, good), body })
        expect(refusalOf(answer)).toBe('400 invalid_request')
      }
    })

    it.each<[string, string]>([
      ['20 000 characters', 'x'.repeat(20_000)],
      ['20 000 hex digits', `0x${'f'.repeat(20_000)}`],
      ['20 000 line ends', '\n'.repeat(20_000)],
      ['20 000 base58 digits', '1'.repeat(20_000)],
      ['a lone surrogate', '\ud800'],
      ['NUL', '\0'],
      ['a NoSQL operator', '{"$ne":null}'],
      ['a glob', '*'],
    ])(
      'MOON-02: %s in every field is 4xx in no time, never 5xx, and the good request is still good',
      async (_name, text) => {
        const good = await endpoint.good(door)
        for (const field of Object.keys(good.body ?? {})) {
          const body = { ...good.body, [field]: text }
          const startedAt = performance.now()
          const answer = await door.send(good.path, asRequest(door, endpoint, { ...good, body }))
          expect(performance.now() - startedAt).toBeLessThan(1_000)
          expect([400, 404]).toContain(answer.status)
        }
        expect((await door.send(good.path, asRequest(door, endpoint, good))).status).toBe(200)
      },
    )
  })

  it.each([
    '/v1',
    '/v1/',
    '/v1/auth',
    '/v1/auth/',
    '/v1/auth/wallets',
    '/v1/auth/wallets/verify/',
    '/v1/auth/wallets/verify/x',
    '/v1/auth/wallets/Verify',
    '/v1/auth/wallets/verify.json',
    '/v1/auth/wallets/verify%00',
    '/v1/auth/wallets%2fverify',
    '/v1/auth/%zz',
    '/v1/auth/%ff',
    '/v1/auth/jwks',
    '/v1/auth/totps/create',
    '/v1/auth/oauth/google/begin',
    '/v1/wallets/x',
    '/v1auth',
    '/v1auth/jwks',
    '/v1auth/wallets/verify',
    `/v1/auth/${'x'.repeat(4_000)}`,
  ])('MOON-02: the unknown path %s is 404, with and without a key, never a redirect', async (path) => {
    for (const method of ['POST', 'GET', 'DELETE']) {
      for (const headers of [{}, { authorization: `Bearer ${door.secretKey}` }]) {
        const answer = await door.send(path, {
          method,
          headers: { ...JSON_TYPE, ...headers },
          body: method === 'GET' ? null : '{}',
        })
        expect(refusalOf(answer)).toBe('404 not_found')
      }
    }
  })

  it.each([
    '/v2/auth/jwks/default',
    '/auth/jwks/default',
    '/v1x/auth/jwks/default',
    '//v1/auth/jwks/default',
    '/V1/auth/jwks/default',
  ])('MOON-02: %s is not this dialect’s, and not answered either', async (path) => {
    const answer = await door.gateway.app.request(path, { headers: { authorization: `Bearer ${door.secretKey}` } })
    expect(answer.status).toBe(404)
  })

  it('MOON-02: an error names the place and the rule, never the value', async () => {
    const answer = await door.post(BEGIN, { wallet_type: 'ethereum', public_address: ['hunter2'] })
    expect(answer.body).toEqual({
      status_code: 400,
      error_type: 'invalid_request',
      error_message: 'public_address: expected a string',
    })
    const [, secondProblem] = [await door.post(BEGIN, { wallet_type: 'hunter2', public_address: 'x' }), 'hunter2']
    expect((await door.post(BEGIN, { wallet_type: secondProblem, public_address: 'x' })).text).not.toContain('hunter2')
  })

  it('MOON-07: /v1auth/jwks/default is /v1/auth/jwks/default, with the key in the query or the header', async () => {
    const expected = await door.get('/v1/auth/jwks/default')
    expect(expected.status).toBe(200)
    const answers = [
      await door.get('/v1auth/jwks/default'),
      await door.send(`/v1auth/jwks/default?api_key=${door.secretKey}`, { method: 'GET' }),
      await door.get('/v1//auth//jwks/default'),
    ]
    for (const answer of answers) expect([answer.status, answer.body]).toEqual([200, expected.body])
    expect(refusalOf(await door.send('/v1auth/jwks/default', { method: 'GET' }))).toBe('401 unauthorized')
  })

  it('MOON-07: magic_links/invite is magic_links/email/invite, under its own key and method', async () => {
    const path = '/v1/auth/magic_links/invite'
    for (const alias of [path, '/v1//auth/magic_links//invite']) {
      expect(refusalOf(await door.post(alias, {}))).toBe('400 invalid_request')
      expect(refusalOf(await door.get(alias))).toBe('405 method_not_allowed')
      expect(refusalOf(await door.send(alias, { headers: JSON_TYPE, body: '{}' }))).toBe('401 unauthorized')
    }
    expect(refusalOf(await door.post(`${path}/`, {}))).toBe('404 not_found')
  })

  it('MOON-07: slashes are collapsed in the path alone, not in the query', async () => {
    const { user_id: userId } = await door.signIn(ethereumSigner())
    const answer = await door.get(`/v1//auth/sessions/list?user_id=${userId}&x=a//b`)
    expect(answer.status).toBe(200)
    expect(refusalOf(await door.get('/v1//auth/sessions/list?user_id=user//x'))).toBe('404 user_not_found')
  })

  it('MOON-08: an answer may be read by the page that asked if its origin is allowed, refusals included', async () => {
    const headers = { origin: ORIGIN }
    const answers = [
      await door.post(BEGIN, { wallet_type: 'ethereum', public_address: ethereumSigner().address }, headers),
      await door.post(BEGIN, {}, headers),
      await door.call(BEGIN, { method: 'GET', headers }),
      await door.call('/v1/auth/unknown', { headers }),
      await door.call(BEGIN, { headers: { ...headers, ...JSON_TYPE }, body: 'x'.repeat(MAX_BODY_BYTES + 1) }),
    ]
    expect(answers.at(-1)?.status).toBe(413)
    for (const answer of answers) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(answer.headers.get('vary')).toContain('Origin')
    }
    for (const body of ['{}', 'x'.repeat(MAX_BODY_BYTES + 1)]) {
      const stranger = await door.call(BEGIN, { headers: { origin: 'https://evil.example', ...JSON_TYPE }, body })
      expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
    }
  })
})
