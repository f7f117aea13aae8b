import { randomUUID } from 'node:crypto'
import { type SpanContext, SpanKind } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { SamplerSettings, Settings, TracingSettings } from '../config/settings.ts'
import { RecentMap } from '../limits/recent-map.ts'
import { TRACES_LIMIT_MS } from '../stop-limits.ts'
import { CurrentTraces } from './current-trace.ts'
import { traceDeliveries } from './trace-deliveries.ts'
import { traceRequests } from './trace-requests.ts'
import { traceStores } from './trace-stores.ts'
import type { Tracing } from './tracing.ts'
import { type ExportEvent, watchExports } from './watch-exports.ts'

/** Spans that wait, about 1 KB each, and how they leave. What comes beyond is dropped: nobody waits for a collector. */
const BATCHES = {
  maxQueueSize: 4_096,
  maxExportBatchSize: 256,
  scheduledDelayMillis: 2_000,
  exportTimeoutMillis: 15_000,
}
/** Batches on their way at once: one, or two where the first is slow, and at the end all that wait. */
const MAX_EXPORTS = 2 + BATCHES.maxQueueSize / BATCHES.maxExportBatchSize
/** Of so many mails and webhooks it is remembered which request queued them. */
const MAX_CAUSES = 1_024

/** Traces from now on. Nothing is connected before the first batch. Registers nothing globally: two servers may trace in one process. */
export function openTracing(
  settings: TracingSettings,
  { server, store }: Pick<Settings, 'server' | 'store'>,
  report: (event: ExportEvent) => void,
): Tracing {
  const { endpoint, headers, serviceName, resourceAttributes, trustsProxies } = settings
  const exporter = new OTLPTraceExporter({ url: endpoint, headers: { ...headers }, concurrencyLimit: MAX_EXPORTS })
  const resource = resourceFromAttributes({
    'service.instance.id': randomUUID(),
    'process.pid': process.pid,
    ...resourceAttributes,
    'service.name': serviceName,
  })
  const provider = new TracerProvider({
    resource: defaultResource().merge(resource),
    sampler: createSampler(settings.sampler),
    spanProcessors: [new BatchSpanProcessor({ ...BATCHES, exporter: watchExports(exporter, report) })],
  })
  const tracer = provider.getTracer('walletgate')
  const current = new CurrentTraces(tracer)
  const causes = new RecentMap<SpanContext>(MAX_CAUSES)
  const scheme = new URL(server.publicUrl).protocol.slice(0, -1)
  return {
    requests: (trustedProxies) =>
      traceRequests({ tracer, current, trustedProxies: trustsProxies ? trustedProxies : [], scheme }),
    traceStores: (stores) =>
      traceStores(stores, store.kind, current, (id) => {
        const cause = current.spanContext()
        if (cause !== undefined) causes.set(id, cause)
      }),
    noteRpc({ chainId, server: position, outcome, milliseconds }) {
      const endedAt = performance.now()
      current.note({
        name: 'eth_call',
        kind: SpanKind.CLIENT,
        startedAt: endedAt - milliseconds,
        endedAt,
        attributes: {
          'rpc.system.name': 'jsonrpc',
          'rpc.method': 'eth_call',
          'walletgate.chain': chainId,
          'walletgate.rpc.server': position,
        },
        failure: outcome === 'answered' ? null : outcome,
      })
    },
    traceDeliveries: (what, transport) => traceDeliveries(what, transport, current, (id) => causes.get(id)),
    close: () => within(TRACES_LIMIT_MS, provider.shutdown()),
  }
}

function createSampler({ ratio, followsParent }: SamplerSettings): Sampler {
  const root = new TraceIdRatioBasedSampler(ratio)
  return followsParent ? new ParentBasedSampler({ root }) : root
}

/** Waits so long at most. What fails has been reported where it was sent. */
function within(milliseconds: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    const settle = () => {
      clearTimeout(timer)
      resolve()
    }
    work.then(settle, settle)
  })
}
