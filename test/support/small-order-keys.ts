import { createHash } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'

const { BASE, Fn } = ed25519.Point

/** All encodings of the eight Ed25519 points whose order divides the cofactor: eight canonical, six not (RFC 8032 §5.1.3). */
export const SMALL_ORDER_KEYS = {
  'order 1': '0100000000000000000000000000000000000000000000000000000000000000',
  'order 2': 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'order 4, x even': '0000000000000000000000000000000000000000000000000000000000000000',
  'order 4, x odd': '0000000000000000000000000000000000000000000000000000000000000080',
  'order 8, first': '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'order 8, second': '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'order 8, third': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'order 8, fourth': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'order 1, sign of zero': '0100000000000000000000000000000000000000000000000000000000000080',
  'order 2, sign of zero': 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'order 4, y = p, x even': 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'order 4, y = p, x odd': 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'order 1, y = p + 1': 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'order 1, y = p + 1, sign of zero': 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
} as const

/** A number as 32 bytes, least significant first. */
export function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn))
}

/** The inverse of `littleEndian`. */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** h of RFC 8032 §5.1.7. */
export function ed25519Challenge(r: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return fromLittleEndian(createHash('sha512').update(r).update(publicKey).update(message).digest()) % Fn.ORDER
}

/**
 * A signature that the verification equation accepts for a key of small order, over any message, without a private key:
 * R = [S]B with h ≡ 0 mod 8, so [h]A vanishes and the equation holds with or without the cofactor.
 */
export function forgeForSmallOrderKey(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  for (let s = 1n; ; s += 1n) {
    const r = BASE.multiply(s).toBytes()
    if (ed25519Challenge(r, publicKey, message) % 8n === 0n) return Uint8Array.from([...r, ...littleEndian(s)])
  }
}
