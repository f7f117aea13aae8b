import { WalletRefusal } from './signer.ts'
import { fromBase64Url, toBase64Url } from './token.ts'

/** Options as the server writes them: WebAuthn's, with binary values as base64url. */
type JsonOptions<T> = { readonly publicKey: T }

/** Lets the browser make a passkey, and returns it as JSON for the server. @throws {WalletRefusal} */
export async function makePasskey(options: JsonOptions<PublicKeyCredentialCreationOptionsJSON>): Promise<object> {
  const { publicKey } = options
  const created = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        ...(publicKey as unknown as PublicKeyCredentialCreationOptions),
        challenge: fromBase64Url(publicKey.challenge),
        user: { ...publicKey.user, id: fromBase64Url(publicKey.user.id) },
        excludeCredentials: (publicKey.excludeCredentials ?? []).map(({ id }) => ({
          type: 'public-key',
          id: fromBase64Url(id),
        })),
      },
    }),
  )
  const response = created.response as AuthenticatorAttestationResponse
  return {
    ...named(created),
    response: {
      clientDataJSON: toBase64Url(response.clientDataJSON),
      attestationObject: toBase64Url(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  }
}

/** Lets the browser sign in with a passkey, and returns its answer as JSON for the server. @throws {WalletRefusal} */
export async function usePasskey(options: JsonOptions<PublicKeyCredentialRequestOptionsJSON>): Promise<object> {
  const { challenge, timeout, rpId } = options.publicKey
  const used = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: fromBase64Url(challenge),
        userVerification: 'preferred',
        ...(timeout === undefined ? {} : { timeout }),
        ...(rpId === undefined ? {} : { rpId }),
      },
    }),
  )
  const response = used.response as AuthenticatorAssertionResponse
  return {
    ...named(used),
    response: {
      clientDataJSON: toBase64Url(response.clientDataJSON),
      authenticatorData: toBase64Url(response.authenticatorData),
      signature: toBase64Url(response.signature),
      userHandle: response.userHandle === null ? null : toBase64Url(response.userHandle),
    },
  }
}

function named({ id, rawId, type, authenticatorAttachment }: PublicKeyCredential) {
  return { id, rawId: toBase64Url(rawId), type, authenticatorAttachment, clientExtensionResults: {} }
}

async function ask(act: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (globalThis.PublicKeyCredential === undefined) {
    throw new WalletRefusal('This page cannot use passkeys: open it at localhost, or with https.')
  }
  try {
    const credential = await act()
    if (credential instanceof PublicKeyCredential) return credential
  } catch (error) {
    throw new WalletRefusal(`The browser says: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new WalletRefusal('The browser gave no passkey.')
}
