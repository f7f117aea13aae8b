import { decodeLongBase58 } from './base58.ts'
import { SIGNATURE_BYTES } from './ed25519.ts'
import { beginsAsMemoTransaction } from './memo-transaction.ts'
import { beginsAsOffChainMessage } from './off-chain-message.ts'

/** What fits into one IPv6 packet, and so the largest transaction there is. */
const PACKET_BYTES = 1232
const SIGNATURE_END = 1 + SIGNATURE_BYTES
const MAX_BASE64_LENGTH = Math.ceil(PACKET_BYTES / 3) * 4

/** One signature and the bytes that it signs. */
export interface SignedPacket {
  readonly signature: Uint8Array
  readonly signed: Uint8Array
}

/**
 * The bytes of a signed packet in canonical base64 or in base58, or null: `0x01`, a signature, and what was signed, at most 1232
 * bytes in all. Transactions are sent so, and off-chain messages with their signature (the *envelope* of the specification, which
 * is what Ledger's own libraries return in place of a signature). Base58 may be base64 as well, so the reading must begin as
 * a packet does. By chance a text does so in both encodings once in a billion times, and then it means the first.
 */
export function decodeSignedPacket(text: string): Uint8Array | null {
  const fromBase64 = decodeCanonicalBase64(text)
  if (fromBase64 !== null && splitSignedPacket(fromBase64) !== null) return fromBase64
  const fromBase58 = decodeLongBase58(text, PACKET_BYTES)
  return fromBase58 !== null && splitSignedPacket(fromBase58) !== null ? fromBase58 : null
}

/** The two parts, or null unless the bytes begin as a packet with exactly one signature. Whether it is *wanted* isn't judged. */
export function splitSignedPacket(packet: Uint8Array): SignedPacket | null {
  // One signature: the count is a compact-u16 in a transaction and a byte in an envelope, the same for 1.
  if (packet.length > PACKET_BYTES || packet[0] !== 1) return null
  const signed = packet.subarray(SIGNATURE_END)
  if (!beginsAsOffChainMessage(signed) && !beginsAsMemoTransaction(signed)) return null
  return { signature: packet.subarray(1, SIGNATURE_END), signed }
}

function decodeCanonicalBase64(text: string): Uint8Array | null {
  if (text.length > MAX_BASE64_LENGTH) return null
  const bytes = Buffer.from(text, 'base64')
  // Node skips what it does not know; one spelling per value (RFC 4648 §3.5).
  return bytes.toString('base64') === text ? bytes : null
}
