import { serve } from '@hono/node-server'
import type { Hono } from 'hono'

/** Serves a plain Hono app as its users do, on the port that the benchmark chose. */
export function serveApp(app: Hono): void {
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['PORT']) })
}
