import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/*
 * An authenticator and the browser in front of it, in software, from the texts of WebAuthn, CTAP and RFC 8949. It shares nothing with
 * what it tests, and lies about anything when it is told to.
 */

export type Algorithm = 'es256' | 'eddsa' | 'rs256'

/** The members of creation options that an authenticator reads. */
interface CreationOptions {
  readonly rp: { readonly id?: string }
  readonly user: { readonly id: string }
  readonly challenge: string
}

interface RequestOptions {
  readonly challenge: string
  readonly rpId?: string
}

/** What may be false about an answer. */
export interface Lies {
  /** Replaces members of the client data; `undefined` leaves one out. */
  readonly clientData?: Readonly<Record<string, unknown>>
  /** The client data's bytes, as they are. */
  readonly clientDataBytes?: Uint8Array
  /** The RP id that is hashed into the authenticator data. */
  readonly rpId?: string
  readonly isUserPresent?: boolean
  readonly isUserVerified?: boolean
  readonly isBackedUp?: boolean
  readonly isBackupEligible?: boolean
  readonly signCount?: number
  /** Follows the authenticator data; it is signed with it. */
  readonly trailing?: Uint8Array
}

export interface AttestationLies extends Lies {
  readonly credentialId?: Uint8Array
  /** The id beside the attestation object. */
  readonly outerId?: Uint8Array
  readonly publicKey?: Cbor
  readonly format?: string
  readonly statement?: Map<Cbor, Cbor>
  readonly attestationObject?: Uint8Array
  readonly transports?: unknown
}

export interface AssertionLies extends Lies {
  readonly credentialId?: Uint8Array
  readonly signWith?: KeyObject
  readonly signature?: Uint8Array
  readonly userHandle?: Uint8Array | null
}

/** As WalletKit Link sends it (WalletKit digest §2.6). */
export interface AttestationJson {
  type: unknown
  id: unknown
  rawId: unknown
  authenticatorAttachment?: unknown
  response: Record<string, unknown>
  clientExtensionResults: Record<string, unknown>
}
export type AssertionJson = AttestationJson

/** A passkey on the authenticator. */
export interface SoftPasskey {
  readonly id: Buffer
  readonly rpId: string
  readonly userHandle: Buffer
  readonly privateKey: KeyObject
  signCount: number
}

export interface Authenticator {
  readonly passkeys: SoftPasskey[]
  /** `navigator.credentials.create()` in a page of this origin. */
  create(options: CreationOptions, origin: string, lies?: AttestationLies): AttestationJson
  /** `navigator.credentials.get()` in a page of this origin, with the newest passkey that fits, or this one. */
  get(options: RequestOptions, origin: string, lies?: AssertionLies, passkey?: SoftPasskey): AssertionJson
}

export interface AuthenticatorKind {
  readonly algorithm?: Algorithm
  /** Whether it counts its uses. Passkeys that are kept in several places do not. */
  readonly counts?: boolean
  readonly rsaBits?: number
}

const [UP, UV, BE, BS, AT] = [0x01, 0x04, 0x08, 0x10, 0x40]

