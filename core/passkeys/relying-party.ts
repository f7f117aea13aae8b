import { createHash } from 'node:crypto'
import type { ClientData } from './authenticator-response.ts'
import { refusePasskey } from './passkey-refusals.ts'

/** Which pages may make and use passkeys of a project. */
export interface RelyingPartyTerms {
  /** The project's RP id; null: each page's own host is one. */
  readonly rpId: string | null
  readonly acceptsOrigin: (origin: string) => boolean
}

/** The page that asked, and the RP id its authenticator must have used. Neither is ever empty. */
export interface RelyingParty {
  readonly origin: string
  readonly rpId: string
}

/** WebAuthn §6.1: a hash of 32 bytes, the flags, a counter of 4. */
const MIN_AUTHENTICATOR_DATA = 37
const FLAGS_AT = 32
const USER_PRESENT = 0x01
const BACKUP_ELIGIBLE = 0x08
const BACKED_UP = 0x10

/**
 * Refuses what a browser was asked for another act (§7.1 step 7, §7.2 step 11), by a page that is not the project's, or by one that
 * stood in another origin's page, where its user cannot see who asks.
 *
 * @throws {AuthError} `passkey_unusable`
 */
export function bindClientData(
  { type, origin, isEmbedded }: ClientData,
  expectedType: 'webauthn.create' | 'webauthn.get',
  { rpId, acceptsOrigin }: RelyingPartyTerms,
): RelyingParty {
  if (type !== expectedType) refusePasskey('type_mismatch')
  if (!acceptsOrigin(origin)) refusePasskey('origin_not_accepted')
  if (isEmbedded) refusePasskey('cross_origin')
  // An app has an origin without a host (`android:apk-key-hash:…`): it needs an RP id of the project.
  return { origin, rpId: rpId || hostOf(origin) || refusePasskey('rp_id_mismatch') }
}

/**
 * Refuses what an authenticator signed for another RP id, or with nobody there. The library would too, in words not made to be told
 * apart. @throws {AuthError} `passkey_unusable`
 */
export function bindAuthenticatorData(bytes: Uint8Array, { rpId }: RelyingParty): void {
  if (bytes.length < MIN_AUTHENTICATOR_DATA) refusePasskey('response_malformed')
  const expected = createHash('sha256').update(rpId, 'utf8').digest()
  if (!expected.equals(bytes.subarray(0, FLAGS_AT))) refusePasskey('rp_id_mismatch')
  const flags = bytes[FLAGS_AT] ?? 0
  if ((flags & USER_PRESENT) === 0) refusePasskey('user_absent')
  // §6.1.3: what may not be copied has not been.
  if ((flags & BACKED_UP) !== 0 && (flags & BACKUP_ELIGIBLE) === 0) refusePasskey('response_malformed')
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}
