import type { SpanContext } from '@opentelemetry/api'
import { parseTraceParent, TraceState } from '@opentelemetry/core'

/** A later version may be longer (W3C Trace Context §3.2.4); nobody needs more. */
const MAX_TRACEPARENT = 256
/** W3C Trace Context §3.3.1.5. */
const MAX_TRACESTATE = 512

/** Whose request this is a part of, as its headers say (W3C Trace Context); null where they do not, or say it badly. */
export function readRemoteParent(
  traceparent: string | undefined,
  tracestate: () => string | undefined,
): SpanContext | null {
  if (traceparent === undefined || traceparent.length > MAX_TRACEPARENT) return null
  const parent = parseTraceParent(traceparent)
  if (parent === null) return null
  const state = tracestate()
  const isKept = state !== undefined && state.length <= MAX_TRACESTATE
  return { ...parent, isRemote: true, ...(isKept ? { traceState: new TraceState(state) } : {}) }
}
