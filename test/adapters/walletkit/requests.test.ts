import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES } from '../../../src/http/limit-body.ts'
import type { Answer, ApiRequest } from '../../support/api-client.ts'
import { JSON_TYPE } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner } from '../../support/signers.ts'
import { bearer, openDoor, PROJECT_HEADER, refusalOf, type WalletKitDoor } from './door.ts'
import { asRequest, ENDPOINTS, type Endpoint } from './endpoints.ts'

const all = Object.entries(ENDPOINTS)
const posts = all.filter(([, { method }]) => method === 'POST')
const bodyless = posts.filter(([, { fields }]) => fields === null)
const withBody = posts.filter(([, { fields }]) => fields !== null)
const withFields = withBody.filter(([, { fields }]) => fields?.length !== 0)
/** Those whose body has no shape that a schema knows. */
const UNTYPED = 'finish-registration'
const typed = withFields.filter(([name]) => name !== UNTYPED)

describe.each(STORES)('WalletKit requests and errors on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ door, close } = await openDoor(store, stores))
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const sendGood = async (endpoint: Endpoint, change: (request: ApiRequest) => ApiRequest = (request) => request) => {
    const good = await endpoint.good(door)
    return door.send(good.path, change(asRequest(door, endpoint, good)))
  }
  const withHeaders = (headers: Readonly<Record<string, string>>) => (request: ApiRequest) => ({
    ...request,
    headers: { ...request.headers, ...headers },
  })
  const requireGood = async (endpoint: Endpoint) => expect((await sendGood(endpoint)).status).toBe(endpoint.success)
  const refused = (answer: Answer) => expect(refusalOf(answer)).toMatch(/^400 (?:invalid_request|\w+_invalid)$/)

  it('WK-01: the endpoints under test are those of the document, but for keys and callbacks', async () => {
    const answer = await door.gateway.app.request('/openapi/walletkit.json')
    const { paths } = (await answer.json()) as { paths: Record<string, Record<string, unknown>> }
    const declared = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const ours = declared.filter(
      (each) => !/jwks|oauth|magic-link$/.test(each) || / \/users\/login-with-magic-link$/.test(each),
    )
    expect(ours.sort()).toEqual(all.map(([, { method, path }]) => `${method} ${path}`).sort())
    expect(all.filter(([, { path }]) => path.startsWith('/users/'))).toHaveLength(13)
  })

  describe.each(all)('%s', (_, endpoint) => {
    it('WK-01: answers its method with its success status', async () => {
      expect((await sendGood(endpoint)).status).toBe(endpoint.success)
    })

    it('WK-05: a 200 has a body, and a 204 none', async () => {
      const answer = await sendGood(endpoint)
      expect(answer.text === '').toBe(endpoint.success === 204)
      expect(answer.body === null).toBe(false)
    })

    it('WK-01: other methods are 405 with Allow; on /wallets, where wallets are not made, 404', async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
        if (method === endpoint.method) continue
        const { path, headers = {} } = await endpoint.good(door)
        const answer = await door.call(path, { method, headers })
        if (endpoint.path === '/wallets') {
          expect(`${method} ${refusalOf(answer)}`).toBe(`${method} 404 not_found`)
          continue
        }
        expect(`${method} ${refusalOf(answer)}`).toBe(`${method} 405 method_not_allowed`)
        expect(answer.headers.get('allow')?.split(', ')).toEqual(
          endpoint.method === 'GET' ? ['GET', 'HEAD', 'OPTIONS'] : ['POST', 'OPTIONS'],
        )
      }
      await requireGood(endpoint)
    })

    it('WK-06: no answer, good or bad, redirects, sets a cookie or asks for a password', async () => {
      const good = await endpoint.good(door)
      for (const path of [good.path, `${endpoint.path}/`, `/${endpoint.path}`, endpoint.path.toUpperCase()]) {
        for (const method of ['GET', 'POST']) {
          const response = await door.gateway.app.request(path, {
            method,
            headers: { [PROJECT_HEADER]: door.projectId },
          })
          expect(response.status < 300 || response.status >= 400).toBe(true)
          expect(response.headers.get('location')).toBeNull()
          expect(response.headers.get('set-cookie')).toBeNull()
          expect(response.headers.get('www-authenticate') ?? '').not.toMatch(/basic/i)
        }
      }
    })

    it('WK-25: every answer has Cache-Control: no-store, and nothing to revalidate with', async () => {
      const answers = [
        await sendGood(endpoint),
        await door.send(endpoint.path, { method: endpoint.method }),
        await door.call(endpoint.path, { method: 'PUT' }),
        await door.send(endpoint.path, { method: 'OPTIONS' }),
      ]
      for (const { headers } of answers) {
        expect(headers.get('cache-control')).toBe('no-store')
        expect(headers.get('etag')).toBeNull()
        expect(headers.get('last-modified')).toBeNull()
      }
    })

    it('WK-04: a body over 64 KiB is 413, announced or not; a GET has none', async () => {
      if (endpoint.method === 'GET') return requireGood(endpoint)
      const tooLong = `{"pad":"${'x'.repeat(MAX_BODY_BYTES)}"}`
      for (const announced of [{ 'content-length': String(tooLong.length) }, {}]) {
        const answer = await sendGood(endpoint, (request) => ({
          ...withHeaders({ ...JSON_TYPE, ...announced })(request),
          body: tooLong,
        }))
        expect(refusalOf(answer)).toBe('413 request_too_large')
      }
      await requireGood(endpoint)
    })

    it('WK-09: without a project it is 400, with an unknown one 403, before anything else is looked at', async () => {
      const good = await endpoint.good(door)
      const request = asRequest(door, endpoint, good)
      const { [PROJECT_HEADER]: _, ...rest } = request.headers ?? {}
      for (const body of [request.body ?? null, endpoint.method === 'POST' ? '{"' : null]) {
        expect(refusalOf(await door.send(good.path, { ...request, headers: rest, body }))).toBe('400 project_missing')
        for (const unknown of [
          'unknown',
          door.project.id,
          door.projectId.toUpperCase(),
          `${door.projectId} x`,
          `${door.projectId},${door.projectId}`,
          `"${door.projectId}"`,
          '__proto__',
          'constructor',
          'x'.repeat(5_000),
        ]) {
          const headers = { ...rest, [PROJECT_HEADER]: unknown }
          const answer = await door.send(good.path, { ...request, headers, body })
          expect(`${unknown.slice(0, 60)}: ${refusalOf(answer)}`).toBe(`${unknown.slice(0, 60)}: 403 project_unknown`)
        }
        const empty = await door.send(good.path, { ...request, headers: { ...rest, [PROJECT_HEADER]: '' }, body })
        expect(empty.status === 400 || empty.status === 403).toBe(true)
      }
      // Nothing was spent on the way.
      expect((await door.send(good.path, request)).status).toBe(endpoint.success)
    })

    it('WK-09: the header’s name may be in any letter case', async () => {
      for (const name of [
        'X-WalletKit-Project-ID',
        'x-walletkit-project-id',
        'X-WALLETKIT-PROJECT-ID',
        'X-Walletkit-Project-Id',
      ]) {
        const good = await endpoint.good(door)
        const { [PROJECT_HEADER]: _, ...rest } = asRequest(door, endpoint, good).headers ?? {}
        const request = { ...asRequest(door, endpoint, good), headers: { ...rest, [name]: door.projectId } }
        expect((await door.send(good.path, request)).status).toBe(endpoint.success)
      }
    })
  })

  describe.each(bodyless)('%s', (_, endpoint) => {
    it.each<string | null>([
      null,
      '',
      'application/json',
      'application/json; charset=UTF-8',
      'application/x-www-form-urlencoded',
      'text/plain;charset=UTF-8',
      'multipart/form-data; boundary=x',
      'application/octet-stream',
      ',',
    ])('WK-08: the content type %s is taken, without a body and with any', async (type) => {
      for (const body of [null, '', '{}', '{"', 'null', '[]', 'a=b', '\0', 'x'.repeat(1_000)]) {
        const answer = await sendGood(endpoint, (request) => ({
          ...request,
          headers: { ...request.headers, ...(type === null ? {} : { 'content-type': type }) },
          body: type === null && body !== null ? Buffer.from(body) : body,
        }))
        expect(`${body?.slice(0, 5)} ${answer.status}`).toBe(`${body?.slice(0, 5)} ${endpoint.success}`)
      }
    })
  })

  describe.each(withBody)('%s', (name, endpoint) => {
    it.each([
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON;charset="UTF-8"',
      'application/json ; charset=utf-8',
      'application/json;',
    ])('WK-07: %s is JSON', async (type) => {
      expect((await sendGood(endpoint, withHeaders({ 'content-type': type }))).status).toBe(endpoint.success)
    })

    it('WK-07: unknown fields are ignored', async () => {
      const good = await endpoint.good(door)
      const body = { ...good.body, project_id: 1, extra: { deep: [1, null] }, '': '', toString: 'x', hints: [] }
      expect((await door.send(good.path, asRequest(door, endpoint, { ...good, body }))).status).toBe(endpoint.success)
    })

    it('WK-07: bodies may be pretty-printed, with escaped slashes', async () => {
      const good = await endpoint.good(door)
      const body = JSON.stringify(good.body, null, 2).replaceAll('/', '\\/')
      expect((await door.send(good.path, { ...asRequest(door, endpoint, good), body })).status).toBe(endpoint.success)
    })

    it.each<[string, string | Uint8Array]>([
      ['white space', ' \n'],
      ['no JSON', 'email=x'],
      ['truncated JSON', '{"email":"eth'],
      ['text after the value', '{}x'],
      ['two values', '{}{}'],
      ['null', 'null'],
      ['a number', '1'],
      ['a string', '"email"'],
      ['an empty array', '[]'],
      ['an array of an object', '[{"email":"x"}]'],
      ['single quotes', "{'email':'x'}"],
      ['a comment', '{/**/}'],
      ['NaN', '{"email":NaN}'],
      ['a byte of NUL', '\0'],
      ['UTF-16', Buffer.from('{"email":"x"}', 'utf16le')],
      ['nothing but broken UTF-8', Buffer.from([0xff, 0xfe, 0xfd])],
      ['60 000 opened arrays', '['.repeat(60_000)],
      ['30 000 nested arrays', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ])('WK-04: %s is 400, and a good request is still good', async (_name, body) => {
      refused(await sendGood(endpoint, (request) => ({ ...request, body })))
      await requireGood(endpoint)
    })

    it('WK-04: a __proto__ key pollutes nothing, and hides no field', async () => {
      const good = await endpoint.good(door)
      const text = JSON.stringify(good.body)
      const beside =
        text === '{}' ? '{"__proto__":{"email":1}}' : `{"__proto__":{"email":1,"type":"x"},${text.slice(1)}`
      const request = asRequest(door, endpoint, good)
      expect((await door.send(good.path, { ...request, body: beside })).status).toBe(endpoint.success)
      expect('email' in {} || 'type' in {}).toBe(false)
    })

    it('WK-04: without JSON’s content type it is 400, never 415', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ',']) {
        const answer = await sendGood(endpoint, withHeaders({ 'content-type': type }))
        expect(`${name} ${type} ${answer.status}`).toBe(`${name} ${type} 400`)
      }
      await requireGood(endpoint)
    })
  })

  describe.each(withFields)('%s', (name, endpoint) => {
    it('WK-04: no body, an empty one and an empty object are 400', async () => {
      for (const body of [null, '', '{}']) refused(await sendGood(endpoint, (request) => ({ ...request, body })))
      await requireGood(endpoint)
    })

    it('WK-04: every field that is due and missing, null or empty is 400, and nothing is spent', async () => {
      const good = await endpoint.good(door)
      for (const field of endpoint.fields ?? []) {
        for (const value of [undefined, null, '']) {
          const body = { ...good.body, [field]: value }
          const answer = await door.send(good.path, asRequest(door, endpoint, { ...good, body }))
          expect(`${name} ${field}: ${answer.status}`).toBe(`${name} ${field}: 400`)
          // A registration that failed may be tried again, with what the authenticator made.
        }
      }
      expect((await door.send(good.path, asRequest(door, endpoint, good))).status).toBe(endpoint.success)
    })

    it('WK-04: fields that hide behind __proto__ or a prototype are missing', async () => {
      const good = await endpoint.good(door)
      const text = JSON.stringify(good.body)
      for (const body of [`{"__proto__":${text}}`, `{"constructor":{"prototype":${text}}}`, `{"data":${text}}`]) {
        refused(await door.send(good.path, { ...asRequest(door, endpoint, good), body }))
      }
    })
  })

  describe.each(typed)('%s', (name, endpoint) => {
    it.each<{ value: unknown }>(
      [1.5, -1, true, false, [], ['x'], [[]], {}, { toString: 'x' }].map((value) => ({ value })),
    )('WK-04: a field that is $value is 400 and says which, and the good request is still good', async ({ value }) => {
      const good = await endpoint.good(door)
      for (const field of Object.keys(good.body ?? {})) {
        const body = { ...good.body, [field]: value }
        const answer = await door.send(good.path, asRequest(door, endpoint, { ...good, body }))
        expect(`${field}: ${refusalOf(answer)}`).toBe(`${field}: 400 invalid_request`)
        expect((answer.body as { error: string }).error).toContain(field)
      }
      expect((await door.send(good.path, asRequest(door, endpoint, good))).status).toBe(endpoint.success)
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
    ])('WK-04: %s in every field is 400 or 401 in no time, and the good request is still good', async (_name, text) => {
      const good = await endpoint.good(door)
      for (const field of Object.keys(good.body ?? {})) {
        const body = { ...good.body, [field]: text }
        const startedAt = performance.now()
        const answer = await door.send(good.path, asRequest(door, endpoint, { ...good, body }))
        expect(performance.now() - startedAt).toBeLessThan(1_000)
        expect(name === 'refresh-token' ? [400, 401] : [400]).toContain(answer.status)
      }
      expect((await door.send(good.path, asRequest(door, endpoint, good))).status).toBe(endpoint.success)
    })

    it('WK-04: of a key given twice the last counts', async () => {
      const good = await endpoint.good(door)
      const [field] = Object.keys(good.body ?? {})
      const text = JSON.stringify(good.body)
      const request = asRequest(door, endpoint, good)
      refused(await door.send(good.path, { ...request, body: `${text.slice(0, -1)},"${field}":[7]}` }))
      const lastGood = `{"${field}":[7],${text.slice(1)}`
      expect((await door.send(good.path, { ...request, body: lastGood })).status).toBe(endpoint.success)
    })

    it('WK-04: an error names the place and the rule, never the value', async () => {
      for (const field of endpoint.fields ?? []) {
        const answer = await door.post(endpoint.path, { [field]: ['hunter2'] })
        expect(answer.text).not.toContain('hunter2')
      }
    })
  })

  describe.each(all.filter(([, { method }]) => method === 'GET'))('%s', (_, endpoint) => {
    it('WK-01: HEAD answers like GET, without a body', async () => {
      const good = await endpoint.good(door)
      const answer = await door.send(good.path, { ...asRequest(door, endpoint, good), method: 'HEAD' })
      expect([answer.status, answer.text]).toEqual([200, ''])
    })
  })

  it('WK-07: null is as good as absent in verify-login and login-with-passkey', async () => {
    const nulls = {
      user_id: null,
      verification_code: null,
      siwe_message: null,
      signature: null,
      session_challenge_code: null,
      passkey_credential_assertion_response: null,
    }
    expect((await door.verify({ ...nulls, ...(await door.prove(ethereumSigner())) })).status).toBe(200)
    expect((await door.verify({ ...nulls, ...(await door.mailedCode()) })).status).toBe(200)
    expect(refusalOf(await door.verify(nulls))).toBe('400 invalid_request')
    expect((await door.post('/users/login-with-passkey', { email: null, sign_in_wallet: null })).status).toBe(200)
  })

  it('WK-30: verify-login takes exactly one method; none, two, or half of one is 400 that names them and spends nothing', async () => {
    const code = await door.mailedCode()
    const proof = await door.prove(ethereumSigner())
    const { challenge, link } = await door.mailedLink()
    await door.confirm(link)
    const challenged = { session_challenge_code: challenge.code }
    const { user_id } = code
    const bad: Record<string, unknown>[] = [
      {},
      { user_id },
      { verification_code: code.verification_code },
      { siwe_message: proof.siwe_message },
      { signature: proof.signature },
      { user_id, siwe_message: proof.siwe_message },
      { user_id, signature: proof.signature },
      { ...code, ...proof },
      { ...code, ...challenged },
      { ...proof, ...challenged },
      { ...code, signature: proof.signature },
      { ...code, siwe_message: proof.siwe_message },
      { ...challenged, signature: proof.signature },
      { ...challenged, user_id },
      { ...challenged, passkey_credential_assertion_response: {} },
      { ...code, passkey_credential_assertion_response: {} },
      { ...proof, passkey_credential_assertion_response: {} },
      { user_id, passkey_credential_assertion_response: {} },
    ]
    for (const body of bad) {
      const answer = await door.verify(body)
      expect(`${Object.keys(body)}: ${refusalOf(answer)}`).toBe(`${Object.keys(body)}: 400 invalid_request`)
      for (const method of ['verification_code', 'siwe_message', 'session_challenge_code', 'passkey_credential']) {
        expect(answer.text).toContain(method)
      }
    }
    for (const body of [code, proof, challenged]) expect((await door.verify(body)).status).toBe(200)
  })

  it.each([
    '/users',
    '/users/',
    '/users/verify-login/',
    '/users/verify-login/x',
    '/users/Verify-Login',
    '/users/verify-login.json',
    '/users/verify-login%00',
    '/users//verify-login',
    '/users/%zz',
    '/users/%ff',
    '/users/passkey',
    '/users/jwks',
    '/users/me',
    '/users/oauth',
    '/wallets/',
    '/wallets/x',
    '/wallets/0x1/sign',
    `/users/${'x'.repeat(4_000)}`,
  ])('WK-04: the unknown path %s is 404, with and without project and bearer, never a redirect', async (path) => {
    const session = await door.signInAnonymously()
    for (const method of ['POST', 'GET', 'DELETE']) {
      for (const headers of [{}, { [PROJECT_HEADER]: door.projectId, ...bearer(session) }]) {
        const answer = await door.send(path, {
          method,
          headers: { ...JSON_TYPE, ...headers },
          body: method === 'GET' ? null : '{}',
        })
        expect(`${method} ${refusalOf(answer)}`).toBe(`${method} 404 not_found`)
      }
    }
  })

  it.each([
    ['GET', '/users/oauth/google-callback?code=x&state=y'],
    ['POST', '/users/oauth/apple-callback'],
  ])('WK-43: %s %s is 404 and says that the provider is not offered', async (method, path) => {
    const answer = await door.send(path, {
      method,
      headers: method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
      body: method === 'POST' ? 'code=x&state=y' : null,
    })
    expect(refusalOf(answer)).toBe('404 not_found')
    expect(answer.text).toMatch(/google|apple|provider|OAuth/i)
  })
})
