import { ed25519 } from '@noble/curves/ed25519.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import bs58 from 'bs58'
import type { ChainName, Signer } from './signer.ts'

/** A wallet of this chain with a key that this page makes and nobody keeps. */
export function newThrowAwayKey(chain: ChainName): Signer {
  return chain === 'ethereum' ? newEthereumKey() : newSolanaKey()
}

function newEthereumKey(): Signer {
  const { secretKey, publicKey } = secp256k1.keygen()
  const point = secp256k1.Point.fromBytes(publicKey).toBytes(false)
  // The last 20 bytes of the hash of both coordinates (Yellow Paper, appendix F).
  const address = keccak_256(point.subarray(1)).subarray(12)
  return {
    chain: 'ethereum',
    address: checksumAddress(`0x${toHex(address)}`),
    async sign(text) {
      const signature = secp256k1.sign(hashPersonalMessage(text), secretKey, { prehash: false, format: 'recovered' })
      // The library puts the recovery bit first; wallets put 27 plus it last.
      const v = 27 + (signature[0] ?? 0)
      return `0x${toHex(signature.subarray(1))}${v.toString(16)}`
    },
  }
}

function newSolanaKey(): Signer {
  const { secretKey, publicKey } = ed25519.keygen()
  return {
    chain: 'solana',
    address: bs58.encode(publicKey),
    async sign(text) {
      return bs58.encode(ed25519.sign(new TextEncoder().encode(text), secretKey))
    },
  }
}

/** EIP-191, version 0x45: what `personal_sign` signs. */
function hashPersonalMessage(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  const prefix = new TextEncoder().encode(`\x19Ethereum Signed Message:\n${bytes.length}`)
  const whole = new Uint8Array(prefix.length + bytes.length)
  whole.set(prefix)
  whole.set(bytes, prefix.length)
  return keccak_256(whole)
}

/** The mixed-case spelling of EIP-55. */
export function checksumAddress(address: string): string {
  const digits = address.slice(2).toLowerCase()
  const hash = toHex(keccak_256(new TextEncoder().encode(digits)))
  const spelt = [...digits].map((digit, index) =>
    Number.parseInt(hash.charAt(index), 16) >= 8 ? digit.toUpperCase() : digit,
  )
  return `0x${spelt.join('')}`
}

/** Hex digits in lower case. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
