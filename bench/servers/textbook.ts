import { randomBytes, randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { SignJWT } from 'jose'
import { generateNonce, SiweMessage } from 'siwe'
import { serveAndReport } from './child.ts'

/*
 * The textbook stack: what one builds in an afternoon from the libraries' own examples (siwe with ethers, jose, ioredis).
 * Same paths, same store, nonces taken once, sessions kept; no logging, no roles, no rotation.
 */
const redis = process.env['REDIS_URL'] ? new Redis(process.env['REDIS_URL']) : null
const memory = new Map<string, string>()
const secret = new TextEncoder().encode('a'.repeat(64))
const domain = 'localhost:8787'

const put = async (key: string, value: string, seconds: number) =>
  redis === null ? void memory.set(key, value) : void (await redis.set(key, value, 'EX', seconds))
const take = async (key: string) => {
  if (redis !== null) return redis.getdel(key)
  const value = memory.get(key)
  memory.delete(key)
  return value
}

const app = new Hono()
app.post('/auth/nonce', async (c) => {
  const { address } = await c.req.json()
  const nonce = generateNonce()
  await put(`nonce:${nonce}`, address, 300)
  const now = Date.now()
  return c.json({
    nonce,
    siwe: {
      domain,
      uri: `http://${domain}`,
      statement: 'Sign in to 4mica.',
      chainId: 1,
      issuedAt: new Date(now).toISOString(),
      expiration: new Date(now + 300_000).toISOString(),
    },
  })
})
app.post('/auth/verify', async (c) => {
  const { message, signature } = await c.req.json()
  const siwe = new SiweMessage(message)
  if ((await take(`nonce:${siwe.nonce}`)) === undefined) return c.json({ error: 'nonce' }, 401)
  const { success } = await siwe.verify({ signature, domain, nonce: siwe.nonce })
  if (!success) return c.json({ error: 'signature' }, 401)
  const refreshToken = randomBytes(32).toString('hex')
  await put(`session:${refreshToken}`, siwe.address, 2_592_000)
  const accessToken = await new SignJWT({ role: 'user', scopes: ['tab:read'], chain_id: siwe.chainId })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(siwe.address.toLowerCase())
    .setIssuer('4mica-core')
    .setAudience('4mica')
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime('900s')
    .setJti(randomUUID())
    .sign(secret)
  return c.json({ access_token: accessToken, refresh_token: refreshToken, expires_in: 900 })
})
serveAndReport(app.fetch)
