import { instantiateSecp256k1 } from '@bitauth/libauth'
import { createKeccak } from 'hash-wasm'

export interface BenchWallet {
  readonly address: string
  sign(message: string): string
}

const secp256k1 = await instantiateSecp256k1()
const keccak = await createKeccak(256)

const keccak256 = (bytes: Uint8Array): Uint8Array => keccak.init().update(bytes).digest('binary')

/** A throw-away wallet that signs fast enough for the load never to be the bottleneck. */
export function createBenchWallet(privateKey: Uint8Array): BenchWallet {
  const publicKey = secp256k1.derivePublicKeyUncompressed(privateKey)
  if (typeof publicKey === 'string') throw new Error(publicKey)
  const lower = Buffer.from(keccak256(publicKey.subarray(1)).subarray(12)).toString('hex')
  const hash = Buffer.from(keccak256(Buffer.from(lower))).toString('hex')
  const address = `0x${[...lower].map((digit, index) => (Number.parseInt(hash[index] ?? '0', 16) >= 8 ? digit.toUpperCase() : digit)).join('')}`
  return {
    address,
    sign(message) {
      const text = Buffer.from(message)
      const digest = keccak256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`), text]))
      const signed = secp256k1.signMessageHashRecoverableCompact(privateKey, digest)
      if (typeof signed === 'string') throw new Error(signed)
      return `0x${Buffer.from(signed.signature).toString('hex')}${(27 + signed.recoveryId).toString(16)}`
    },
  }
}
