import { describe, expect, it } from 'vitest'
import { ApiClient } from '../support/api-client.ts'
import { SpecCheck } from '../support/spec-check.ts'

const GOOD = { 'content-type': 'application/json', 'x-request-id': 'abcdefgh', 'cache-control': 'no-store' }

/** What the client says about an answer like this one to a logout. */
async function verdictOn(
  status: number,
  body: unknown,
  headers: Record<string, string | null> = {},
  path = '/auth/logout',
) {
  const merged = Object.entries({ ...GOOD, ...headers }).filter((entry): entry is [string, string] => entry[1] !== null)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const app = { request: () => new Response(text, { status, headers: merged }) }
  const client = new ApiClient(app, new SpecCheck('4mica.openapi.yaml', 'FourMicaErrorReply'))
  return client.post(path, {}).then(
    () => 'accepted',
    (error: unknown) => String(error),
  )
}

describe('the check that every answer of every test goes through', () => {
  it('accepts what the document declares', async () => {
    expect(await verdictOn(200, { revoked: true })).toBe('accepted')
    expect(await verdictOn(400, { error: 'x' })).toBe('accepted')
    expect(await verdictOn(404, { error: 'x' }, {}, '/auth/unknown')).toBe('accepted')
    expect(await verdictOn(405, { error: 'x' }, { allow: 'POST' }, '/auth/unknown')).toBe('accepted')
  })

  it.each<[string, number, unknown, Record<string, string | null>?, string?]>([
    ['an undeclared status', 403, { error: 'x' }],
    ['a status of another operation', 401, { error: 'x' }],
    ['a missing field', 200, {}],
    ['a field of another type', 200, { revoked: 'yes' }],
    ['a field too many', 200, { revoked: true, extra: 1 }],
    ['an error that is no string', 400, { error: { message: 'x' } }],
    ['an empty error', 400, { error: '' }],
    ['an error with a field too many', 400, { error: 'x', stack: 'y' }],
    ['an empty body', 200, ''],
    ['text', 400, 'nope', { 'content-type': 'text/plain' }],
    ['HTML', 404, '<h1>', { 'content-type': 'text/html' }, '/auth/unknown'],
    ['another error shape off the operations', 404, { message: 'x' }, {}, '/auth/unknown'],
    ['no request id', 200, { revoked: true }, { 'x-request-id': null }],
    ['a nasty request id', 200, { revoked: true }, { 'x-request-id': 'a b' }],
    ['no Cache-Control', 200, { revoked: true }, { 'cache-control': null }],
    ['a lax Cache-Control', 200, { revoked: true }, { 'cache-control': 'no-cache' }],
    ['a cookie', 200, { revoked: true }, { 'set-cookie': 'a=b' }],
    ['a Location', 200, { revoked: true }, { location: '/' }],
    ['a redirect', 302, { error: 'x' }, { location: '/' }, '/auth/unknown'],
  ])('refuses %s', async (_, status, body, headers, path) => {
    expect(await verdictOn(status, body, headers, path)).toMatch(/answered/)
  })
})
