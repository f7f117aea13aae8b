import KSUID from 'ksuid'
import type { RandomSource } from './ports.ts'

/** A KSUID: 27 base62 characters, sortable by second, 128 random bits. */
export function newKsuid(now: Date, random: RandomSource): string {
  return KSUID.fromParts(now.getTime(), Buffer.from(random.bytes(16))).string
}

/**
 * A KSUID of 160 random bits, its time among them. User ids are told to whoever names an address or a wallet: a real time would
 * tell an old account from one that was made on the spot.
 */
export function newTimelessKsuid(random: RandomSource): string {
  return new KSUID(Buffer.from(random.bytes(20))).string
}

/** A random UUID (RFC 9562 §5.4, version 4) in lower case with hyphens. */
export function newUuid(random: RandomSource): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Lower-case hex of fresh random bytes: two characters a byte. */
export function newHex(bytes: number, random: RandomSource): string {
  return Buffer.from(random.bytes(bytes)).toString('hex')
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The largest multiple of 62 in a byte: what is above would make some characters likelier than others. */
const UNBIASED = 248

/** Fresh decimal digits, each equally likely. */
export function newDigits(length: number, random: RandomSource): string {
  let text = ''
  while (text.length < length) {
    // 250 is the largest multiple of 10 in a byte: what is above would make some digits likelier than others.
    for (const byte of random.bytes(length - text.length)) if (byte < 250) text += byte % 10
  }
  return text
}

/** Fresh characters of A–Z, a–z and 0–9, each equally likely: 5.95 bits a character. */
export function newAlphanumeric(length: number, random: RandomSource): string {
  let text = ''
  while (text.length < length) {
    for (const byte of random.bytes(length - text.length)) if (byte < UNBIASED) text += BASE62[byte % 62]
  }
  return text
}
