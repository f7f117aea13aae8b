import type { Context, MiddlewareHandler, Next } from 'hono'
import type { Logger } from 'pino'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import { setHeader } from '../../adapters/shared/set-header.ts'
import type { Operation, RequestMeter } from '../metrics/meters.ts'
import type { RequestTracer } from '../tracing/tracing.ts'
import type { RequestIds } from './request-ids.ts'

/** Longer paths are cut in the log: a path is somebody else's text. */
const MAX_LOGGED_PATH = 200

/** Follows requests by the operations they turn out to be. */
export interface RequestWatch {
  /** Null: nobody counts. */
  readonly meter: RequestMeter | null
  /** Null: nobody traces. */
  readonly tracer: RequestTracer | null
  nameOperation(c: Context<HttpEnv>): Operation
}

/** Knows which request goes on. */
export interface RequestContext {
  within<T>(requestId: string, act: () => T): T
}

/**
 * Around every request: an id on the answer and the log line, `Cache-Control: no-store`, and one line that says what came
 * of it. The line holds no query, header or body: tokens, signatures, messages and keys travel there.
 */
export function requestScope(
  logger: Logger,
  requestIds: RequestIds,
  watch: RequestWatch | null,
  context: RequestContext | null,
): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const startedAt = performance.now()
    watch?.meter?.begin()
    const requestId = requestIds.next(c.req.header('x-request-id'))
    c.set('requestId', requestId)
    setHeader(c, 'X-Request-Id', requestId)
    setHeader(c, 'Cache-Control', 'no-store')
    const span = watch?.tracer?.begin(c, requestId) ?? null
    await (span === null ? proceed(context, requestId, next) : span.within(() => proceed(context, requestId, next)))

    const failure = c.get('failure')
    if (watch !== null) {
      const outcome = failure === undefined ? 'ok' : failure.kind === 'refused' ? failure.error.code : failure.kind
      const seconds = (performance.now() - startedAt) / 1000
      const operation = watch.nameOperation(c)
      watch.meter?.end(operation, c.res.status, outcome, seconds)
      span?.end(operation, c.res.status, outcome)
    }
    const line = {
      requestId,
      method: c.req.method,
      path: c.req.path.slice(0, MAX_LOGGED_PATH),
      status: c.res.status,
      ms: Math.round((performance.now() - startedAt) * 1000) / 1000,
      ...span?.ids,
    }
    if (failure === undefined) logger.info(line, 'answered')
    else if (failure.kind === 'crashed') logger.error({ ...line, err: failure.error }, 'crashed')
    else if (failure.kind === 'refused' && failure.error.cause !== undefined) {
      // A cause means that something of ours failed, not the request.
      logger.error(
        { ...line, code: failure.error.code, reason: failure.error.reason, err: failure.error.cause },
        'failed',
      )
    } else if (failure.kind === 'refused') {
      logger.info({ ...line, code: failure.error.code, reason: failure.error.reason }, 'refused')
    } else {
      const reason = failure.kind === 'malformed' ? failure.detail : failure.kind
      logger.info({ ...line, code: failure.kind, reason }, 'refused')
    }
  }
}

function proceed(context: RequestContext | null, requestId: string, next: Next): Promise<void> {
  return context === null ? next() : context.within(requestId, next)
}
