import { createPublicKey, type KeyObject, sign } from 'node:crypto'

/*
 * Just enough DER (X.690 §10) for one fixed shape of certificate. Verifiers of tokens read `x5c` and check nothing in it,
 * so the certificate only has to be well-formed, hold the key, and be signed by it.
 */

const INTEGER = 0x02
const BIT_STRING = 0x03
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31

const COMMON_NAME = Buffer.from('0603550403', 'hex') // 2.5.4.3
const SHA256_WITH_RSA = Buffer.from('300d06092a864886f70d01010b0500', 'hex') // RFC 4055 §5: parameters are NULL.
const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex') // RFC 5758 §3.2: parameters are absent.

/** RFC 5280 §4.1.2.5: the value for "no well-defined expiration". */
const NO_EXPIRY = '99991231235959Z'

export interface CertificateRequest {
  /** An RSA or a P-256 private key; the certificate is signed with it. */
  readonly privateKey: KeyObject
  readonly commonName: string
  readonly notBefore: Date
  /** 16 random bytes. */
  readonly serial: Uint8Array
}

/** A self-signed X.509 certificate, version 1 (no extensions), DER. */
export function createSelfSignedCertificate({ privateKey, commonName, notBefore, serial }: CertificateRequest): Buffer {
  const algorithm = privateKey.asymmetricKeyType === 'rsa' ? SHA256_WITH_RSA : ECDSA_WITH_SHA256
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName)))))
  const toBeSigned = der(
    SEQUENCE,
    // RFC 5280 §4.1.2.2: positive. A leading 01 keeps the sign bit clear and the encoding minimal.
    der(INTEGER, Buffer.from([1]), serial),
    algorithm,
    name,
    der(SEQUENCE, formatTime(notBefore), der(GENERALIZED_TIME, Buffer.from(NO_EXPIRY))),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  return der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, Buffer.from([0]), signature))
}

function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, ...encodeLength(body.length)]), body])
}

function encodeLength(length: number): readonly number[] {
  if (length < 0x80) return [length]
  if (length < 0x100) return [0x81, length]
  return [0x82, length >> 8, length & 0xff] // No certificate of ours reaches 64 KiB.
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
function formatTime(time: Date): Buffer {
  const digits = `${time.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return time.getUTCFullYear() < 2050
    ? der(UTC_TIME, Buffer.from(digits.slice(2)))
    : der(GENERALIZED_TIME, Buffer.from(digits))
}
