/**
 * Everything the core can refuse or fail at. One closed list: each adapter owns a total table from code to wire, so a
 * new code does not compile until every dialect has answered it.
 */
export const AUTH_ERROR_CODES = [
  'address_malformed',
  'message_malformed',
  'signature_malformed',
  'binding_mismatch',
  'challenge_unusable',
  'challenge_expired',
  'code_unusable',
  'code_expired',
  'link_unusable',
  'link_expired',
  'hand_over_unusable',
  'hand_over_pending',
  'passkey_unusable',
  'signature_invalid',
  'wallet_inactive',
  'credential_taken',
  'credential_unknown',
  'user_unknown',
  'refresh_token_unusable',
  'session_unusable',
  'session_mismatch',
  'project_unknown',
  'origin_not_allowed',
  'rate_limited',
  'mail_unavailable',
  'store_unavailable',
  'chain_unavailable',
  'issuer_unavailable',
] as const

export type AuthErrorCode = (typeof AUTH_ERROR_CODES)[number]

/**
 * A refusal or an outage the core can name. It holds no HTTP status and no text meant for a client.
 *
 * `reason` is a stable snake_case word for logs and diagnostics (for example `nonce_missing`): never input, never a
 * secret.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: AuthErrorCode
  readonly reason: string

  constructor(code: AuthErrorCode, reason: string = code, cause?: unknown) {
    super(reason === code ? code : `${code}: ${reason}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.reason = reason
  }
}
