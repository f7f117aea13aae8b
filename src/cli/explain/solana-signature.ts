import { decodeSolanaAddress, PUBLIC_KEY_BYTES } from '../../../core/chains/solana/address.ts'
import { createVerifyEd25519 } from '../../../core/chains/solana/ed25519.ts'
import { beginsAsMemoTransaction, isMemoTransactionOf } from '../../../core/chains/solana/memo-transaction.ts'
import { createFindSignedForm, type SignedForm } from '../../../core/chains/solana/signed-form.ts'
import { splitSignedPacket } from '../../../core/chains/solana/signed-packet.ts'
import type { HintCode } from './hints.ts'

const BLOCKHASH_BYTES = 32

/** What can be said of a Solana signature beyond right and wrong. */
export interface SolanaSignatures {
  /** How this key signed the text; null: it did not. */
  findForm(address: string, text: string, signature: Uint8Array): SignedForm | null
  /** What is the matter with a packet that is not one of this text; null: it is no packet, or nothing can be said. */
  findPacketFault(address: string, text: string, packet: Uint8Array): HintCode | null
}

export async function openSolanaSignatures(): Promise<SolanaSignatures> {
  const verifyEd25519 = await createVerifyEd25519()
  const findSignedForm = createFindSignedForm(verifyEd25519)
  return {
    findForm(address, text, signature) {
      const publicKey = decodeSolanaAddress(address)
      return publicKey === null ? null : findSignedForm(Buffer.from(text, 'utf8'), publicKey, signature)
    },
    findPacketFault(address, text, packet) {
      const publicKey = decodeSolanaAddress(address)
      const parts = splitSignedPacket(packet)
      if (publicKey === null || parts === null) return null
      const { signature, signed } = parts
      if (!verifyEd25519(signature, signed, publicKey)) return 'packet_unsigned'
      const isTransaction = isMemoTransactionOf(withoutBlockhash(signed), Buffer.from(text, 'utf8'), publicKey)
      return isTransaction ? 'transaction_could_land' : 'packet_of_other_text'
    },
  }
}

/** The same with a blockhash of zeros, where it is a transaction of the kind that could pass. */
function withoutBlockhash(signed: Uint8Array): Uint8Array {
  if (!beginsAsMemoTransaction(signed)) return signed
  const keys = signed[0] === 0x80 ? 4 : 3
  const start = keys + 1 + (signed[keys] ?? 0) * PUBLIC_KEY_BYTES
  const copy = Uint8Array.from(signed)
  copy.fill(0, start, start + BLOCKHASH_BYTES)
  return copy
}
