import { createHash } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import { createMemoryStores } from '../../../core/stores/memory/memory-stores.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { createGateway } from '../../../src/gateway.ts'
import { createApp } from '../../../src/http/app.ts'
import { createLogger } from '../../../src/logger.ts'
import type { OpenApiDocument } from '../../../src/pages/docs/openapi-document.ts'
import { groupOperations } from '../../../src/pages/docs/reference-page.ts'
import { exampleOf } from '../../../src/pages/docs/schema.ts'
import { playgroundSettings } from '../../../src/pages/playground/playground-settings.ts'
import { loadWith, PINNED_PROJECT, WITH_FILE, WITH_REDIS } from '../config/load-with.ts'

const random = createSystemRandom()
const MADE_KEY = /sk_test_[0-9A-Za-z]{48}/

async function openApp(settings: Settings) {
  const ports = { stores: createMemoryStores(), clock: { now: () => new Date() }, random, mail: null, report: () => {} }
  const playground = settings.server.playground ? playgroundSettings(settings, false) : null
  const gateway = await createGateway(settings, ports)
  return createApp({ ...gateway, mailbox: null, playground, logger: createLogger('silent'), random })
}

const from = (remoteAddress: string) => ({ incoming: { headers: {}, socket: { remoteAddress } } })

describe('the pages of a first start', () => {
  let app: Awaited<ReturnType<typeof openApp>>
  beforeAll(async () => {
    app = await openApp(loadWith({}))
  })

  it.each(['/playground', '/docs', '/docs/quick-start', '/docs/api/moonkey'])(
    '%s may do what its policy names',
    async (path) => {
      const answer = await app.request(`http://localhost:8787${path}`)
      expect(answer.status).toBe(200)
      const page = await answer.text()
      const hashOf = (tag: string) => {
        const inline = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? ''
        expect(inline.length).toBeGreaterThan(1000)
        return `'sha256-${createHash('sha256').update(inline).digest('base64')}'`
      }
      const policy = answer.headers.get('content-security-policy')?.split('; ')
      expect(policy).toEqual([
        "default-src 'none'",
        `style-src ${hashOf('style')}`,
        `script-src ${hashOf('script')}`,
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ])
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
      // Nothing to fetch, and no way for a text to end the block it stands in.
      expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
      expect(page.match(/<script/g)).toHaveLength(path === '/playground' ? 2 : 1)
      expect(page).not.toContain('<!--')
    },
  )

  it.each([
    ['another host', 'http://gate.example.com/', {}],
    ['a name that was pointed here', 'http://rebound.example.com:8787/', from('127.0.0.1')],
    ['a distant peer', 'http://localhost:8787/', from('203.0.113.9')],
    ['a distant peer over IPv6', 'http://localhost:8787/', from('2001:db8::9')],
  ])('the playground does not exist for %s, and the docs fill nothing in', async (_, base, env) => {
    const playground = await app.request(`${base}playground`, {}, env)
    expect([playground.status, await playground.json()]).toEqual([404, { error: 'not found' }])
    const docs = await app.request(`${base}docs/api/moonkey`, {}, env)
    expect(docs.status).toBe(200)
    const page = await docs.text()
    expect(page).not.toMatch(MADE_KEY)
    expect(page).not.toContain('href="/playground"')
  })

  it.each([
    ['/playground', 'http://localhost:8787/', {}],
    ['/playground', 'http://localhost:8787/', from('127.0.0.1')],
    ['/docs', 'http://gate.example.com/', {}],
    ['/docs', 'http://rebound.example.com:8787/', from('127.0.0.1')],
    ['/docs', 'http://localhost:8787/', from('203.0.113.9')],
  ])('/ leads to %s from %s', async (to, url, env) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await app.request(`${url}?next=//evil.example`, { method }, env)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, to])
      expect([answer.headers.get('cache-control'), await answer.text()]).toEqual(['no-store', ''])
    }
  })

  it('/ leads to the documentation where there is no playground', async () => {
    const without = await openApp(loadWith({ PLAYGROUND: 'off' }))
    expect((await without.request('http://localhost:8787/')).headers.get('location')).toBe('/docs')
  })

  it('fill in the key that was made up, for who is near', async () => {
    for (const path of ['/playground', '/docs/api/moonkey']) {
      const page = await (await app.request(`http://localhost:8787${path}`, {}, from('127.0.0.1'))).text()
      expect(page).toMatch(MADE_KEY)
    }
  })

  it.each(['/docs/unknown', '/docs/api/unknown', '/docs/api/__proto__', '/docs/..%2fpackage', '/docs/quick-start.md'])(
    '%s is not there',
    async (path) => {
      const answer = await app.request(`http://localhost:8787${path}`)
      expect([answer.status, await answer.json()]).toEqual([404, { error: 'not found' }])
    },
  )

  it.each(['/', '/playground', '/docs', '/docs/quick-start', '/docs/api/moonkey'])('%s is only read', async (path) => {
    const answer = await app.request(`http://localhost:8787${path}`, { method: 'POST' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it.each(['4mica', 'moonkey', 'walletkit'])('%s: the example of every body fits its schema', async (name) => {
    const document = (await (await app.request(`/openapi/${name}.json`)).json()) as OpenApiDocument
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ $id: 'doc', ...document })
    let bodies = 0
    for (const { id, requestBody, responses } of [...groupOperations(document).values()].flat()) {
      const schemas = [requestBody, responses['200']].flatMap(
        (each) => each?.content?.['application/json']?.schema ?? [],
      )
      expect(responses).toBeTypeOf('object')
      const body = requestBody?.content['application/json']?.schema
      if (body === undefined) continue
      bodies++
      expect(schemas.length).toBeGreaterThan(0)
      const reference = body.$ref === undefined ? body : { $ref: `doc${body.$ref}` }
      const validate = ajv.compile(reference)
      expect([id, validate(exampleOf(document, body)), validate.errors]).toEqual([id, true, null])
    }
    expect(bodies).toBeGreaterThan(3)
  })
})

