import { HTTPException } from 'hono/http-exception'
import { AuthError } from '../../core/index.ts'

/** Every way in which a request can fail, before a dialect gives it a shape. */
export type Failure =
  /** The core refused, or could not decide. */
  | { readonly kind: 'refused'; readonly error: AuthError }
  /** The body is not what the route asks for. `detail` names the place and the rule, never the value. */
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'too_large' }
  /** `detail` is for whoever may wonder why. */
  | { readonly kind: 'not_found'; readonly detail?: string }
  | { readonly kind: 'method_not_allowed'; readonly allow: string }
  /** A defect of ours. Logged with its stack, answered without a word about it. */
  | { readonly kind: 'crashed'; readonly error: unknown }

/** A refusal for having asked too often, which says when to ask again. */
export class TooManyRequests extends AuthError {
  readonly retryAfterSeconds: number
  /** @param reason whose share was spent, and of what */
  constructor(reason: string, retryAfterSeconds: number) {
    super('rate_limited', reason)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The `Retry-After` of a refusal (RFC 9110 §10.2.3), or `otherwise` where it does not say when. */
export function retryAfterOf(failure: Failure, otherwise: string): string {
  const isTimed = failure.kind === 'refused' && failure.error instanceof TooManyRequests
  return isTimed ? String(failure.error.retryAfterSeconds) : otherwise
}

/**
 * The words of a refusal, and which rule the message broke where it is about one: that is the sender's own text or public configuration, so
 * saying it helps and leaks nothing. Of everything else the reason stays in the log.
 */
export function nameBrokenRule(words: string, { code, reason }: AuthError): string {
  const isNamed = code === 'message_malformed' || code === 'binding_mismatch'
  return isNamed ? `${words}: ${reason.replaceAll('_', ' ')}` : words
}

/** A failure on its way from where it was found to the dialect that renders it. */
export class FailureError extends Error {
  override readonly name = 'FailureError'
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.kind)
    this.failure = failure
  }
}

/** Names what was thrown. The framework's own client errors (broken JSON, wrong media type) count as `malformed`. */
export function classifyThrown(thrown: unknown): Failure {
  if (thrown instanceof AuthError) return { kind: 'refused', error: thrown }
  if (thrown instanceof FailureError) return thrown.failure
  if (thrown instanceof HTTPException && thrown.status < 500) {
    const wrongType = thrown.status === 415
    return { kind: 'malformed', detail: wrongType ? 'content-type: expected application/json' : 'body: not valid JSON' }
  }
  if (isAborted(thrown)) return { kind: 'malformed', detail: 'body: ended before its announced length' }
  return { kind: 'crashed', error: thrown }
}

/** What reading a body throws when its sender has gone: nobody sees the answer, and nothing of ours has failed. */
function isAborted(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNRESET' && thrown.message === 'aborted'
}
