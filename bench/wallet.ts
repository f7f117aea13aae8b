import { instantiateSecp256k1 } from '@bitauth/libauth'
import bs58 from 'bs58'
import { createKeccak } from 'hash-wasm'
import sodium from 'libsodium-wrappers'

/** A throw-away wallet that signs fast enough for the load never to be the bottleneck. */
export interface BenchWallet {
  readonly chain: 'ethereum' | 'solana'
  readonly address: string
  sign(message: string): string
}

const secp256k1 = await instantiateSecp256k1()
const keccak = await createKeccak(256)
await sodium.ready

const keccak256 = (bytes: Uint8Array): Uint8Array => keccak.init().update(bytes).digest('binary')

export function createEthereumWallet(privateKey: Uint8Array): BenchWallet {
  const publicKey = secp256k1.derivePublicKeyUncompressed(privateKey)
  if (typeof publicKey === 'string') throw new Error(publicKey)
  const lower = Buffer.from(keccak256(publicKey.subarray(1)).subarray(12)).toString('hex')
  return {
    chain: 'ethereum',
    address: `0x${withChecksum(lower)}`,
    sign(message) {
      const text = Buffer.from(message)
      const digest = keccak256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`), text]))
      const signed = secp256k1.signMessageHashRecoverableCompact(privateKey, digest)
      if (typeof signed === 'string') throw new Error(signed)
      return `0x${Buffer.from(signed.signature).toString('hex')}${(27 + signed.recoveryId).toString(16)}`
    },
  }
}

export function createSolanaWallet(seed: Uint8Array): BenchWallet {
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  return {
    chain: 'solana',
    address: bs58.encode(publicKey),
    sign: (message) => bs58.encode(sodium.crypto_sign_detached(message, privateKey)),
  }
}

/** EIP-55. */
function withChecksum(lower: string): string {
  const hash = Buffer.from(keccak256(Buffer.from(lower))).toString('hex')
  const isUpper = (index: number): boolean => Number.parseInt(hash[index] ?? '0', 16) >= 8
  return [...lower].map((digit, index) => (isUpper(index) ? digit.toUpperCase() : digit)).join('')
}
