import { type SpanContext, SpanKind } from '@opentelemetry/api'
import type { Delivery, Transport } from '../../core/queue/delivery.ts'
import type { CurrentTraces } from './current-trace.ts'

/** The same transport: every attempt is a span, in the trace that `causeOf` names by the delivery's id, else in one of its own. */
export function traceDeliveries<T>(
  what: string,
  transport: Transport<T>,
  current: CurrentTraces,
  causeOf: (id: string) => SpanContext | undefined,
): Transport<T> {
  return {
    async send(item, attempt) {
      const startedAt = performance.now()
      const note = (delivery: Delivery) => {
        const { outcome } = delivery
        const failure = delivery.outcome === 'sent' ? null : delivery.reason
        const attributes = { 'walletgate.delivery.id': attempt.id, 'walletgate.outcome': outcome }
        const deed = { name: `send ${what}`, kind: SpanKind.CLIENT, startedAt, endedAt: performance.now() }
        current.noteApart({ ...deed, attributes, failure }, causeOf(attempt.id))
      }
      try {
        const delivery = await transport.send(item, attempt)
        note(delivery)
        return delivery
      } catch (error) {
        note({ outcome: 'deferred', reason: 'transport_failed' })
        throw error
      }
    },
    close: () => transport.close(),
  }
}
