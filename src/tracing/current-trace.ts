import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'

/** Something that has been done. Times are milliseconds of `performance.now()`. */
export interface Deed {
  readonly name: string
  readonly kind: SpanKind
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Attributes
  /** A stable word; null: it went well. */
  readonly failure: string | null
}

interface CurrentTrace {
  readonly context: Context
  readonly epoch: number
  isOpen: boolean
}

/** Knows which request goes on, and adds what was done for it to its trace. */
export class CurrentTraces {
  readonly #tracer: Tracer
  readonly #current = new AsyncLocalStorage<CurrentTrace>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  /** Within the returned `run`, deeds belong to this span, until `close`. `epoch` as its own times are counted. */
  open(span: Span, epoch: number): { run<T>(act: () => T): T; close(): void } {
    const current: CurrentTrace = { context: trace.setSpan(ROOT_CONTEXT, span), epoch, isOpen: true }
    return {
      run: (act) => this.#current.run(current, act),
      // What a request set going, such as a timer, may outlive it and does not belong to it any more.
      close() {
        current.isOpen = false
      },
    }
  }

  /** Where the request that goes on stands in its trace, if one does. */
  spanContext(): SpanContext | undefined {
    const current = this.#current.getStore()
    return current?.isOpen ? trace.getSpanContext(current.context) : undefined
  }

  /** Adds a deed to the request that goes on. Nothing happens where none does: polls of queues are no traces. */
  note(deed: Deed): void {
    const current = this.#current.getStore()
    if (current?.isOpen) this.#record(deed, current.context, current.epoch)
  }

  /** A deed of the background: part of the trace of what caused it, or a trace of its own. */
  noteApart(deed: Deed, cause: SpanContext | undefined): void {
    const context = cause === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, cause)
    this.#record(deed, context, epochNow())
  }

  #record({ name, kind, startedAt, endedAt, attributes, failure }: Deed, context: Context, epoch: number): void {
    const span = this.#tracer.startSpan(name, { kind, startTime: timeOf(startedAt, epoch) }, context)
    // Here and not at the start, where the library reads them three times over.
    span.setAttributes(attributes)
    if (failure !== null) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR })
    span.end(timeOf(endedAt, epoch))
  }
}

/** When `performance.now()` was 0, as the wall clock has it now. One for a trace, so that its spans stand in order. */
export function epochNow(): number {
  return Date.now() - performance.now()
}

/** A moment of `performance.now()`, as spans have it. */
export function timeOf(moment: number, epoch: number) {
  return millisToHrTime(epoch + moment)
}
