import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AuthError, AuthErrorCode } from '../../core/index.ts'
import { type Failure, nameBrokenRule, retryAfterOf } from '../shared/failure.ts'
import type { HttpEnv } from '../shared/http.ts'

type Answer = readonly [status: ContentfulStatusCode, error: string]

/** The docs know 400, 401 and 500 only; 403, 415, 422 and 503 never leave this dialect (4mica digest §1). */
const UNAVAILABLE: Answer = [500, 'authentication could not be completed, try again']
const NOT_FOUND: Answer = [404, 'not found']
const UNKNOWN_NONCE: Answer = [401, 'nonce not found or expired']
const INVALID_REFRESH_TOKEN: Answer = [401, 'invalid refresh token']

/** Shape is 400, content is 401 (4mica digest §7.1 to §7.3). The one place to change that reading. */
const ANSWERS = {
  address_malformed: [400, 'Invalid wallet address'],
  message_malformed: [400, 'invalid siwe message'],
  signature_malformed: [400, 'invalid siwe message: invalid signature hex'],
  binding_mismatch: [401, 'siwe message not accepted'],
  // Unknown, used, expired and foreign nonces look the same from outside.
  challenge_unusable: UNKNOWN_NONCE,
  challenge_expired: UNKNOWN_NONCE,
  // Codes, links and passkeys are not of this dialect, and any page may call it.
  code_unusable: NOT_FOUND,
  code_expired: NOT_FOUND,
  link_unusable: NOT_FOUND,
  link_expired: NOT_FOUND,
  hand_over_unusable: NOT_FOUND,
  hand_over_pending: NOT_FOUND,
  passkey_unusable: NOT_FOUND,
  origin_not_allowed: NOT_FOUND,
  mail_unavailable: NOT_FOUND,
  signature_invalid: [401, 'Invalid or expired SIWE signature'],
  wallet_inactive: [401, 'wallet role not active'],
  credential_taken: [401, 'wallet not accepted'],
  credential_unknown: [401, 'wallet not accepted'],
  user_unknown: [401, 'wallet not accepted'],
  // Exactly 401: the only status on which an SDK signs in again (4mica digest §1.3).
  refresh_token_unusable: INVALID_REFRESH_TOKEN,
  session_unusable: INVALID_REFRESH_TOKEN,
  session_mismatch: INVALID_REFRESH_TOKEN,
  project_unknown: NOT_FOUND,
  rate_limited: [429, 'too many requests'],
  store_unavailable: UNAVAILABLE,
  chain_unavailable: UNAVAILABLE,
  issuer_unavailable: UNAVAILABLE,
} as const satisfies Record<AuthErrorCode, Answer>

/** `{"error": "…"}`, always (4mica digest §1). */
export function renderFailure(c: Context<HttpEnv>, failure: Failure): Response {
  const [status, error] = answerTo(failure)
  // Again, for what is refused before the routes and their CORS are reached: an oversized body.
  c.header('Access-Control-Allow-Origin', '*')
  if (failure.kind === 'method_not_allowed') c.header('Allow', failure.allow)
  if (status === 429) c.header('Retry-After', retryAfterOf(failure, '60'))
  if (failure.kind === 'refused' && ANSWERS[failure.error.code] === UNAVAILABLE) c.header('Retry-After', '1')
  return c.json({ error }, status)
}

function answerTo(failure: Failure): Answer {
  switch (failure.kind) {
    case 'refused':
      return answerToRefusal(failure.error)
    case 'malformed':
      return [400, failure.detail]
    case 'too_large':
      return [413, 'request body too large']
    case 'not_found':
      return [404, 'not found']
    case 'method_not_allowed':
      return [405, 'method not allowed']
    case 'crashed':
      return [500, 'internal server error']
  }
}

function answerToRefusal(error: AuthError): Answer {
  const [status, words] = ANSWERS[error.code]
  return [status, nameBrokenRule(words, error)]
}
