import { createKeccak256 } from '../../../core/chains/ethereum/keccak256.ts'
import { hashPersonalMessage } from '../../../core/chains/ethereum/personal-message.ts'
import { createRecoverAddress } from '../../../core/chains/ethereum/recover.ts'
import type { HintCode } from './hints.ts'

/** What can be said of an Ethereum signature beyond right and wrong. */
export interface EthereumSignatures {
  /** The canonical address whose key signed this text with `personal_sign`; null: no key did. */
  recover(text: string, signature: Uint8Array): string | null
  /** What else this account's key may have signed in place of the text. */
  findMisuse(address: string, text: string, signature: Uint8Array): HintCode | null
}

export async function openEthereumSignatures(): Promise<EthereumSignatures> {
  const keccak256 = await createKeccak256()
  const recoverAddress = await createRecoverAddress(keccak256)
  const recoverFrom = (digest: Uint8Array, signature: Uint8Array): string | null => {
    const signer = recoverAddress(digest, signature)
    return signer === null ? null : `0x${Buffer.from(signer).toString('hex')}`
  }
  return {
    recover: (text, signature) => recoverFrom(hashPersonalMessage(Buffer.from(text, 'utf8'), keccak256), signature),
    findMisuse(address, text, signature) {
      const bytes = Buffer.from(text, 'utf8')
      const bare = keccak256(bytes)
      const prefixed = hashPersonalMessage(bytes, keccak256)
      if (recoverFrom(bare, signature) === address) return 'text_without_prefix'
      if (recoverFrom(hashPersonalMessage(bare, keccak256), signature) === address) return 'text_hashed_first'
      if (recoverFrom(hashPersonalMessage(prefixed, keccak256), signature) === address) return 'text_prefixed_twice'
      return null
    },
  }
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const MAGIC_SUFFIX = '6492'.repeat(16)

/** A signature that no key of ours can have made as it stands, put right as far as that goes; no hints: it is in order. */
export function mendSignature(signature: Uint8Array): {
  readonly hints: readonly HintCode[]
  /** What it may have been meant to be, to see whose it is. Never for signing in. */
  readonly meant: readonly Uint8Array[]
} {
  const hex = Buffer.from(signature).toString('hex')
  if (hex.endsWith(MAGIC_SUFFIX)) return { hints: ['wrapped'], meant: [] }
  if (signature.length === 64) return { hints: [], meant: [signature] }
  if (signature.length !== 65) return { hints: [isDer(signature) ? 'der_encoded' : 'length_of_no_key'], meant: [] }
  if (isRecoveryByte(signature[0]) && !isRecoveryByte(signature[64])) {
    const turned = Buffer.concat([signature.subarray(1), signature.subarray(0, 1)])
    return { hints: ['recovery_byte_first'], meant: [turned] }
  }
  const hints: HintCode[] = []
  const s = BigInt(`0x${hex.slice(64, 128)}`)
  const isHigh = s > ORDER / 2n && s < ORDER
  if (isHigh) hints.push('high_s')
  if (!isRecoveryByte(signature[64])) hints.push('recovery_byte')
  if (hints.length === 0) return { hints, meant: [signature] }
  const low = isHigh ? (ORDER - s).toString(16).padStart(64, '0') : hex.slice(64, 128)
  const meant = ['1b', '1c'].map((v) => Buffer.from(hex.slice(0, 64) + low + v, 'hex'))
  return { hints, meant }
}

function isRecoveryByte(v: number | undefined): boolean {
  return v === 0 || v === 1 || v === 27 || v === 28
}

/** SEQUENCE of two INTEGERs, 70 to 72 bytes. */
function isDer(signature: Uint8Array): boolean {
  return signature[0] === 0x30 && signature[1] === signature.length - 2 && signature[2] === 0x02
}
