import { SpanKind } from '@opentelemetry/api'
import type { OutboxStore } from '../../core/stores/outbox-store.ts'
import type { Stores } from '../../core/stores/stores.ts'
import { meterStores } from '../metrics/meter-stores.ts'
import type { StoreMeter } from '../metrics/meters.ts'
import type { CurrentTraces } from './current-trace.ts'

/** The same stores: what they do for a request is in its trace, and `queued` is told the id of what a request leaves in a queue. */
export function traceStores(
  stores: Stores,
  system: 'redis' | 'memory',
  current: CurrentTraces,
  queued: (id: string) => void,
): Stores {
  const traced = meterStores(stores, traceActs(system, current))
  const noteQueued = (queue: OutboxStore): OutboxStore => ({
    ...queue,
    enqueue(entry, allowance, now) {
      queued(entry.id)
      return queue.enqueue(entry, allowance, now)
    },
  })
  return { ...traced, outbox: noteQueued(traced.outbox), queue: (name) => noteQueued(traced.queue(name)) }
}

function traceActs(system: 'redis' | 'memory', current: CurrentTraces): StoreMeter {
  const kind = system === 'redis' ? SpanKind.CLIENT : SpanKind.INTERNAL
  return {
    of(act) {
      const attributes = { 'db.system.name': system, 'db.operation.name': act }
      const note = (seconds: number, failure: string | null) => {
        const endedAt = performance.now()
        current.note({ name: act, kind, startedAt: endedAt - seconds * 1000, endedAt, attributes, failure })
      }
      return { acted: (seconds) => note(seconds, null), failed: note }
    },
  }
}
