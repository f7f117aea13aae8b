import { PUBLIC_KEY_BYTES } from './address.ts'

/** The first byte is in no text (UTF-8 has no 0xff) and in no transaction (there, bit 7 announces a version, and 127 is none). */
const SIGNING_DOMAIN = Buffer.from('\xffsolana offchain', 'latin1')
const NO_APPLICATION = Buffer.alloc(32)
const APPLICATION = { start: SIGNING_DOMAIN.length + 1, end: SIGNING_DOMAIN.length + 1 + NO_APPLICATION.length }
/** Version 0: signing domain, version, application, format, number of signers, signer, length. */
const MAX_HEADER_BYTES = APPLICATION.end + 1 + 1 + PUBLIC_KEY_BYTES + 2
const SIGN_IN_WORDS = ' wants you to sign in with your Solana account:'

/** Ledger's message buffer, the largest of any device. A longer text has no envelope, which also bounds what verifying costs. */
const MAX_TEXT_BYTES = 15 * 1024 - 40 - 8
/** Format 2 is for what exceeds these: 1232 bytes with the header, or in the legacy layout 1212 without. */
const MAX_SHORT_BYTES = 1232
const MAX_SHORT_LEGACY_BYTES = 1212

/** Do the bytes begin as an off-chain message does? */
export function beginsAsOffChainMessage(bytes: Uint8Array): boolean {
  return SIGNING_DOMAIN.equals(bytes.subarray(0, SIGNING_DOMAIN.length))
}

/**
 * Every way in which wallets wrap this text as an off-chain message of one signer before they sign it, likeliest first, at most
 * five: nothing in an envelope is left to the client, so all can be built and none need be parsed. They share one buffer, with the
 * header written anew in front of the text: each is good until the next is asked for.
 *
 * - Version 1 (sRFC 38): `solana:signOffchainMessage` and `solana:signIn` 1.1 of the Wallet Standard, Ledger, Trezor, OneKey.
 * - Version 0 as Ledger's libraries write it: a line feed counts as printable ASCII, up to the size of the device's buffer.
 * - Version 0 as specified: only 0x20 to 0x7e is format 0. The same bytes where the text has no line feed.
 * - Version 0 without application and signer, as Solana's command line tool and Ledger's application before 1.8 have it.
 * - Version 1 with a length, as Ledger's application had it before the specification was final.
 */
export function* offChainMessages(
  text: Uint8Array,
  publicKey: Uint8Array,
  application: Uint8Array = NO_APPLICATION,
): Generator<Uint8Array> {
  if (text.length === 0 || text.length > MAX_TEXT_BYTES) return
  const bytes = Buffer.allocUnsafe(MAX_HEADER_BYTES + text.length)
  bytes.set(text, MAX_HEADER_BYTES)
  const behind = (...header: Uint8Array[]) => {
    const start = MAX_HEADER_BYTES - header.reduce((length, part) => length + part.length, SIGNING_DOMAIN.length)
    let offset = start
    for (const part of [SIGNING_DOMAIN, ...header]) {
      bytes.set(part, offset)
      offset += part.length
    }
    return bytes.subarray(start)
  }
  const length = Uint8Array.of(text.length & 0xff, text.length >> 8)
  const version1 = Uint8Array.of(1, 1)
  const version0 = (format: number) =>
    behind(Uint8Array.of(0), application, Uint8Array.of(format, 1), publicKey, length)

  yield behind(version1, publicKey)
  const charset = charsetOf(text)
  const asLedger = charset === 'utf-8' ? 1 : 0
  yield version0(asLedger)
  const asSpecified = formatOf(charset, bytes.length <= MAX_SHORT_BYTES)
  if (asSpecified !== asLedger) yield version0(asSpecified)
  yield behind(Uint8Array.of(0, formatOf(charset, text.length <= MAX_SHORT_LEGACY_BYTES)), length)
  yield behind(version1, publicKey, length)
}

/**
 * Are these the bytes of one of those off-chain messages? The application of version 0 may be none (zeros), or the very domain that
 * the text names, as some clients have it; any other would say that the text was meant for someone else.
 */
export function isOffChainMessageOf(bytes: Uint8Array, text: Uint8Array, publicKey: Uint8Array): boolean {
  for (const message of offChainMessages(text, publicKey, namedApplication(bytes, text))) {
    if (Buffer.compare(message, bytes) === 0) return true
  }
  return false
}

/** The bytes where version 0 has its application if the text begins with them as its domain, else none. */
function namedApplication(bytes: Uint8Array, text: Uint8Array): Uint8Array {
  const application = bytes.subarray(APPLICATION.start, APPLICATION.end)
  const padding = application.indexOf(0)
  const domain = Buffer.from(padding === -1 ? application : application.subarray(0, padding))
  const firstWords = Buffer.concat([domain, Buffer.from(SIGN_IN_WORDS)])
  const isNamed = firstWords.equals(text.subarray(0, firstWords.length))
  const isPadded = NO_APPLICATION.equals(Buffer.concat([application.subarray(domain.length)], NO_APPLICATION.length))
  return isNamed && isPadded ? application : NO_APPLICATION
}

type Charset = 'ascii' | 'ascii with line feeds' | 'utf-8'

/** As specified: 0 for printable ASCII, 1 for other UTF-8, 2 for what is too long for either. */
function formatOf(charset: Charset, isShort: boolean): number {
  if (!isShort) return 2
  return charset === 'ascii' ? 0 : 1
}

function charsetOf(text: Uint8Array): Charset {
  let charset: Charset = 'ascii'
  for (const byte of text) {
    if (byte === 0x0a) charset = 'ascii with line feeds'
    else if (byte < 0x20 || byte > 0x7e) return 'utf-8'
  }
  return charset
}