export function createAuthenticator({
  algorithm = 'es256',
  counts = false,
  rsaBits = 2048,
}: AuthenticatorKind = {}): Authenticator {
  const passkeys: SoftPasskey[] = []

  const authenticatorData = (rpId: string, signCount: number, lies: Lies, attested: Uint8Array): Buffer => {
    const { isUserPresent = true, isUserVerified = true, isBackedUp = !counts, isBackupEligible = !counts } = lies
    const flags =
      (isUserPresent ? UP : 0) |
      (isUserVerified ? UV : 0) |
      (isBackupEligible ? BE : 0) |
      (isBackedUp ? BS : 0) |
      (attested.length > 0 ? AT : 0)
    const rest = Buffer.alloc(5)
    rest.writeUInt8(flags, 0)
    rest.writeUInt32BE(lies.signCount ?? signCount, 1)
    return Buffer.concat([sha256(lies.rpId ?? rpId), rest, attested, lies.trailing ?? Buffer.alloc(0)])
  }

  return {
    passkeys,
    create({ rp, user, challenge }, origin, lies = {}) {
      const { privateKey, publicKey } = newKeyPair(algorithm, rsaBits)
      const rpId = rp.id ?? new URL(origin).hostname
      const id = Buffer.from(lies.credentialId ?? randomBytes(20))
      passkeys.push({ id, rpId, userHandle: Buffer.from(user.id, 'base64url'), privateKey, signCount: 0 })

      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const key = lies.publicKey ?? coseKey(algorithm, publicKey)
      const attested = Buffer.concat([Buffer.alloc(16), length, id, encodeCbor(key)])
      const authData = authenticatorData(rpId, 0, lies, attested)
      const clientDataJson = clientData('webauthn.create', challenge, origin, lies)
      const format = lies.format ?? 'none'
      const selfSigned = cborMap(
        ['alg', ALGORITHMS[algorithm]],
        ['sig', signBytes(algorithm, privateKey, Buffer.concat([authData, sha256(clientDataJson)]))],
      )
      const statement = lies.statement ?? (format === 'packed' ? selfSigned : cborMap())
      const attestationObject =
        lies.attestationObject ?? encodeCbor(cborMap(['fmt', format], ['attStmt', statement], ['authData', authData]))
      const outerId = base64url(lies.outerId ?? id)
      return {
        type: 'public-key',
        id: outerId,
        rawId: outerId,
        authenticatorAttachment: 'platform',
        response: {
          clientDataJSON: base64url(clientDataJson),
          attestationObject: base64url(attestationObject),
          transports: 'transports' in lies ? lies.transports : ['hybrid', 'internal'],
        },
        clientExtensionResults: {},
      }
    },
    get({ challenge, rpId: asked }, origin, lies = {}, chosen) {
      const rpId = asked ?? new URL(origin).hostname
      const passkey = chosen ?? passkeys.findLast((each) => each.rpId === rpId)
      if (passkey === undefined) throw new Error(`no passkey for ${rpId}`)
      if (counts) passkey.signCount += 1
      const authData = authenticatorData(passkey.rpId, passkey.signCount, lies, Buffer.alloc(0))
      const clientDataJson = clientData('webauthn.get', challenge, origin, lies)
      const signed = Buffer.concat([authData, sha256(clientDataJson)])
      const signature = lies.signature ?? signBytes(algorithm, lies.signWith ?? passkey.privateKey, signed)
      const userHandle = 'userHandle' in lies ? lies.userHandle : passkey.userHandle
      const id = base64url(lies.credentialId ?? passkey.id)
      return {
        type: 'public-key',
        id,
        rawId: id,
        authenticatorAttachment: 'platform',
        response: {
          clientDataJSON: base64url(clientDataJson),
          authenticatorData: base64url(authData),
          signature: base64url(signature),
          userHandle: userHandle === null || userHandle === undefined ? null : base64url(userHandle),
        },
        clientExtensionResults: {},
      }
    },
  }
}

function clientData(type: string, challenge: string, origin: string, lies: Lies): Buffer {
  if (lies.clientDataBytes !== undefined) return Buffer.from(lies.clientDataBytes)
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...lies.clientData }))
}

const ALGORITHMS = { es256: -7, eddsa: -8, rs256: -257 } as const

function newKeyPair(algorithm: Algorithm, rsaBits: number): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'es256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'eddsa') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: rsaBits })
}

function signBytes(algorithm: Algorithm, key: KeyObject, bytes: Uint8Array): Buffer {
  return sign(algorithm === 'eddsa' ? null : 'sha256', bytes, key)
}

/** RFC 9052 §7, labels in the order of CTAP2 §6. */
function coseKey(algorithm: Algorithm, publicKey: KeyObject): Map<Cbor, Cbor> {
  const { x, y, n, e } = publicKey.export({ format: 'jwk' })
  const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')
  if (algorithm === 'es256') return cborMap([1, 2], [3, -7], [-1, 1], [-2, bytes(x)], [-3, bytes(y)])
  if (algorithm === 'eddsa') return cborMap([1, 1], [3, -8], [-1, 6], [-2, bytes(x)])
  return cborMap([1, 3], [3, -257], [-1, bytes(n)], [-2, bytes(e)])
}

export type Cbor = number | string | Uint8Array | boolean | readonly Cbor[] | Map<Cbor, Cbor>

export function cborMap(...members: readonly (readonly [Cbor, Cbor])[]): Map<Cbor, Cbor> {
  return new Map(members)
}

/** RFC 8949 §3, definite lengths, integers of 32 bits. */
export function encodeCbor(value: Cbor): Buffer {
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4])
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value)
  if (typeof value === 'string') return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([cborHead(2, value.length), value])
  if (value instanceof Map) {
    return Buffer.concat([cborHead(5, value.size), ...[...value].flat().map((each) => encodeCbor(each as Cbor))])
  }
  return Buffer.concat([cborHead(4, value.length), ...value.map(encodeCbor)])
}

function cborHead(major: number, length: number): Buffer {
  const type = major << 5
  if (length < 24) return Buffer.from([type | length])
  if (length < 0x100) return Buffer.from([type | 24, length])
  if (length < 0x10000) return Buffer.from([type | 25, length >> 8, length & 0xff])
  const head = Buffer.alloc(5)
  head.writeUInt8(type | 26)
  head.writeUInt32BE(length, 1)
  return head
}

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest()
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
