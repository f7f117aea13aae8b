import type { Passkey } from '../identities/identity.ts'
import type { Assertion } from './authenticator-response.ts'
import { refusePasskey } from './passkey-refusals.ts'
import { bindAuthenticatorData, type RelyingParty } from './relying-party.ts'
import { loadWebAuthn, onUntrusted } from './webauthn-library.ts'

/**
 * Verifies that this passkey signed this challenge for this relying party (WebAuthn §7.2). Returns the counter that was signed.
 *
 * @throws {AuthError} `passkey_unusable`
 */
export async function verifyAssertion(
  { clientDataJson, authenticatorData, signature }: Assertion,
  { credentialId, publicKey }: Passkey,
  challenge: string,
  party: RelyingParty,
): Promise<number> {
  bindAuthenticatorData(authenticatorData, party)
  const library = await loadWebAuthn()
  // Told apart from a wrong signature, for the log.
  await onUntrusted('response_malformed', () => library.parseAuthenticatorData(new Uint8Array(authenticatorData)))
  const { verified, authenticationInfo } = await onUntrusted('signature_invalid', () =>
    library.verifyAuthenticationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        response: {
          clientDataJSON: clientDataJson.toString('base64url'),
          authenticatorData: authenticatorData.toString('base64url'),
          signature: signature.toString('base64url'),
        },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.rpId,
      // The counter is judged by the store, in one step, once the signature is known to be good; 0 lets every one pass here.
      credential: { id: credentialId, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter: 0 },
      requireUserVerification: false,
    }),
  )
  if (!verified) refusePasskey('signature_invalid')
  return authenticationInfo.newCounter
}
