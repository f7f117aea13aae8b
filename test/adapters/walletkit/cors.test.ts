import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JSON_TYPE } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ORIGIN } from '../../support/origin.ts'
import { firstOf, openWalletKit, PROJECT_HEADER, refusalOf, type WalletKitDoor, walletKitProject } from './door.ts'
import { asRequest, ENDPOINTS } from './endpoints.ts'

const THEIRS = 'https://theirs.example.test'
const STRANGER = 'https://evil.example'
/** WalletKit digest §3.5. */
const HEADERS = [
  'authorization',
  'content-type',
  'x-walletkit-project-id',
  'x-walletkit-token-source',
  'x-fern-language',
  'x-fern-sdk-name',
  'x-fern-sdk-version',
]
/** Close to an allowed origin, and none. */
const NEARLY = [
  'http://app.example.test',
  'https://app.example.test:444',
  'https://app.example.test.evil.example',
  'https://evil-app.example.test',
  'https://sub.app.example.test',
  'https://APP.example.test',
  'https://app.example.test/',
  'https://app.example.test@evil.example',
  'https://app.example.test, https://evil.example',
  'null',
  'file://',
  '*',
]

const all = Object.entries(ENDPOINTS)

describe.each(STORES)('WalletKit and browsers on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let other: WalletKitDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const projects = [walletKitProject(), walletKitProject({}, { allowedOrigins: [THEIRS] })]
    const opened = await openWalletKit(store, stores, { projects })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    other = firstOf(opened.doors.slice(1))
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const allowedOrigin = ({ headers }: { headers: Headers }) => headers.get('access-control-allow-origin')
  const preflight = (path: string, method: string, origin: string) =>
    door.send(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': HEADERS.join(),
      },
    })

  describe.each(all)('%s', (_, endpoint) => {
    it('WK-24: a preflight from a page of any project is answered, for the seven headers', async () => {
      const { path } = await endpoint.good(door)
      for (const origin of [ORIGIN, THEIRS]) {
        const answer = await preflight(path, endpoint.method, origin)
        expect([200, 204]).toContain(answer.status)
        expect(allowedOrigin(answer)).toBe(origin)
        const list = (name: string) => (answer.headers.get(name) ?? '').split(/\s*,\s*/)
        expect(list('access-control-allow-methods')).toEqual(expect.arrayContaining(['GET', 'POST']))
        const allowed = list('access-control-allow-headers').map((name) => name.toLowerCase())
        expect(allowed).toEqual(expect.arrayContaining(HEADERS))
        expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThan(0)
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
        expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin')
      }
    })

    it('WK-24: a preflight from elsewhere gets no permission', async () => {
      for (const origin of [STRANGER, ...NEARLY]) {
        const answer = await preflight(endpoint.path, endpoint.method, origin)
        expect(`${origin}: ${allowedOrigin(answer)}`).toBe(`${origin}: null`)
      }
    })

    it('WK-24: an allowed page reads the answer', async () => {
      const good = await endpoint.good(door)
      const request = asRequest(door, endpoint, good)
      const answer = await door.send(good.path, { ...request, headers: { ...request.headers, origin: ORIGIN } })
      expect(answer.status).toBe(endpoint.success)
      expect(allowedOrigin(answer)).toBe(ORIGIN)
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin')
    })

    it('WK-24: another project’s page is 403, cannot read it, and nothing is done', async () => {
      const good = await endpoint.good(door)
      const request = asRequest(door, endpoint, good)
      for (const origin of [THEIRS, STRANGER, ...NEARLY]) {
        const answer = await door.send(good.path, { ...request, headers: { ...request.headers, origin } })
        expect(`${origin}: ${refusalOf(answer)}`).toBe(`${origin}: 403 origin_not_allowed`)
        expect(`${origin}: ${allowedOrigin(answer)}`).toBe(`${origin}: null`)
      }
      expect((await door.send(good.path, request)).status).toBe(endpoint.success)
    })

    it('WK-24: a refused origin is 403 before bearer and body are looked at', async () => {
      const answer = await door.call(endpoint.path, { method: endpoint.method, headers: { origin: STRANGER } })
      expect(refusalOf(answer)).toBe('403 origin_not_allowed')
    })

    it('WK-24: an allowed page reads errors too', async () => {
      const from = { origin: ORIGIN }
      const answers = [
        await door.send(endpoint.path, { method: endpoint.method, headers: from }),
        await door.send(endpoint.path, { method: endpoint.method, headers: { ...from, [PROJECT_HEADER]: 'unknown' } }),
        await door.call(endpoint.path, { method: 'PUT', headers: from }),
        await door.call(`${endpoint.path}/unknown`, { method: endpoint.method, headers: from }),
        await door.call(endpoint.path, {
          method: 'POST',
          headers: { ...from, ...JSON_TYPE },
          body: `"${'x'.repeat(70_000)}"`,
        }),
      ]
      for (const answer of answers) {
        expect(answer.status).toBeGreaterThanOrEqual(400)
        expect(`${answer.status}: ${allowedOrigin(answer)}`).toBe(`${answer.status}: ${ORIGIN}`)
        expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin')
      }
    })

    it('WK-24: native apps and servers name no origin, and are served', async () => {
      const good = await endpoint.good(door)
      const answer = await door.send(good.path, asRequest(door, endpoint, good))
      expect(answer.status).toBe(endpoint.success)
      expect(allowedOrigin(answer)).toBeNull()
    })
  })

  it('WK-24: refusals of what was sent can be read by the page that sent it', async () => {
    const from = { origin: ORIGIN }
    const answers = [
      await door.verify({}, from),
      await door.verify({ session_challenge_code: 'x' }, from),
      await door.post('/users/refresh-token', { session_id: 'x', refresh_token: 'y' }, from),
      await door.bare('/users/logout', from),
      await door.post('/users/login-with-email', { email: 'x' }, from),
    ]
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 401, 401, 400])
    for (const answer of answers) expect(allowedOrigin(answer)).toBe(ORIGIN)
  })

  it('WK-24: each project has its own list', async () => {
    expect((await other.bare('/users/login-anonymously', { origin: THEIRS })).status).toBe(200)
    const answer = await other.bare('/users/login-anonymously', { origin: ORIGIN })
    expect(refusalOf(answer)).toBe('403 origin_not_allowed')
    expect(allowedOrigin(answer)).toBeNull()
  })

  it('WK-42: the key set may be read by any page', async () => {
    for (const origin of [ORIGIN, STRANGER, 'null']) {
      const answer = await door.send(`/users/jwks/${door.projectId}`, { method: 'GET', headers: { origin } })
      expect([answer.status, allowedOrigin(answer)]).toEqual([200, '*'])
    }
  })
})
