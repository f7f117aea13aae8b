import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Caller } from './support/caller.ts'
import { visitByFourMica } from './support/dialect-clients.ts'
import { History } from './support/history.ts'

/** What a server of ours must never do, done on purpose. */
type Misdeed =
  | 'none'
  | 'accepts a nonce twice'
  | 'refuses a good proof'
  | 'refreshes twice'
  | 'forgets a session'
  | 'revives a session'
  | 'crashes'
  | 'hides when to come back'
  | 'hangs up'

describe('the history checker', () => {
  const cleanUps: (() => unknown)[] = []
  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp()
  })

  /** A 4mica server as small as can be. */
  async function startServer(misdeed: Misdeed): Promise<number> {
    const nonces = new Set<string>()
    const tokens = new Set<string>()
    const left = new Set<string>()
    const issue = () => {
      const token = randomUUID()
      tokens.add(token)
      return { access_token: 'a', refresh_token: token, expires_in: 1 }
    }
    const answer = (path: string, body: Record<string, string>): readonly [number, object] => {
      const token = body['refresh_token'] ?? ''
      if (path === '/auth/nonce') {
        const nonce = randomUUID()
        nonces.add(nonce)
        const siwe = {
          domain: 'x.test',
          uri: 'https://x.test',
          statement: 's',
          chain_id: 1,
          issued_at: 'i',
          expiration: 'e',
        }
        return [200, { nonce, siwe }]
      }
      if (misdeed === 'crashes') return [500, { error: 'internal server error' }]
      if (misdeed === 'hides when to come back')
        return [500, { error: 'authentication could not be completed, try again' }]
      if (path === '/auth/verify') {
        const nonce = /Nonce: (.*)/.exec(body['message'] ?? '')?.[1] ?? ''
        const isGood = misdeed === 'accepts a nonce twice' ? nonces.has(nonce) : nonces.delete(nonce)
        return isGood && misdeed !== 'refuses a good proof' ? [200, issue()] : [401, { error: 'no' }]
      }
      if (path === '/auth/logout') {
        left.add(token)
        if (misdeed !== 'revives a session') tokens.delete(token)
        return [200, { revoked: true }]
      }
      const isLive = misdeed === 'refreshes twice' ? tokens.has(token) : tokens.delete(token)
      return isLive ? [200, issue()] : [401, { error: 'no' }]
    }
    const server = createServer(async (incoming, outgoing) => {
      if (misdeed === 'hangs up') return void incoming.socket.destroy()
      const [status, body] = answer(incoming.url ?? '', JSON.parse(await read(incoming)))
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanUps.push(() => {
      server.closeAllConnections()
      server.close()
    })
    if (misdeed === 'forgets a session') forget = () => tokens.clear()
    return (server.address() as AddressInfo).port
  }
  let forget = () => {}

  async function look(misdeed: Misdeed): Promise<{ violations: readonly string[]; missing: readonly string[] }> {
    forget = () => {}
    const history = new History()
    const caller = new Caller([await startServer(misdeed)], history)
    cleanUps.push(() => caller.close())
    // Some stay and some leave.
    for (let client = 0; client < 12; client += 1) await visitByFourMica(caller)
    forget()
    const missing = await history.missing()
    return { violations: history.violations, missing }
  }

  it('finds nothing where nothing is wrong', async () => {
    expect(await look('none')).toEqual({ violations: [], missing: [] })
  })

  it.each([
    ['accepts a nonce twice', 'nonce was accepted 2 times'],
    ['refuses a good proof', '/auth/verify refused what was good: 401'],
    ['refreshes twice', 'refresh-token was accepted 2 times'],
    ['forgets a session', 'a live refresh token: 401'],
    ['revives a session', 'a session that was left: 200'],
    ['crashes', '/auth/verify was answered 500'],
    ['hides when to come back', '/auth/verify was answered 500'],
    ['hangs up', '/auth/nonce was not answered'],
  ] as const)('finds a server that %s', async (misdeed, words) => {
    const { violations, missing } = await look(misdeed)
    expect([...violations, ...missing].join('\n')).toContain(words)
  })
})

async function read(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
