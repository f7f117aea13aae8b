import type { Passkey } from '../identities/identity.ts'
import type { Attestation } from './authenticator-response.ts'
import { refusePasskey } from './passkey-refusals.ts'
import { isSupportedKey, PUBLIC_KEY_ALGORITHMS } from './public-key.ts'
import { bindAuthenticatorData, type RelyingParty } from './relying-party.ts'
import { loadWebAuthn, onUntrusted } from './webauthn-library.ts'

/** A passkey that was made for us, and is nobody's yet. */
export type MadePasskey = Pick<
  Passkey,
  'credentialId' | 'publicKey' | 'signCount' | 'transports' | 'rpId' | 'isBackedUp'
>

/**
 * Verifies that a passkey was made in answer to this challenge, for this relying party (WebAuthn §7.1). What made it is not asked:
 * we want no attestation, and read no certificates.
 *
 * @throws {AuthError} `passkey_unusable`
 */
export async function verifyAttestation(
  { credentialId, clientDataJson, attestationObject, transports }: Attestation,
  challenge: string,
  party: RelyingParty,
): Promise<MadePasskey> {
  const library = await loadWebAuthn()
  const authenticatorData = await onUntrusted('response_malformed', () => {
    const decoded: unknown = library.decodeAttestationObject(new Uint8Array(attestationObject))
    return requireUnattested(decoded)
  })
  bindAuthenticatorData(authenticatorData, party)
  await onUntrusted('response_malformed', () => {
    const { credentialID, credentialPublicKey } = library.parseAuthenticatorData(authenticatorData)
    if (credentialID === undefined || credentialPublicKey === undefined) refusePasskey('response_malformed')
    // §7.1 step 24: the library reads the id from here, and never compares it with the one beside.
    if (Buffer.from(credentialID).toString('base64url') !== credentialId) refusePasskey('response_malformed')
    if (!isSupportedKey(library.decodeCredentialPublicKey(credentialPublicKey))) refusePasskey('key_unsupported')
  })
  const { verified, registrationInfo } = await onUntrusted('response_malformed', () =>
    library.verifyRegistrationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        response: {
          clientDataJSON: clientDataJson.toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
        },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.rpId,
      requireUserVerification: false, // We prefer it (§5.4.4), and a key without a PIN is still one.
      supportedAlgorithmIDs: Object.values(PUBLIC_KEY_ALGORITHMS),
    }),
  )
  if (!verified) refusePasskey('signature_invalid')
  return {
    credentialId,
    publicKey: Buffer.from(registrationInfo.credential.publicKey).toString('base64url'),
    signCount: registrationInfo.credential.counter,
    transports,
    rpId: party.rpId,
    isBackedUp: registrationInfo.credentialBackedUp,
  }
}

/**
 * The authenticator data of an attestation object without certificates: `none`, or `packed` signed with the new key itself, which
 * browsers leave as it is (§5.1.3). Other formats would have the library parse certificates of a stranger and fetch what they name.
 */
function requireUnattested(decoded: unknown): Uint8Array<ArrayBuffer> {
  if (!(decoded instanceof Map)) refusePasskey('response_malformed')
  const [format, statement, data]: unknown[] = [decoded.get('fmt'), decoded.get('attStmt'), decoded.get('authData')]
  if (!(statement instanceof Map) || !(data instanceof Uint8Array)) refusePasskey('response_malformed')
  const isSelfSigned = format === 'packed' && !statement.has('x5c')
  if (format !== 'none' && !isSelfSigned) refusePasskey('attestation_unsupported')
  return new Uint8Array(data)
}
