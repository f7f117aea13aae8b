import bs58 from 'bs58'
import type { Namespace } from '../../../core/accounts/account.ts'
import type { HintCode } from './hints.ts'

/** Decoding base58 is quadratic. */
const MAX_BASE58_LENGTH = 128
const MAX_LENGTH = 16_386

/** The bytes that a signature in none of its chain's encodings was probably meant to be, and how it is spelled; null: nobody knows. */
export function respellSignature(
  text: string,
  namespace: Namespace,
): { readonly hint: HintCode; readonly spelling: string } | null {
  if (text.length > MAX_LENGTH) return null
  const bare = text.replace(/^[\s"']+|[\s"']+$/g, '')
  const found = decodeAnyhow(bare, namespace)
  if (found !== null) return { hint: found.hint, spelling: encode(found.bytes, namespace) }
  return bare === text ? null : { hint: 'spelled_in_quotes', spelling: bare }
}

function encode(bytes: Uint8Array, namespace: Namespace): string {
  const signature = Buffer.from(bytes)
  return namespace === 'eip155' ? `0x${signature.toString('hex')}` : signature.toString('base64')
}

function decodeAnyhow(text: string, namespace: Namespace): { hint: HintCode; bytes: Uint8Array } | null {
  if (/^\[?\s*\d{1,3}(?:\s*,\s*\d{1,3})+\s*\]?$/.test(text)) {
    const bytes = Uint8Array.from(text.match(/\d+/g) ?? [], Number)
    return { hint: 'spelled_as_list', bytes }
  }
  const isHex = /^(?:0x)?(?:[0-9a-f]{2}){64,}$/i.test(text)
  if (isHex) {
    return namespace === 'solana'
      ? { hint: 'spelled_as_hex', bytes: Buffer.from(text.replace(/^0x/, ''), 'hex') }
      : null
  }
  const base58 = text.length <= MAX_BASE58_LENGTH ? bs58.decodeUnsafe(text) : undefined
  if (base58 !== undefined && isSignatureLength(base58.length)) {
    return namespace === 'eip155' ? { hint: 'spelled_as_base58', bytes: base58 } : null
  }
  if (!/^[\w+/-]+={0,2}$/.test(text)) return null
  const base64 = Buffer.from(text, 'base64') // Node reads both alphabets, padded or not.
  return isSignatureLength(base64.length) ? { hint: 'spelled_as_base64', bytes: base64 } : null
}

function isSignatureLength(length: number): boolean {
  return length === 64 || length === 65
}