describe('what the playground is told', () => {
  it('never a key that somebody has set', () => {
    const settings = loadWith({ PROJECT_SECRET_KEY: `sk_live_${'a1'.repeat(24)}`, PLAYGROUND: 'on' })
    expect(playgroundSettings(settings, false).projects[0]?.moonkey?.secretKey).toBeNull()
    const file = loadWith(WITH_FILE, { projects: [PINNED_PROJECT] })
    expect(JSON.stringify(playgroundSettings(file, false))).not.toMatch(/sk_|jwtSecret/)
  })

  it('no key under a public name, where who says localhost may come from anywhere', () => {
    const settings = loadWith({ PUBLIC_URL: 'https://auth.example.com', PLAYGROUND: 'on' })
    expect(settings.generated.length).toBeGreaterThan(0)
    expect(playgroundSettings(settings, false).projects[0]?.moonkey?.secretKey).toBeNull()
  })

  it('nothing of the keys with Redis', () => {
    const settings = loadWith({ ...WITH_REDIS, PLAYGROUND: 'on' })
    const told = JSON.stringify(playgroundSettings(settings, false))
    for (const secret of [WITH_REDIS['PROJECT_SECRET_KEY'], WITH_REDIS['AUTH_JWT_SECRET']])
      expect(told).not.toContain(secret)
  })

  it.each([
    [{}, true],
    [{ NODE_ENV: 'production', STORE: 'memory' }, false],
    [{ PUBLIC_URL: 'https://auth.example.com' }, false],
    [WITH_REDIS, false],
    [{ ...WITH_REDIS, PLAYGROUND: 'on' }, true],
    [{ PLAYGROUND: 'off' }, false],
  ] as const)('is there by itself only where one starts out: %j', (env, expected) => {
    expect(loadWith(env).server.playground).toBe(expected)
  })

  it('knows 4mica for the project that requests under the public URL reach', () => {
    const second = { ...PINNED_PROJECT, id: 'b', walletkit: undefined, moonkey: undefined }
    const [first, other] = playgroundSettings(
      loadWith(
        { ...WITH_FILE, PUBLIC_URL: 'http://localhost:8787' },
        {
          projects: [
            PINNED_PROJECT,
            { ...second, fourmica: { ...PINNED_PROJECT.fourmica, hosts: ['localhost:8787'] } },
          ],
        },
      ),
      false,
    ).projects
    expect(first?.fourmica).toBeNull()
    expect(other).toMatchObject({ fourmica: { chainId: 84532 }, walletkit: null, moonkey: null })
  })
})
