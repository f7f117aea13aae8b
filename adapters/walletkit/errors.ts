import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AuthError, AuthErrorCode } from '../../core/index.ts'
import { type Failure, nameBrokenRule, retryAfterOf } from '../shared/failure.ts'
import type { HttpEnv } from '../shared/http.ts'

type Answer = readonly [status: ContentfulStatusCode, code: string, error: string]

/** A mail allowance is counted over this long: after it there is room again, whenever it began. */
const RETRY_AFTER_SECONDS = '900'

const UNAVAILABLE: Answer = [503, 'service_unavailable', 'The service cannot answer right now, try again.']
const INVALID_SIGNATURE: Answer = [400, 'signature_invalid', 'The signature is not valid for this wallet.']
const INVALID_LINK: Answer = [400, 'magic_link_invalid', 'The link is not valid.']

/**
 * 401 only for a bearer or a refresh token: after any other one Android would refresh and send the request again, which burns a
 * second attempt (WalletKit digest §1.4). 409 and 404 are not among what the vendor's clients decode, so a taken credential is 400.
 */
const ANSWERS = {
  address_malformed: [400, 'invalid_request', 'sign_in_wallet: not an Ethereum or Solana address'],
  message_malformed: [400, 'invalid_request', 'siwe_message: not a sign-in message'],
  signature_malformed: INVALID_SIGNATURE,
  signature_invalid: INVALID_SIGNATURE,
  binding_mismatch: [400, 'invalid_request', 'siwe_message: not accepted'],
  challenge_unusable: [400, 'nonce_invalid', 'The nonce is unknown, was used, or is not for this wallet and user.'],
  challenge_expired: [400, 'nonce_expired', 'The nonce has expired.'],
  // Wrong, unknown, spent, replaced and too often guessed at look the same: whoever guesses learns nothing.
  code_unusable: [400, 'verification_code_invalid', 'The code is wrong, was used or replaced, or was tried too often.'],
  code_expired: [400, 'verification_code_expired', 'The code has expired.'],
  link_unusable: INVALID_LINK,
  // Of a link the page tells; here it is the challenge that waits for one.
  link_expired: [400, 'session_challenge_expired', 'The session challenge has expired.'],
  hand_over_unusable: [400, 'session_challenge_invalid', 'The session challenge is unknown or was used.'],
  hand_over_pending: [400, 'session_challenge_pending', 'The session challenge has not been completed yet.'],
  passkey_unusable: [400, 'passkey_invalid', 'The passkey is not valid here.'],
  wallet_inactive: [403, 'wallet_not_active', 'This wallet may not sign in.'],
  credential_taken: [400, 'credential_taken', 'This is another user’s.'],
  credential_unknown: [400, 'credential_unknown', 'There is no such credential.'],
  user_unknown: [400, 'user_unknown', 'There is no such user.'],
  refresh_token_unusable: [401, 'refresh_token_invalid', 'The refresh token is not valid for this session.'],
  session_unusable: [401, 'unauthorized', 'The access token is missing, has expired, or is not valid here.'],
  session_mismatch: [400, 'session_mismatch', 'The session is another user’s.'],
  project_unknown: [403, 'project_unknown', 'X-WalletKit-Project-ID: there is no such project'],
  rate_limited: [429, 'too_many_requests', 'There were too many requests, try again later.'],
  origin_not_allowed: [403, 'origin_not_allowed', 'The project does not allow this page’s origin.'],
  mail_unavailable: [403, 'mail_unavailable', 'This server is not set up to send email.'],
  store_unavailable: UNAVAILABLE,
  chain_unavailable: UNAVAILABLE,
  issuer_unavailable: UNAVAILABLE,
} as const satisfies Record<AuthErrorCode, Answer>

/** Where one code stands for several things, its reason says which. */
const BY_REASON: Readonly<Record<string, Answer>> = {
  project_missing: [400, 'project_missing', 'X-WalletKit-Project-ID: required'],
  email_malformed: [400, 'invalid_request', 'email: not an email address'],
  too_many_passkeys: [400, 'too_many_passkeys', 'The user has as many passkeys as may be.'],
}

/**
 * `{"error", "code"}`, always: with any other body under a 400, 401, 403 or 500 the vendor's JavaScript client throws, and after a
 * refresh hangs (WalletKit digest §3.4, §3.6).
 */
export function renderFailure(c: Context<HttpEnv>, failure: Failure): Response {
  const [status, code, error] = answerTo(failure)
  if (failure.kind === 'method_not_allowed') c.header('Allow', failure.allow)
  if (status === 401) c.header('WWW-Authenticate', 'Bearer') // RFC 9110 §11.6.1
  if (status === 503) c.header('Retry-After', '1')
  if (status === 429) c.header('Retry-After', retryAfterOf(failure, RETRY_AFTER_SECONDS))
  return c.json({ error, code }, status)
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
      return [404, 'not_found', failure.detail ?? 'There is nothing here.']
    case 'method_not_allowed':
      return [405, 'method_not_allowed', 'The method is not allowed here.']
    case 'crashed':
      return [500, 'internal_error', 'An internal error occurred.']
  }
}

function answerToRefusal(error: AuthError): Answer {
  const [status, code, words] = BY_REASON[error.reason] ?? ANSWERS[error.code]
  return [status, code, nameBrokenRule(words, error)]
}
