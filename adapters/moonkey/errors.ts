import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AuthError, AuthErrorCode } from '../../core/index.ts'
import { type Failure, nameBrokenRule, retryAfterOf } from '../shared/failure.ts'
import type { HttpEnv } from '../shared/http.ts'

type Answer = readonly [status: ContentfulStatusCode, type: string, message: string]

/** A mail allowance is counted over this long: after it there is room again, whenever it began. */
const RETRY_AFTER_SECONDS = '900'

const UNAVAILABLE: Answer = [503, 'service_unavailable', 'The service cannot answer right now, try again.']
const SESSION_NOT_FOUND: Answer = [404, 'session_not_found', 'The session was not found, has expired or was deleted.']
const INVALID_SIGNATURE: Answer = [400, 'invalid_signature', 'The signature is not valid for this wallet.']

/**
 * MoonKey digest §7.21. 401 only for the API key: the vendor's clients show every 401 as a bad key. The one place to change
 * that reading.
 */
const ANSWERS = {
  address_malformed: [400, 'invalid_request', 'public_address: not an address of this wallet type'],
  message_malformed: [400, 'invalid_request', 'siwe_challenge: not a sign-in message'],
  signature_malformed: INVALID_SIGNATURE,
  signature_invalid: INVALID_SIGNATURE,
  binding_mismatch: [400, 'invalid_request', 'siwe_challenge: not accepted'],
  challenge_unusable: [404, 'wallet_registration_not_found', 'There is no pending registration for this wallet.'],
  challenge_expired: [400, 'wallet_registration_expired', 'The wallet registration has expired.'],
  // Wrong, unknown, spent, replaced and too often guessed at look the same: whoever guesses learns nothing.
  code_unusable: [400, 'invalid_otp', 'The code is wrong, was used or replaced, or was tried too often.'],
  code_expired: [400, 'otp_expired', 'The code has expired.'],
  link_unusable: [400, 'invalid_magic_token', 'The magic token is not valid.'],
  link_expired: [400, 'magic_link_expired', 'The magic link has expired.'],
  hand_over_unusable: [400, 'invalid_request_origin_token', 'The request origin token is not valid.'],
  hand_over_pending: [400, 'magic_link_not_verified', 'The magic link has not been verified yet.'],
  passkey_unusable: [404, 'passkey_not_found', 'Passkeys are not offered.'],
  wallet_inactive: [403, 'wallet_not_active', 'This wallet may not sign in.'],
  credential_taken: [409, 'wallet_already_attached', 'The wallet is attached to another user.'],
  credential_unknown: [404, 'wallet_not_found', 'The wallet was not found.'],
  user_unknown: [404, 'user_not_found', 'The user was not found.'],
  refresh_token_unusable: SESSION_NOT_FOUND,
  session_unusable: SESSION_NOT_FOUND,
  session_mismatch: [400, 'session_user_mismatch', 'The session is another user’s.'],
  project_unknown: [401, 'unauthorized', 'The API key is missing or unknown.'],
  rate_limited: [429, 'too_many_requests', 'There were too many requests, try again later.'],
  origin_not_allowed: [403, 'origin_not_allowed', 'The page’s origin is not allowed.'],
  // The vendor's clients read 402 as “not enabled” (MoonKey digest §1).
  mail_unavailable: [402, 'email_not_enabled', 'This server is not set up to send email.'],
  store_unavailable: UNAVAILABLE,
  chain_unavailable: UNAVAILABLE,
  issuer_unavailable: UNAVAILABLE,
} as const satisfies Record<AuthErrorCode, Answer>

/** Where one code stands for several things, its reason says which. */
const BY_REASON: Readonly<Record<string, Answer>> = {
  email_malformed: [400, 'invalid_request', 'email: not an email address'],
  phone_malformed: [400, 'invalid_request', 'phone_number: not an E.164 number'],
  email_taken: [409, 'duplicate_email', 'A user with this email exists already.'],
  phone_taken: [409, 'duplicate_phone_number', 'A user with this phone number exists already.'],
  email_unknown: [404, 'email_not_found', 'The email was not found.'],
  phone_unknown: [404, 'phone_number_not_found', 'The phone number was not found.'],
  two_sessions: [400, 'invalid_request', 'session_jwt: of another session than session_token'],
}

/** `{"status_code", "error_type", "error_message"}`, always: the vendor's clients read nothing but the body (MoonKey digest §6). */
export function renderFailure(c: Context<HttpEnv>, failure: Failure): Response {
  const [status, type, message] = answerTo(failure)
  if (failure.kind === 'method_not_allowed') c.header('Allow', failure.allow)
  if (status === 401) c.header('WWW-Authenticate', 'Bearer') // RFC 9110 §11.6.1
  if (status === 503) c.header('Retry-After', '1')
  if (status === 429) c.header('Retry-After', retryAfterOf(failure, RETRY_AFTER_SECONDS))
  return c.json({ status_code: status, error_type: type, error_message: message }, status)
}

function answerTo(failure: Failure): Answer {
  switch (failure.kind) {
    case 'refused':
      return answerToRefusal(failure.error)
    case 'malformed':
      return [400, 'invalid_request', failure.detail]
    case 'too_large':
      return [413, 'request_too_large', 'The request body is too large.']
    case 'not_found':
      return [404, 'not_found', failure.detail ?? 'The resource was not found.']
    case 'method_not_allowed':
      return [405, 'method_not_allowed', 'The method is not allowed here.']
    case 'crashed':
      return [500, 'internal_server_error', 'An internal error occurred.']
  }
}

function answerToRefusal(error: AuthError): Answer {
  const [status, type, words] = BY_REASON[error.reason] ?? ANSWERS[error.code]
  return [status, type, nameBrokenRule(words, error)]
}
