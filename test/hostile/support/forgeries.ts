import { secp256k1 } from '@noble/curves/secp256k1.js'
import bs58 from 'bs58'
import { fromLittleEndian, littleEndian } from '../../support/small-order-keys.ts'

const ORDER = secp256k1.Point.Fn.ORDER
/** RFC 8032 §5.1. */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
/** What ends an ERC-6492 signature. */
const ERC6492_MAGIC = '6492'.repeat(16)

const hex = (value: bigint) => value.toString(16).padStart(64, '0')

/** Texts made from a good Ethereum signature, none of which may sign in. */
export function ethereumForgeries(signature: string): Readonly<Record<string, string>> {
  const digits = signature.slice(2)
  const [r, s] = [digits.slice(0, 64), digits.slice(64, 128)]
  const v = Number.parseInt(digits.slice(128), 16)
  const highS = hex(ORDER - BigInt(`0x${s}`))
  const flipped = (v === 27 ? 28 : 27).toString(16)
  const bit = (text: string, set: boolean) => hex(BigInt(`0x${text}`) | (set ? 1n << 255n : 0n))
  const signed = (rDigits: string, sDigits: string, vDigits = v.toString(16)) =>
    `0x${rDigits}${sDigits}${vDigits.padStart(2, '0')}`
  const compact = bit(s, v === 28)
  return {
    'high s with the other parity': signed(r, highS, flipped),
    'high s': signed(r, highS),
    'the other parity': signed(r, s, flipped),
    'r = 0': signed(hex(0n), s),
    's = 0': signed(r, hex(0n)),
    'r = s = 0': signed(hex(0n), hex(0n)),
    'r = s = v = 0': `0x${'00'.repeat(65)}`,
    'r = n': signed(hex(ORDER), s),
    's = n': signed(r, hex(ORDER)),
    'r + n': signed(hex((BigInt(`0x${r}`) + ORDER) & (2n ** 256n - 1n)), s),
    'r = s = 2²⁵⁶ - 1': signed('f'.repeat(64), 'f'.repeat(64)),
    ...Object.fromEntries(
      [2, 3, 4, 5, 26, 29, 30, 31, 34, 35, 36, 37, 38, 127, 128, 255].map((each) => [
        `v = ${each}`,
        signed(r, s, each.toString(16)),
      ]),
    ),
    'r and s swapped': signed(s, r),
    '64 bytes, the other parity': `0x${r}${bit(s, v !== 28)}`,
    '64 bytes, high s': `0x${r}${bit(highS, false)}`,
    '63 bytes': `0x${digits.slice(0, 126)}`,
    '66 bytes': `0x${digits}00`,
    '130 bytes: twice': `0x${digits}${digits}`,
    'a byte in front': `0x00${digits}`,
    'nothing but 0x': '0x',
    '0X': `0X${digits}`,
    'twice 0x': `0x0x${digits}`,
    'an odd length': signature.slice(0, -1),
    'white space behind': `${signature} `,
    'white space in front': ` ${signature}`,
    'a line end behind': `${signature}\n`,
    'a NUL behind': `${signature}\0`,
    'a zero of no width inside': `${signature.slice(0, 20)}\u200b${signature.slice(20)}`,
    'fullwidth digits': signature.replace(/[0-9]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)),
    'in base64': Buffer.from(digits, 'hex').toString('base64'),
    'in base58': bs58.encode(Buffer.from(digits, 'hex')),
    'as JSON': JSON.stringify({ r, s, v }),
    'commas between': `0x${r},0x${s},${v}`,
    'the magic of ERC-6492 behind': `${signature}${ERC6492_MAGIC}`,
    'nothing but the magic': `0x${ERC6492_MAGIC}`,
    '64 bytes with a byte behind': `0x${r}${compact}1d`,
    '8 KiB': `0x${digits.repeat(126)}`,
    'a point of the curve': `0x${secp256k1.Point.BASE.toHex(true)}`,
  }
}

/** Other spellings of a good Ethereum signature, which sign in, once. */
export function ethereumSpellings(signature: string): Readonly<Record<string, string>> {
  const digits = signature.slice(2)
  const v = Number.parseInt(digits.slice(128), 16)
  const s = BigInt(`0x${digits.slice(64, 128)}`) | (v === 28 ? 1n << 255n : 0n)
  return {
    'as wallets send it': signature,
    'without 0x': digits,
    'in capitals': `0x${digits.toUpperCase()}`,
    'a recovery bit for v': `0x${digits.slice(0, 128)}0${v - 27}`,
    '64 bytes (EIP-2098)': `0x${digits.slice(0, 64)}${hex(s)}`,
  }
}

/** Texts made from a good Solana signature in base58, none of which may sign in. */
export function solanaForgeries(signature: string): Readonly<Record<string, string>> {
  const bytes = Buffer.from(bs58.decode(signature))
  const [r, s] = [bytes.subarray(0, 32), bytes.subarray(32)]
  const encode = (...parts: readonly Uint8Array[]) => bs58.encode(Buffer.concat(parts))
  const base64 = bytes.toString('base64')
  const flip = (index: number) => {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    return bs58.encode(changed)
  }
  const multiples = [1n, 2n, 4n, 8n].map((each) => fromLittleEndian(s) + each * ED25519_ORDER)
  return {
    ...Object.fromEntries(
      multiples
        .filter((each) => each < 2n ** 256n)
        .map((each, index) => [`S + ${index + 1} times the order`, encode(r, littleEndian(each))]),
    ),
    'S = 0': encode(r, new Uint8Array(32)),
    'S = the order': encode(r, littleEndian(ED25519_ORDER)),
    'R of small order, S = 0': encode(Buffer.from(`01${'00'.repeat(31)}`, 'hex'), new Uint8Array(32)),
    'nothing but zeros': encode(new Uint8Array(64)),
    'nothing but ones': encode(new Uint8Array(64).fill(0xff)),
    'R and S swapped': encode(s, r),
    ...Object.fromEntries([0, 31, 32, 63].map((each) => [`byte ${each} changed`, flip(each)])),
    '63 bytes': encode(bytes.subarray(1)),
    '65 bytes': encode(bytes, new Uint8Array(1)),
    'a zero in front': `1${signature}`,
    'a space behind': `${signature} `,
    'a space in front': ` ${signature}`,
    'a line end inside': `${signature.slice(0, 40)}\n${signature.slice(40)}`,
    'a digit that base58 has not': `${signature.slice(0, -1)}0`,
    'a letter that base58 has not': `${signature.slice(0, -1)}l`,
    'base64 without padding': base64.slice(0, -2),
    'base64 in lines': `${base64.slice(0, 44)}\n${base64.slice(44)}`,
    'base64 with a bit to spare': `${base64.slice(0, -3)}${String.fromCharCode(base64.charCodeAt(85) + 1)}==`,
    'in hex': bytes.toString('hex'),
    'in hex with 0x': `0x${bytes.toString('hex')}`,
    'a list of bytes': JSON.stringify([...bytes]),
    twice: signature + signature,
  }
}
