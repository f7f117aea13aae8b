import { type Link, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { Context } from 'hono'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import { parseAddress } from '../limits/address.ts'
import { createProxyList } from '../limits/caller-address.ts'
import { remember } from '../limits/recent-map.ts'
import { type CurrentTraces, epochNow, timeOf } from './current-trace.ts'
import { readRemoteParent } from './remote-parent.ts'
import type { RequestSpan, RequestTracer } from './tracing.ts'

/** Asked every few seconds by those who watch over processes, and never slow. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz'])
/** The methods that are named (OpenTelemetry semantic conventions for HTTP, `http.request.method`). */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
])
/** How many peers are kept read and looked up among the proxies. */
const REMEMBERED = 4_096

interface RequestTracingParts {
  readonly tracer: Tracer
  readonly current: CurrentTraces
  /** Addresses and CIDR ranges whose `traceparent` is believed. */
  readonly trustedProxies: readonly string[]
  /** Of the public URL. */
  readonly scheme: string
}

/**
 * One SERVER span for each request, by the semantic conventions for HTTP, less what may hold a secret or say who somebody is: path, query,
 * headers, addresses. A trace that a trusted proxy names goes on; one that anybody else names is linked to, so that no stranger
 * decides what is kept or writes into the traces of others.
 */
export function traceRequests({ tracer, current, trustedProxies, scheme }: RequestTracingParts): RequestTracer {
  const isTrusted = createPeerCheck(trustedProxies)
  return {
    begin(c, requestId) {
      if (PROBES.has(c.req.path)) return null
      const remote = readRemoteParent(c.req.header('traceparent'), () => c.req.header('tracestate'))
      const isParent = remote !== null && isTrusted(c)
      const links: Link[] = remote === null || isParent ? [] : [{ context: { ...remote, traceFlags: 0 } }]
      const context = isParent ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT
      const method = METHODS.has(c.req.method) ? c.req.method : '_OTHER'
      const epoch = epochNow()
      const startTime = timeOf(performance.now(), epoch)
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, startTime, links }, context)
      const { traceId, spanId } = span.spanContext()
      const scope = span.isRecording() ? current.open(span, epoch) : null
      return {
        ids: { trace_id: traceId, span_id: spanId },
        within: (act) => (scope === null ? act() : scope.run(act)),
        end({ dialect, operation, route }, status, outcome) {
          if (scope === null) return
          scope.close()
          if (route !== null) span.updateName(`${method} ${route}`).setAttribute('http.route', route)
          span.setAttributes({
            'http.request.method': method,
            'http.response.status_code': status,
            'url.scheme': scheme,
            'walletgate.request.id': requestId,
            'walletgate.dialect': dialect,
            'walletgate.operation': operation,
            'walletgate.outcome': outcome,
          })
          // Semantic conventions for HTTP spans, "Status": what a client did wrong is no error of a server.
          if (status >= 500) span.setAttribute('error.type', outcome).setStatus({ code: SpanStatusCode.ERROR })
          span.end(timeOf(performance.now(), epoch))
        },
      } satisfies RequestSpan
    },
  }
}

function createPeerCheck(trustedProxies: readonly string[]): (c: Context<HttpEnv>) => boolean {
  if (trustedProxies.length === 0) return () => false
  const isProxy = createProxyList(trustedProxies)
  const isTrusted = remember((address) => {
    const peer = parseAddress(address)
    return peer !== null && isProxy(peer)
  }, REMEMBERED)
  return (c) => isTrusted(c.env?.incoming?.socket.remoteAddress ?? '')
}
