import cluster from 'node:cluster'
import type { ServerSettings } from '../config/settings.ts'
import type { Listening } from '../http/listen.ts'
import type { Metrics } from './create-metrics.ts'
import { serveMetrics } from './serve-metrics.ts'
import { answerSupervisor } from './worker-metrics.ts'

/**
 * Shows these numbers on METRICS_PORT; in a worker, hands them to the supervisor when it asks, and returns null. Rejects when the port
 * cannot be had.
 */
export async function exposeMetrics(
  { registry }: Pick<Metrics, 'registry'>,
  { host, metricsPort }: Pick<ServerSettings, 'host' | 'metricsPort'>,
): Promise<Listening | null> {
  if (metricsPort === null) return null
  if (cluster.isWorker) {
    answerSupervisor(registry)
    return null
  }
  const scrape = async () => ({ contentType: registry.contentType, text: await registry.metrics() })
  return serveMetrics(scrape, { host, port: metricsPort })
}
