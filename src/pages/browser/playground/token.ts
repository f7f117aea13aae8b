/** A JWT taken apart (RFC 7519). */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** What came of checking a signature. */
export type SignatureCheck =
  | { readonly outcome: 'good'; readonly kid: string }
  | { readonly outcome: 'bad'; readonly reason: string }
  /** Nobody but the holder of a secret can check it, or this page cannot. */
  | { readonly outcome: 'not checked'; readonly reason: string }

interface NamedKey extends JsonWebKey {
  readonly kid?: string
}

const ALGORITHMS: Readonly<
  Record<
    string,
    { readonly import: EcKeyImportParams | RsaHashedImportParams; readonly verify: AlgorithmIdentifier | EcdsaParams }
  >
> = {
  ES256: { import: { name: 'ECDSA', namedCurve: 'P-256' }, verify: { name: 'ECDSA', hash: 'SHA-256' } },
  RS256: { import: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, verify: 'RSASSA-PKCS1-v1_5' },
}

/** Header and claims, unchecked. @throws when it is no JWT */
export function decodeToken(token: string): DecodedToken {
  const [header = '', claims = ''] = token.split('.')
  return { header: readObject(header), claims: readObject(claims) }
}

/** Checks the signature against a key set (RFC 7517), as a back end would: by `kid`, and by the algorithm of the key. */
export async function checkSignature(token: string, keySet: unknown): Promise<SignatureCheck> {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const kid = readObject(header)['kid']
  const keys = (keySet as { readonly keys?: readonly NamedKey[] } | undefined)?.keys ?? []
  const key = keys.find((each) => each.kid === kid)
  if (key === undefined || typeof kid !== 'string') return { outcome: 'bad', reason: 'the key set has no such key' }
  // Only https and localhost have it.
  if (globalThis.crypto?.subtle === undefined) {
    return { outcome: 'not checked', reason: 'a page of an insecure origin cannot; open it at localhost or with https' }
  }
  const algorithm = ALGORITHMS[key.alg ?? '']
  if (algorithm === undefined) return { outcome: 'not checked', reason: `this page does not know ${key.alg}` }
  // Firefox refuses members that say what the import says.
  const { kty = '', crv, x, y, n, e } = key
  const bare = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e }
  const imported = await crypto.subtle.importKey('jwk', bare as JsonWebKey, algorithm.import, false, ['verify'])
  const signed = new TextEncoder().encode(`${header}.${claims}`)
  const isGood = await crypto.subtle.verify(algorithm.verify, imported, fromBase64Url(signature), signed)
  return isGood ? { outcome: 'good', kid } : { outcome: 'bad', reason: 'the signature is not of this key' }
}

/** Base64url without padding to bytes (RFC 7515 §2). */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** Bytes to base64url without padding. */
export function toBase64Url(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function readObject(part: string): Readonly<Record<string, unknown>> {
  const json: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(part)))
  if (typeof json !== 'object' || json === null) throw new SyntaxError('not a JWT')
  return { ...json }
}
