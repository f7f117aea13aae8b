import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'

/** What every measured server reports to the benchmark: its port once, and its CPU time and memory whenever asked. */
export function report(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMicroseconds: user + system, rssBytes: process.memoryUsage.rss() })
  })
  process.send?.({ port })
}

/** Serves a plain Hono app as its users do, on any free port. */
export function serveAndReport(fetch: Parameters<typeof serve>[0]['fetch']): void {
  serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => report(port))
}
