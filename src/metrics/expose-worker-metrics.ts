import type { ServerSettings } from '../config/settings.ts'
import type { Listening } from '../http/listen.ts'
import type { ReloadCounts } from '../reload/reload-counts.ts'
import { serveMetrics } from './serve-metrics.ts'
import { gatherWorkerMetrics } from './worker-metrics.ts'

/**
 * In the supervisor: shows the numbers of all workers on METRICS_PORT, and its own. Null without one. Rejects when the port cannot be
 * had.
 *
 * @param reloads null: it reads no configuration again
 */
export async function exposeWorkerMetrics(
  { host, metricsPort, workers }: Pick<ServerSettings, 'host' | 'metricsPort' | 'workers'>,
  reloads: ReloadCounts | null,
): Promise<Listening | null> {
  if (metricsPort === null) return null
  const { scrape } = await gatherWorkerMetrics(workers, reloads)
  return serveMetrics(scrape, { host, port: metricsPort })
}
