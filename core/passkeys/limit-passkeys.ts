import type { Credential, Passkey } from '../identities/identity.ts'
import { refusePasskey } from './passkey-refusals.ts'

/** So many devices has nobody, and every one is sent with each registration. */
const MAX_PASSKEYS = 20

export function passkeysOf(credentials: readonly Credential[]): readonly Passkey[] {
  return credentials.filter((each) => each.kind === 'passkey')
}

/** Refuses a user to have so many more. @throws {AuthError} `passkey_unusable` */
export function requireRoom(credentials: readonly Credential[], more: number): void {
  if (passkeysOf(credentials).length + more > MAX_PASSKEYS) refusePasskey('too_many_passkeys')
}
