import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import bs58 from 'bs58'
import { verifyMessage } from 'ethers'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { SignJWT } from 'jose'
import { generateNonce, SiweMessage } from 'siwe'
import nacl from 'tweetnacl'
import { serveApp } from './child.ts'

/*
 * The textbook stack: what one builds in an afternoon from the libraries' own examples (siwe with ethers, tweetnacl with bs58,
 * jose, ioredis). Same paths, same store, nonces taken once, sessions kept; no logging, no users, no roles, no rotation.
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

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
app.post('/v1/auth/wallets/registrations/begin', async (c) => {
  const { public_address: address } = await c.req.json()
  const challenge = `Login for My App: ${randomBytes(32).toString('hex')}`
  await put(`challenge:${address}`, challenge, 600)
  return c.json({ id: randomUUID(), public_address: address, challenge })
})
app.post('/v1/auth/wallets/verify', async (c) => {
  const { wallet_type: type, public_address: address, signature } = await c.req.json()
  const challenge = await take(`challenge:${address}`)
  if (!challenge) return c.json({ error_type: 'wallet_registration_not_found' }, 404)
  const isValid =
    type === 'solana'
      ? nacl.sign.detached.verify(new TextEncoder().encode(challenge), bs58.decode(signature), bs58.decode(address))
      : verifyMessage(challenge, signature) === address
  if (!isValid) return c.json({ error_type: 'invalid_signature' }, 400)
  const sessionToken = randomBytes(48).toString('base64url')
  await put(`session:${sessionToken}`, address, 3600)
  const sessionJwt = await new SignJWT({ session: { public_address: address } })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'key' })
    .setIssuedAt()
    .setExpirationTime('300s')
    .sign(privateKey)
  return c.json({ public_address: address, session_token: sessionToken, session_jwt: sessionJwt })
})
serveApp(app)
