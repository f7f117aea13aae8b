import { randomBytes } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { siwe } from 'better-auth/plugins'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { verifyMessage } from 'viem'
import { generateSiweNonce } from 'viem/siwe'
import { BENCH_ORIGIN } from '../flows.ts'
import { serveApp } from './child.ts'

/*
 * better-auth with its SIWE plugin, mounted on Hono as its documentation shows, signatures verified by viem. Nonces and sessions are in
 * Redis, its *secondary storage*; users are in its memory adapter, which no database server can beat for so few of them. Rate limits
 * are off, as everywhere here.
 */
const redis = new Redis(process.env['REDIS_URL'] ?? '')
const auth = betterAuth({
  baseURL: BENCH_ORIGIN,
  secret: randomBytes(32).toString('hex'),
  database: memoryAdapter({ user: [], session: [], account: [], verification: [], walletAddress: [] }),
  secondaryStorage: {
    get: (key) => redis.get(key),
    getAndDelete: (key) => redis.getdel(key),
    async increment(key, ttl) {
      const count = await redis.incr(key)
      if (count === 1) await redis.expire(key, ttl)
      return count
    },
    set: (key, value, ttl) => (ttl === undefined ? redis.set(key, value) : redis.set(key, value, 'EX', ttl)),
    async delete(key) {
      await redis.del(key)
    },
  },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    siwe({
      domain: new URL(BENCH_ORIGIN).host,
      getNonce: async () => generateSiweNonce(),
      verifyMessage: ({ address, message, signature }) =>
        verifyMessage({ address: address as `0x${string}`, message, signature: signature as `0x${string}` }),
    }),
  ],
})

const app = new Hono()
app.on(['POST', 'GET'], '/api/auth/*', (c) => auth.handler(c.req.raw))
serveApp(app)
