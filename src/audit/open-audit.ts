import { AsyncLocalStorage } from 'node:async_hooks'
import type { DestinationStream } from 'pino'
import type { AuditEvent, AuditTrail } from '../../core/audit/audit-trail.ts'
import type { Clock, RandomSource } from '../../core/ports.ts'
import { openRedisEventStream } from '../../core/stores/redis/redis-event-stream.ts'
import { systemTimer, type Timer } from '../../core/timer.ts'
import type { Settings } from '../config/settings.ts'
import { type AuditRecord, recordOf } from './audit-record.ts'
import { type AuditCounters, type AuditSink, AuditWriter, type AuditWriterEvent } from './audit-writer.ts'
import { openFileSink } from './file-sink.ts'
import { Refusals } from './refusals.ts'
import { createStdoutSink } from './stdout-sink.ts'

/** Facts on their way to where they are kept. */
export interface Audit extends AuditTrail {
  /** Whatever `act` records is part of this request. */
  within<T>(requestId: string, act: () => T): T
  /** By sink. */
  counters(): Readonly<Record<string, AuditCounters>>
  /** Writes what waits, and closes. */
  close(): Promise<void>
}

/** Somebody who is told of every fact. */
export interface AuditListener {
  /** Returns at once and never throws. */
  note(record: AuditRecord): void
  close(): Promise<void>
}

interface AuditParts {
  readonly clock: Clock
  readonly random: RandomSource
  /** Told what befalls a sink. */
  readonly report: (sink: string, event: AuditWriterEvent) => void
  /** What the log is written through. */
  readonly stdout: DestinationStream
}

/**
 * The trail these settings ask for; null when they ask for none and nobody listens, and then facts cost nothing.
 * @throws {ConfigError} when the file cannot be opened
 */
export function openAudit(
  { audit, store }: Pick<Settings, 'audit' | 'store'>,
  listeners: readonly AuditListener[],
  parts: AuditParts,
): Audit | null {
  const sinks: AuditSink[] = []
  if (audit.log !== null) sinks.push(audit.log === '-' ? createStdoutSink(parts.stdout) : openFileSink(audit.log))
  if (audit.stream !== null && store.kind === 'redis') {
    sinks.push({ name: 'stream', ...openRedisEventStream(store.connection, audit.stream) })
  }
  return sinks.length + listeners.length === 0 ? null : createAudit(sinks, listeners, { ...parts, timer: systemTimer })
}

/** A trail that writes every fact to each of these sinks, and tells each of these listeners. */
export function createAudit(
  sinks: readonly AuditSink[],
  listeners: readonly AuditListener[],
  { clock, random, report, timer }: Omit<AuditParts, 'stdout'> & { readonly timer: Timer },
): Audit {
  const requests = new AsyncLocalStorage<string>()
  const writers = sinks.map((sink) => new AuditWriter(sink, timer, (event) => report(sink.name, event)))
  const write = (event: AuditEvent, count?: number) => {
    const requestId = count === undefined ? requests.getStore() : undefined
    const record: AuditRecord = recordOf(event, { requestId, count }, clock.now(), random)
    const line = JSON.stringify(record)
    for (const writer of writers) writer.write(line)
    for (const listener of listeners) listener.note(record)
  }
  const refusals = new Refusals(timer, write)
  return {
    record(event) {
      if (event.event !== 'sign_in.refused' || refusals.admits(event)) write(event)
    },
    within: (requestId, act) => requests.run(requestId, act),
    counters: () => Object.fromEntries(writers.map((writer) => [writer.sink.name, writer.counters()])),
    async close() {
      refusals.flush()
      await Promise.all([...writers, ...listeners].map((each) => each.close()))
    },
  }
}
