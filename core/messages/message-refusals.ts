import { AuthError } from '../errors.ts'

/** Every reason of AuthError('message_malformed'), in the order a text is read. */
export const MESSAGE_REFUSALS = [
  'too_long',
  'ill_formed_text',
  'header_malformed',
  'scheme_malformed',
  'domain_malformed',
  'address_malformed',
  'blank_line_missing',
  'statement_malformed',
  'uri_missing',
  'uri_malformed',
  'version_missing',
  'version_unsupported',
  'chain_id_missing',
  'chain_id_malformed',
  'nonce_missing',
  'nonce_malformed',
  'issued_at_missing',
  'issued_at_malformed',
  'expiration_time_malformed',
  'not_before_malformed',
  'request_id_malformed',
  'resource_malformed',
  'trailing_content',
] as const

export type MessageRefusal = (typeof MESSAGE_REFUSALS)[number]

/** @throws {AuthError} message_malformed, always. */
export function refuseMessage(reason: MessageRefusal): never {
  throw new AuthError('message_malformed', reason)
}
