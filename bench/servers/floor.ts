import { createHmac, randomBytes } from 'node:crypto'
import { instantiateSecp256k1, type RecoveryId } from '@bitauth/libauth'
import bs58 from 'bs58'
import { createKeccak } from 'hash-wasm'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import sodium from 'libsodium-wrappers'
import { serveApp } from './child.ts'

/*
 * The floor: the least that any sign-in over HTTP can cost with these parts. One store call a request, one signature, one HMAC;
 * nothing is parsed, bound, consumed, logged or kept.
 */
const redis = process.env['REDIS_URL'] ? new Redis(process.env['REDIS_URL']) : null
const memory = new Map<string, string>()
const secp256k1 = await instantiateSecp256k1()
const keccak = await createKeccak(256)
await sodium.ready
const domain = 'localhost:8787'

const app = new Hono()
app.post('/auth/nonce', async (c) => {
  const { address } = await c.req.json()
  const nonce = randomBytes(16).toString('hex')
  if (redis === null) memory.set(nonce, address)
  else await redis.set(nonce, address, 'EX', 300)
  const now = new Date().toISOString()
  const siwe = {
    domain,
    uri: `http://${domain}`,
    statement: 'Sign in to 4mica.',
    chainId: 1,
    issuedAt: now,
    expiration: now,
  }
  return c.json({ nonce, siwe })
})
app.post('/auth/verify', async (c) => {
  const { address, message, signature } = await c.req.json()
  const isValid = address.startsWith('0x') ? isEthereum(message, signature) : isSolana(message, signature, address)
  if (!isValid) return c.json({ error: 'signature' }, 401)
  if (redis === null) memory.delete(message)
  else await redis.getdel(message.slice(-80))
  const token = createHmac('sha256', 'secret').update(address).digest('base64url')
  return c.json({ access_token: token, refresh_token: token, expires_in: 900 })
})
serveApp(app)

function isEthereum(message: string, signature: string): boolean {
  const text = Buffer.from(message)
  const digest = keccak.init().update(`\x19Ethereum Signed Message:\n${text.length}`).update(text).digest('binary')
  const bytes = Buffer.from(signature.slice(2), 'hex')
  const recoveryId = ((bytes[64] ?? 27) - 27) as RecoveryId
  return typeof secp256k1.recoverPublicKeyUncompressed(bytes.subarray(0, 64), recoveryId, digest) !== 'string'
}

function isSolana(message: string, signature: string, address: string): boolean {
  return sodium.crypto_sign_verify_detached(bs58.decode(signature), message, bs58.decode(address))
}
