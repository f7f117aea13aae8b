import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { bearerOf, verifyToken } from './verify-token.ts'

const requireUser = createMiddleware<{ Variables: { userId: string } }>(async (c, next) => {
  const claims = await verifyToken(bearerOf(c.req.header('authorization'))).catch(() => null)
  if (claims?.sub === undefined) return c.json({ error: 'sign in first' }, 401)
  c.set('userId', claims.sub)
  return next()
})

const app = new Hono()
app.get('/me', requireUser, (c) => c.json({ user: c.get('userId') }))

serve({ fetch: app.fetch, port: Number(process.env['PORT'] ?? 3001) })
