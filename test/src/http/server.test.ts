import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES } from '../../../src/http/limit-body.ts'
import { type Listening, listen } from '../../../src/http/listen.ts'
import { type FourMicaDoor, openDoor } from '../../adapters/fourmica/door.ts'
import { openStoresForTests } from '../../support/gateway.ts'
import { type RawAnswer, RawConnection, rawExchange } from '../../support/raw-http.ts'

const NONCE_BODY = '{"address":"0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"}'

/** What every answer of the application obeys, on the wire. */
function requireHouseRules(answer: RawAnswer | null, bodyless = false): RawAnswer {
  if (answer === null) throw new Error('no answer')
  expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{8,64}$/)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.has('set-cookie')).toBe(false)
  expect(answer.headers.has('x-powered-by')).toBe(false)
  expect(answer.headers.has('location')).toBe(false)
  expect(answer.status < 300 || answer.status >= 400).toBe(true)
  if (!bodyless) {
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    const body: unknown = JSON.parse(answer.body)
    if (answer.status >= 400) expect(body).toMatchObject({ error: expect.any(String) })
  }
  return answer
}

describe('the application behind a socket', () => {
  const stores = openStoresForTests('memory')
  let door: FourMicaDoor
  let server: Listening
  beforeAll(async () => {
    door = await openDoor(stores)
    server = await listen(door.gateway.app.fetch, { host: '127.0.0.1', port: 0 })
  })
  afterAll(async () => {
    await server.drain(500)
    await stores.close()
  })

  const post = (path: string, body: string, headers = '') =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

  it('serves a request', async () => {
    const answer = requireHouseRules(await rawExchange(server.port, post('/auth/nonce', NONCE_BODY)))
    expect(answer.status).toBe(200)
  })

  it('reads a chunked body', async () => {
    const head =
      'POST /auth/nonce HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    const body = chunk(NONCE_BODY.slice(0, 10)) + chunk(NONCE_BODY.slice(10)) + chunk('')
    expect(requireHouseRules(await rawExchange(server.port, head + body)).status).toBe(200)
  })

  it('refuses an announced body over 64 KiB with 413 before it is sent', async () => {
    const head = `POST /auth/nonce HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`
    const answer = requireHouseRules(await rawExchange(server.port, head))
    expect(answer).toMatchObject({ status: 413, body: '{"error":"request body too large"}' })
  })

  it('refuses a chunked body with 413 as soon as it passes 64 KiB', async () => {
    const head =
      'POST /auth/nonce HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
    const answer = requireHouseRules(
      await rawExchange(server.port, head + chunk(' '.repeat(40_000)) + chunk(' '.repeat(40_000))),
    )
    expect(answer.status).toBe(413)
  })

  it('a body of exactly 64 KiB is read', async () => {
    const body = `${NONCE_BODY.slice(0, -1)},"pad":"${'x'.repeat(MAX_BODY_BYTES - NONCE_BODY.length - 9)}"}`
    expect(body).toHaveLength(MAX_BODY_BYTES)
    expect(requireHouseRules(await rawExchange(server.port, post('/auth/nonce', body))).status).toBe(200)
  })

  it('what follows a refused body on the connection is never taken for a request', async () => {
    const countNonces = () => door.logs.filter(({ path }) => path === '/auth/nonce').length
    const before = countNonces()
    const connection = await RawConnection.open(server.port)
    connection.write(post('/auth/verify', post('/auth/nonce', NONCE_BODY) + ' '.repeat(MAX_BODY_BYTES)))
    expect((await connection.next())?.status).toBe(413)
    connection.write(post('/auth/nonce', NONCE_BODY))
    // Served on the same connection or not at all: either is right, a nonce for the body is not.
    const answer = await connection.next()
    expect(countNonces() - before).toBe(answer?.status === 200 ? 1 : 0)
    connection.destroy()
  })

  it('answers pipelined sign-in requests in order', async () => {
    const connection = await RawConnection.open(server.port)
    connection.write(
      post('/auth/nonce', NONCE_BODY) +
        post('/auth/refresh', '{"refresh_token":"x"}') +
        post('/auth/logout', '{"refresh_token":"x"}'),
    )
    const statuses = []
    for (let i = 0; i < 3; i += 1) statuses.push(requireHouseRules(await connection.next()).status)
    expect(statuses).toEqual([200, 401, 200])
    connection.destroy()
  })

  it('Expect: 100-continue with a body over the limit ends in 413', async () => {
    const connection = await RawConnection.open(server.port)
    connection.write(
      `POST /auth/nonce HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${10 * MAX_BODY_BYTES}\r\n\r\n`,
    )
    let answer = await connection.next()
    if (answer?.status === 100) answer = await connection.next()
    expect(requireHouseRules(answer).status).toBe(413)
    connection.destroy()
  })

  it.each([
    ['HEAD', '/healthz', 200],
    ['HEAD', '/readyz', 200],
    ['HEAD', '/auth/nonce', 405],
    ['HEAD', '/nothing', 404],
  ])('%s %s is %i without a body, and the connection goes on', async (method, path, status) => {
    const connection = await RawConnection.open(server.port)
    connection.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(requireHouseRules(await connection.next({ bodyless: true }), true).status).toBe(status)
    connection.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(requireHouseRules(await connection.next())).toMatchObject({ status: 200, body: '{"status":"ok"}' })
    connection.destroy()
  })

  it.each([
    ['TRACE', '/auth/nonce', 405],
    ['TRACE', '/nothing', 404],
    ['DELETE', '/healthz', 405],
    ['POST', '/readyz', 405],
    ['PROPFIND', '/auth/verify', 405],
    ['POST', '/', 405],
    ['GET', '/nothing', 404],
    ['GET', '/authx', 404],
    ['POST', '//auth/nonce', 404],
    ['POST', '/auth/../auth/nothing', 404],
    ['POST', '/auth/%2e%2e/nothing', 404],
    ['POST', '/auth/%zz', 404],
    ['POST', '/auth/nonce%00', 404],
    ['POST', '/auth/nonce%2f', 404],
    ['GET', '/metrics', 404],
    ['GET', '/.env', 404],
    ['GET', `/${'a'.repeat(8_000)}`, 404],
    ['GET', '/healthz/', 404],
    ['GET', 'http://evil.example/nothing', 404],
  ])('%s %s is %i in JSON', async (method, target, status) => {
    const bytes = `${method} ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`
    expect(requireHouseRules(await rawExchange(server.port, bytes)).status).toBe(status)
  })

  it('echoes nothing of a TRACE', async () => {
    const answer = await rawExchange(server.port, 'TRACE /nothing HTTP/1.1\r\nHost: x\r\nX-Secret: hunter2\r\n\r\n')
    expect(JSON.stringify([...(answer?.headers ?? [])]) + answer?.body).not.toContain('hunter2')
  })

  it('the target in absolute form is served as its path', async () => {
    const bytes = post('http://x/auth/nonce', NONCE_BODY)
    expect(requireHouseRules(await rawExchange(server.port, bytes)).status).toBe(200)
  })
})
