import { AuthError } from '../errors.ts'

/** Every reason of AuthError('passkey_unusable'), in the order a response is read. */
export const PASSKEY_REFUSALS = [
  'response_malformed',
  'type_mismatch',
  'origin_not_accepted',
  'cross_origin',
  'challenge_unknown',
  'challenge_expired',
  'passkey_unknown',
  'user_mismatch',
  'user_handle_mismatch',
  'rp_id_mismatch',
  'user_absent',
  'attestation_unsupported',
  'key_unsupported',
  'signature_invalid',
  'counter_replayed',
  'passkey_taken',
  'too_many_passkeys',
  'nonce_spent',
] as const

export type PasskeyRefusal = (typeof PASSKEY_REFUSALS)[number]

/** @throws {AuthError} passkey_unusable, always. */
export function refusePasskey(reason: PasskeyRefusal): never {
  throw new AuthError('passkey_unusable', reason)
}
