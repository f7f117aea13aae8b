import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES } from '../../../src/http/limit-body.ts'
import type { ApiRequest } from '../../support/api-client.ts'
import { JSON_TYPE } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { type FourMicaDoor, openDoor, readTokens } from './door.ts'

const PATHS = ['/auth/nonce', '/auth/verify', '/auth/refresh', '/auth/logout'] as const
const ADDRESS = '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'

describe.each(STORES)('4mica requests and errors on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  /** A body each path answers with 200. */
  async function goodBody(path: (typeof PATHS)[number]): Promise<object> {
    const wallet = newEthereumWallet()
    if (path === '/auth/nonce') return { address: wallet.address }
    if (path === '/auth/verify') return door.prove(wallet)
    return { refresh_token: (await door.signIn(wallet)).refresh_token }
  }

  describe.each(PATHS)('%s', (path) => {
    it('4MICA-01: answers POST at the origin root', async () => {
      expect((await door.post(path, await goodBody(path))).status).toBe(200)
    })

    it.each(['Bearer abc', 'Basic Zm9vOmJhcg==', ''])(
      '4MICA-01: ignores the Authorization header "%s"',
      async (authorization) => {
        expect((await door.post(path, await goodBody(path), { authorization })).status).toBe(200)
      },
    )

    it.each([
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"; v=1',
      'application/json ; charset=utf-8',
      'application/json;',
      'application/json;odata.metadata=none',
      'Application/JSON',
      'application/problem+json',
    ])('4MICA-02: accepts the content type %s', async (type) => {
      expect((await door.post(path, await goodBody(path), { 'content-type': type })).status).toBe(200)
    })

    it('4MICA-02: ignores unknown fields', async () => {
      const body = { ...(await goodBody(path)), chainId: 'x', extra: { deep: [1, null] }, '': '' }
      expect((await door.post(path, body)).status).toBe(200)
    })

    it.each([
      undefined,
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonx',
      ',',
    ])('4MICA-03: the content type %s is 400, not 415', async (type) => {
      const body = Buffer.from(JSON.stringify(await goodBody(path)))
      const answer = await door.send(path, { headers: type === undefined ? {} : { 'content-type': type }, body })
      expect(answer.status).toBe(400)
    })

    it.each<[string, ApiRequest]>([
      ['no body', {}],
      ['an empty body', { body: '' }],
      ['white space', { body: ' \n' }],
      ['no JSON', { body: 'address=0x' }],
      ['truncated JSON', { body: '{"address":"0x' }],
      ['text after the value', { body: '{}x' }],
      ['two values', { body: '{}{}' }],
      ['null', { body: 'null' }],
      ['a number', { body: '1' }],
      ['a string', { body: '"address"' }],
      ['an empty array', { body: '[]' }],
      ['an array in field order', { body: `["${ADDRESS}","m","s"]` }],
      ['an empty object', { body: '{}' }],
      ['single quotes', { body: "{'address':'x'}" }],
      ['a comment', { body: '{/**/}' }],
      ['NaN', { body: '{"address":NaN}' }],
      ['a byte of NUL', { body: '\0' }],
      ['UTF-16', { body: Buffer.from('{"address":"0x"}', 'utf16le') }],
      ['nothing but broken UTF-8', { body: Buffer.from([0xff, 0xfe, 0xfd]) }],
      ['60 000 opened arrays', { body: '['.repeat(60_000) }],
      ['30 000 nested arrays', { body: `${'['.repeat(30_000)}${']'.repeat(30_000)}` }],
      ['10 000 nested objects', { body: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}` }],
    ])('4MICA-03: %s is 400', async (_, request) => {
      const answer = await door.send(path, { ...request, headers: JSON_TYPE })
      expect(answer.status).toBe(400)
    })

    it.each<{ value: unknown }>(
      [null, 1, 1.5, true, false, [], ['x'], {}, { toString: 'x' }].map((value) => ({ value })),
    )('4MICA-03: a field that is $value is 400', async ({ value }) => {
      const good = await goodBody(path)
      for (const field of Object.keys(good)) {
        expect((await door.post(path, { ...good, [field]: value })).status).toBe(400)
      }
    })

    it('4MICA-03: every missing field is 400', async () => {
      const good = await goodBody(path)
      for (const missing of Object.keys(good)) {
        const rest = Object.fromEntries(Object.entries(good).filter(([field]) => field !== missing))
        expect((await door.post(path, rest)).status).toBe(400)
      }
    })

    it('4MICA-03: a field that hides behind __proto__ or a prototype is missing, and pollutes nothing', async () => {
      const good = JSON.stringify(await goodBody(path))
      for (const body of [`{"__proto__":${good}}`, `{"constructor":{"prototype":${good}}}`, `{"prototype":${good}}`]) {
        expect((await door.send(path, { headers: JSON_TYPE, body })).status).toBe(400)
      }
      expect(Object.keys(Object.prototype)).toEqual([])
      expect('address' in {} || 'refresh_token' in {}).toBe(false)
    })

    it('4MICA-03: a good body is still good beside a __proto__ key', async () => {
      const good = JSON.stringify(await goodBody(path))
      const body = `{"__proto__":{"address":1,"refresh_token":1},${good.slice(1)}`
      expect((await door.send(path, { headers: JSON_TYPE, body })).status).toBe(200)
    })

    it('4MICA-03: of a key given twice the last counts', async () => {
      const good = await goodBody(path)
      const [field] = Object.keys(good)
      const text = JSON.stringify(good)
      const lastGood = `{"${field}":7,${text.slice(1)}`
      const lastBad = `${text.slice(0, -1)},"${field}":7}`
      expect((await door.send(path, { headers: JSON_TYPE, body: lastBad })).status).toBe(400)
      expect((await door.send(path, { headers: JSON_TYPE, body: lastGood })).status).toBe(200)
    })

    it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'HEAD'])('4MICA-04: %s is 405 with Allow', async (method) => {
      const answer = await door.send(path, { method })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('POST, OPTIONS')
    })

    it('4MICA-04: a body of exactly 64 KiB is read, one byte more is 413, announced or not', async () => {
      const good = JSON.stringify(await goodBody(path))
      const padded = (bytes: number) => `${good.slice(0, -1)},"pad":"${'x'.repeat(bytes - good.length - 9)}"}`
      const [fits, tooLong] = [padded(MAX_BODY_BYTES), padded(MAX_BODY_BYTES + 1)]
      expect([fits.length, tooLong.length]).toEqual([65_536, 65_537])
      for (const announce of [true, false]) {
        const headers = (body: string) =>
          announce ? { ...JSON_TYPE, 'content-length': String(body.length) } : JSON_TYPE
        const refused = await door.send(path, { headers: headers(tooLong), body: tooLong })
        expect(refused.status).toBe(413)
        expect(refused.headers.get('access-control-allow-origin')).toBe('*')
      }
      expect((await door.send(path, { headers: JSON_TYPE, body: fits })).status).toBe(200)
    })

    it('4MICA-04: a megabyte that comes in pieces is 413 without being read to its end', async () => {
      let sent = 0
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1
          controller.enqueue(new Uint8Array(16_384).fill(0x20))
          if (sent === 64) controller.close()
        },
      })
      expect((await door.send(path, { headers: JSON_TYPE, body })).status).toBe(413)
      expect(sent).toBeLessThan(10)
    })

    it('4MICA-04: a chunked body over the limit is 413 even if it announces a small length', async () => {
      const body = new Blob(['{"pad":"', 'x'.repeat(MAX_BODY_BYTES), '"}']).stream()
      const headers = { ...JSON_TYPE, 'content-length': '10', 'transfer-encoding': 'chunked' }
      expect((await door.send(path, { headers, body })).status).toBe(413)
    })

    it.each(['https://app.example', 'http://localhost:3000', 'null'])(
      '4MICA-05: a preflight from %s is answered',
      async (origin) => {
        const answer = await door.send(path, {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'content-type',
          },
        })
        expect(answer.status).toBe(200)
        expect(answer.text).toBe('')
        expect(answer.headers.get('access-control-allow-origin')).toBe('*')
        expect(answer.headers.get('access-control-allow-methods')?.split(', ')).toContain('POST')
        expect(answer.headers.get('access-control-allow-headers')?.toLowerCase().split(', ')).toContain('content-type')
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      },
    )

    it('4MICA-05: every answer may be read by any page', async () => {
      const origin = { origin: 'https://app.example' }
      const answers = [
        await door.post(path, await goodBody(path), origin),
        await door.post(path, {}, origin),
        await door.post(path, { address: 'x', message: 'x', signature: 'x', refresh_token: 'x' }, origin),
        await door.send(path, { method: 'GET', headers: origin }),
        await door.send(`${path}/x`, { headers: origin }),
      ]
      for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).toBe('*')
    })
  })

  it.each([
    '/auth',
    '/auth/',
    '/auth/nonce/',
    '/auth//nonce',
    '/auth/verify/x',
    '/auth/token',
    '/auth/Nonce',
    '/auth/nonce.json',
    '/auth/nonce%00',
    '/auth/%zz',
    '/auth/%ff',
    `/auth/${'x'.repeat(4_000)}`,
  ])('4MICA-04: the unknown path %s is 404, never a redirect', async (path) => {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await door.send(path, { method, headers: JSON_TYPE, body: method === 'GET' ? null : '{}' })
      expect(answer.status).toBe(404)
    }
  })

  it('4MICA-01: a query on a known path changes nothing', async () => {
    expect((await door.post('/auth/nonce?address=x&refresh_token=y', { address: ADDRESS })).status).toBe(200)
  })

  describe('bad input to /auth/verify', () => {
    const megabyte = 'x'.repeat(1_048_576)
    const huge = 'f'.repeat(20_000)

    it.each<[string, (proof: Record<'address' | 'message' | 'signature', string>) => object, number]>([
      ['a megabyte of address', (proof) => ({ ...proof, address: megabyte }), 413],
      ['a megabyte of message', (proof) => ({ ...proof, message: megabyte }), 413],
      ['a megabyte of signature', (proof) => ({ ...proof, signature: megabyte }), 413],
      ['20 000 characters of address', (proof) => ({ ...proof, address: `0x${huge}` }), 400],
      ['20 000 characters of message', (proof) => ({ ...proof, message: proof.message + huge }), 400],
      ['20 000 line ends of message', (proof) => ({ ...proof, message: proof.message + '\n'.repeat(20_000) }), 400],
      ['20 000 hex digits of signature', (proof) => ({ ...proof, signature: `0x${huge}` }), 400],
      ['16 000 hex digits of signature', (proof) => ({ ...proof, signature: `0x${'f'.repeat(16_000)}` }), 401],
      ['a lone surrogate in the address', (proof) => ({ ...proof, address: `\ud800${proof.address}` }), 400],
      [
        'a lone surrogate in the message',
        (proof) => ({ ...proof, message: proof.message.replace('Sign in', 'Sign \ud800in') }),
        400,
      ],
      ['a lone surrogate in the signature', (proof) => ({ ...proof, signature: `${proof.signature}\udfff` }), 400],
      ['NUL in the address', (proof) => ({ ...proof, address: `${proof.address}\0` }), 400],
      ['NUL in the statement', (proof) => ({ ...proof, message: proof.message.replace('Sign in', 'Sign\0in') }), 400],
      ['NUL in the signature', (proof) => ({ ...proof, signature: `${proof.signature}\0` }), 400],
      ['an empty address', (proof) => ({ ...proof, address: '' }), 400],
      ['an empty message', (proof) => ({ ...proof, message: '' }), 400],
      ['an empty signature', (proof) => ({ ...proof, signature: '' }), 401],
      [
        '4 000 fields',
        (proof) => ({
          ...proof,
          ...Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`f${i}`, i])),
          message: 1,
        }),
        400,
      ],
    ])('4MICA-03: %s is refused, and the nonce is still good', async (_, spoil, status) => {
      const proof = await door.prove(newEthereumWallet())
      const answer = await door.post('/auth/verify', spoil({ ...proof }))
      expect(answer.status).toBe(status)
      expect((await door.verify(proof)).status).toBe(200)
    })
  })

  it.each([
    '\ud800',
    '\0',
    `rfr_${'\0'.repeat(70)}`,
    'x'.repeat(4_096),
    `rfr_${'a'.repeat(60_000)}`,
    '€'.repeat(1_000),
    '{"$ne":null}',
    '*',
    'sess_*',
  ])('4MICA-03: the odd refresh token %j is refused and harms nobody', async (token) => {
    const { refresh_token } = await door.signIn()
    expect((await door.refresh(token)).status).toBe(401)
    expect((await door.logout(token)).body).toEqual({ revoked: false })
    readTokens(await door.refresh(refresh_token))
  })

  it('4MICA-03: an error names the place and the rule, never the value', async () => {
    const answer = await door.post('/auth/nonce', { address: ['hunter2'] })
    expect(answer.body).toEqual({ error: 'address: expected a string' })
  })
})
