import type { ServerSettings } from '../config/settings.ts'
import type { Listening } from '../http/listen.ts'
import { serveMetrics } from './serve-metrics.ts'
import { gatherWorkerMetrics } from './worker-metrics.ts'

/** In the supervisor: shows the numbers of all workers on METRICS_PORT. Null without one. Rejects when the port cannot be had. */
export async function exposeWorkerMetrics({
  host,
  metricsPort,
  workers,
}: Pick<ServerSettings, 'host' | 'metricsPort' | 'workers'>): Promise<Listening | null> {
  if (metricsPort === null) return null
  const { scrape } = await gatherWorkerMetrics(workers)
  return serveMetrics(scrape, { host, port: metricsPort })
}
