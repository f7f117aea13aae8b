import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RawAnswer } from '../support/raw-http.ts'
import { CANARY } from './support/hostile-values.ts'
import { faultOfHead, faultOfText, isFront } from './support/judge.ts'
import { sampleOfRun } from './support/length.ts'
import { mutantsOf } from './support/mutants.ts'
import { readOperations } from './support/operations.ts'
import { type Page, readPages } from './support/pages.ts'
import { SignIns } from './support/sign-ins.ts'
import { Target } from './support/target.ts'
import { Wire, type WireRequest } from './support/wire.ts'

const PAGES = await readPages(readOperations())
const SHORT = 40
/** What stands for a parameter, so that there is something at the path. */
const VALUES: Readonly<Record<string, string>> = { slug: 'quick-start', name: 'moonkey' }
/** Who reads these signs in as anybody: they are for nearby machines. */
const NEARBY_ONLY = /^\/(?:mailbox|playground)/

function faultOf(request: WireRequest, answer: RawAnswer | null): string | null {
  if (answer === null) return 'no answer'
  const fault = faultOfHead(answer) ?? faultOfText(request.headers, answer)
  if (fault !== null) return fault
  const { status, headers, body } = answer
  const type = headers.get('content-type') ?? ''
  if (isFront(answer)) {
    // As the URL standard reads it: `/docs/..` is the front page too.
    const { pathname } = new URL(request.target || '/', 'http://localhost')
    return pathname === '/' ? null : 'a redirect of another path'
  }
  if (request.method === 'HEAD' || (request.method === 'OPTIONS' && body === '')) return null
  if (/^text\/html; charset=utf-8$/i.test(type)) {
    const policy = headers.get('content-security-policy') ?? ''
    if (!policy.includes("default-src 'none'")) return `${status}: a page with the policy "${policy}"`
    if (!/frame-ancestors '(?:none|self)'/.test(policy)) return `${status}: a page that may be framed`
    if (headers.get('x-content-type-options') !== 'nosniff') return `${status}: a page whose type may be guessed`
    if (headers.get('referrer-policy') !== 'no-referrer') return `${status}: a page that tells whence it was left`
    return body.includes(`<script>${CANARY}`) || body.includes(`"${CANARY}<`) ? `${status}: a script of ours` : null
  }
  if (/^text\/plain/.test(type)) return status === 200 && /^[\w-]+$/.test(body) ? null : `${status} as text: ${body}`
  if (!/^application\/json/.test(type)) return `${status} as ${type}`
  const value: unknown = JSON.parse(body)
  return typeof value === 'object' && value !== null ? null : `${status}: no object`
}

describe('hostile requests to pages, health and documents', () => {
  let target: Target
  let signIns: SignIns
  let wire: Wire
  beforeAll(async () => {
    target = await Target.start('memory')
    signIns = new SignIns(target)
    wire = new Wire(target.port)
    // A mail, so that there is one to show.
    await signIns.walletkitCall('/users/login-with-magic-link', { email: `ada@example.test` })
  })
  afterAll(async () => {
    wire.close()
    await target.stop()
  })

  const goodRequest = ({ method, path }: Page): WireRequest => {
    const target_ = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] ?? 'x')
    const query = path === '/users/magic-link' ? `?project=${target.projectId}&token=${CANARY}` : ''
    const form = `project=${target.projectId}&token=${CANARY}`
    return {
      method,
      target: target_ + (method === 'GET' ? query : ''),
      headers: [
        ['Host', `localhost:${target.port}`],
        ...(method === 'GET' ? [] : ([['Content-Type', 'application/x-www-form-urlencoded']] as const)),
      ],
      body: method === 'GET' ? null : form,
    }
  }

  it('are told from those of the dialects, and are more than a few', () => {
    const names = PAGES.map(({ method, path }) => `${method} ${path}`)
    for (const name of [
      'GET /healthz',
      'GET /',
      'GET /docs',
      'GET /mailbox/{id}/html',
      'GET /playground',
      'POST /users/magic-link',
      'GET /openapi/4mica.json',
    ]) {
      expect(names).toContain(name)
    }
  })

  it.each(PAGES.map((page, index) => [`${page.method} ${page.path}`, page, index] as const))(
    '%s is answered each time, as a page or in JSON, and says nothing of our insides',
    { timeout: 120_000 },
    async (_, page, index) => {
      const good = goodRequest(page)
      const faults: string[] = []
      const queue = [...sampleOfRun(mutantsOf({ path: page.path, body: null }, good), SHORT, index)]
      const run = async () => {
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
          const fault = faultOf(next.request, await wire.send(next.request))
          if (fault !== null) faults.push(`${next.name}: ${fault}`)
        }
      }
      await Promise.all([run(), run(), run(), run()])
      expect(faults).toEqual([])
    },
  )

  it.each(PAGES.filter(({ path }) => NEARBY_ONLY.test(path)).map(({ method, path }) => [`${method} ${path}`, path]))(
    '%s is nothing under a name that a stranger’s page can have',
    async (_, path) => {
      for (const host of [
        'evil.example',
        'localhost.evil.example',
        '127.0.0.1.nip.io',
        '0.0.0.0',
        '8.8.8.8',
        '[2001:db8::1]',
        'localhost.',
        'xn--80ak6aa92e.com',
      ]) {
        for (const more of [
          {},
          { 'X-Forwarded-Host': 'localhost' },
          { 'X-Forwarded-For': '127.0.0.1' },
          { Forwarded: 'host=localhost' },
        ]) {
          const headers: WireRequest['headers'] = [['Host', host], ...Object.entries(more)]
          const answer = await wire.send({
            method: 'GET',
            target: path.replaceAll(/\{\w+\}/g, 'x'),
            headers,
            body: null,
          })
          expect(`${host} ${answer?.status}`).toBe(`${host} 404`)
        }
      }
      const absolute = await wire.send({
        method: 'GET',
        target: `http://evil.example${path}`,
        headers: [['Host', `localhost:${target.port}`]],
        body: null,
      })
      expect([400, 404]).toContain(absolute?.status)
    },
  )

  it('documents cost no memory for being asked for under many spellings of their path', async () => {
    const spell = (bits: number) =>
      [...'quick-start']
        .map((each, index) => ((bits >> index) & 1 ? `%${each.charCodeAt(0).toString(16)}` : each))
        .join('')
    const before = await target.vitals()
    for (let bits = 0; bits < 2_000; bits += 4) {
      await wire.send({ method: 'GET', target: `/docs/${spell(bits)}`, headers: [['Host', 'localhost']], body: null })
    }
    const after = await target.vitals()
    expect(after.heapUsed - before.heapUsed).toBeLessThan(8 * 1024 * 1024)
  })

  it('the port for metrics serves them and nothing else, whatever is asked', { timeout: 60_000 }, async () => {
    const metrics = new Wire(target.metricsPort)
    const good = { method: 'GET', target: '/metrics', headers: [['Host', 'localhost']], body: null } as const
    for (const { name, request } of sampleOfRun(mutantsOf({ path: '/metrics', body: null }, good), SHORT, 7)) {
      const answer = await metrics.send(request)
      expect(`${name}: ${answer === null || (answer.status >= 500 && answer.status !== 503)}`).toBe(`${name}: false`)
      if (answer !== null && answer.status >= 400) expect(faultOfText(request.headers, answer)).toBeNull()
    }
    metrics.close()
  })

  it('nothing crashed, and every dialect signs in', async () => {
    await Promise.all([signIns.fourmica(), signIns.moonkey(), signIns.walletkit()])
    const lines = await target.logged()
    expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([])
    expect(target.complaints).toBe('')
  })
})
