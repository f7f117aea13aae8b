import { AuthError } from '../errors.ts'
import { type PasskeyRefusal, refusePasskey } from './passkey-refusals.ts'

/** The library that verifies. Loaded on first use: a fifth of a second that a server without passkeys never spends. */
export async function loadWebAuthn() {
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ])
  return { ...server, ...helpers }
}

/**
 * Does this with untrusted bytes. The library throws plain errors for whatever is wrong with them, in texts that quote them, so
 * nothing of the error is kept. @throws {AuthError} `passkey_unusable` with this reason
 */
export async function onUntrusted<T>(reason: PasskeyRefusal, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof AuthError) throw error
    refusePasskey(reason)
  }
}
