import { isUtf8 } from 'node:buffer'
import { decodeBase64Url } from './base64url.ts'
import { refusePasskey } from './passkey-refusals.ts'

/** What the browser says it was asked, and by whom (WebAuthn §5.8.1). */
export interface ClientData {
  readonly type: string
  readonly challenge: string
  readonly origin: string
  /** Whether the page stood in another origin's page. */
  readonly isEmbedded: boolean
}

interface AuthenticatorResponse {
  /** As the authenticator calls it, base64url. */
  readonly credentialId: string
  readonly clientData: ClientData
  /** The bytes that were hashed and signed. */
  readonly clientDataJson: Buffer
}

/** What making a passkey results in. Parsed, and nothing of it verified. */
export interface Attestation extends AuthenticatorResponse {
  readonly attestationObject: Buffer
  readonly transports: readonly string[]
}

/** What using a passkey results in. Parsed, and nothing of it verified. */
export interface Assertion extends AuthenticatorResponse {
  readonly authenticatorData: Buffer
  readonly signature: Buffer
  readonly userHandle: Buffer | null
}

// Bytes. WebAuthn §4 bounds credential ids and §5.4.3 user handles; the others leave room above what browsers send.
const MIN_CREDENTIAL_ID = 16
const MAX_CREDENTIAL_ID = 1023
const MAX_USER_HANDLE = 64
const MAX_CLIENT_DATA = 4096
const MAX_ATTESTATION_OBJECT = 8192
const MAX_AUTHENTICATOR_DATA = 4096
/** RSA of 4096 bits. */
const MAX_SIGNATURE = 512
const MAX_ORIGIN_LENGTH = 512
const MAX_TRANSPORTS = 8
const TRANSPORT = /^[a-z][a-z-]{0,31}$/
/** Ours: 32 bytes, without padding as browsers write it. */
const CHALLENGE = /^[\w-]{43}$/

/** The JSON of `navigator.credentials.create()`, as WalletKit Link writes it. Other members are passed over. @throws {AuthError} `passkey_unusable` */
export function parseAttestation(value: unknown): Attestation {
  const { credential, response } = membersOf(value)
  return {
    ...parseCommon(credential, response),
    attestationObject: requireBytes(response['attestationObject'], MAX_ATTESTATION_OBJECT),
    transports: parseTransports(response['transports']),
  }
}

/** The JSON of `navigator.credentials.get()`, as WalletKit Link writes it. Other members are passed over. @throws {AuthError} `passkey_unusable` */
export function parseAssertion(value: unknown): Assertion {
  const { credential, response } = membersOf(value)
  const userHandle = response['userHandle']
  return {
    ...parseCommon(credential, response),
    authenticatorData: requireBytes(response['authenticatorData'], MAX_AUTHENTICATOR_DATA),
    signature: requireBytes(response['signature'], MAX_SIGNATURE),
    // Some clients write nothing as an empty text.
    userHandle: isAbsent(userHandle) || userHandle === '' ? null : requireBytes(userHandle, MAX_USER_HANDLE),
  }
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): { readonly credential: Members; readonly response: Members } {
  if (!isObject(value) || !isObject(value['response'])) refusePasskey('response_malformed')
  return { credential: value, response: value['response'] }
}

function parseCommon(credential: Members, response: Members): AuthenticatorResponse {
  if (credential['type'] !== 'public-key') refusePasskey('response_malformed')
  const id = requireBytes(credential['id'], MAX_CREDENTIAL_ID)
  const rawId = requireBytes(credential['rawId'], MAX_CREDENTIAL_ID)
  if (id.length < MIN_CREDENTIAL_ID || !id.equals(rawId)) refusePasskey('response_malformed')
  const clientDataJson = requireBytes(response['clientDataJSON'], MAX_CLIENT_DATA)
  return { credentialId: id.toString('base64url'), clientDataJson, clientData: parseClientData(clientDataJson) }
}

function parseClientData(json: Buffer): ClientData {
  let value: unknown
  try {
    // Invalid UTF-8 would be read as something else than was signed.
    value = isUtf8(json) ? JSON.parse(json.toString('utf8')) : null
  } catch {
    refusePasskey('response_malformed')
  }
  if (!isObject(value)) refusePasskey('response_malformed')
  const { type, challenge, origin, crossOrigin, topOrigin } = value
  if (typeof type !== 'string' || typeof origin !== 'string' || origin.length > MAX_ORIGIN_LENGTH) {
    refusePasskey('response_malformed')
  }
  if (typeof challenge !== 'string' || !CHALLENGE.test(challenge)) refusePasskey('response_malformed')
  // Whatever is there and not a plain "no" counts as a yes.
  const isEmbedded = !(isAbsent(crossOrigin) || crossOrigin === false) || !isAbsent(topOrigin)
  return { type, challenge, origin, isEmbedded }
}

/** Hints that a browser is given back. A client may not know them. */
function parseTransports(value: unknown): readonly string[] {
  if (isAbsent(value)) return []
  if (!Array.isArray(value) || value.length > MAX_TRANSPORTS) refusePasskey('response_malformed')
  const transports: readonly unknown[] = value
  if (!transports.every((each): each is string => typeof each === 'string' && TRANSPORT.test(each))) {
    refusePasskey('response_malformed')
  }
  return [...new Set(transports)]
}

function requireBytes(text: unknown, maxBytes: number): Buffer {
  return decodeBase64Url(text, maxBytes) ?? refusePasskey('response_malformed')
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
