import { SIGNATURE_BYTES, type VerifyEd25519 } from './ed25519.ts'
import { isMemoTransactionOf } from './memo-transaction.ts'
import { isOffChainMessageOf, offChainMessages } from './off-chain-message.ts'
import { splitSignedPacket } from './signed-packet.ts'

/** How a text was signed: as it is, or inside of what (decision 0010). */
export type SignedForm = 'plain' | 'off_chain_message' | 'memo_transaction'

/** In which form this key has signed the text; null: in none. The signature is bare, or a packet with what it signs. */
export type FindSignedForm = (text: Uint8Array, publicKey: Uint8Array, signature: Uint8Array) => SignedForm | null

export function createFindSignedForm(verifyEd25519: VerifyEd25519): FindSignedForm {
  /** Plain first: it is what nearly every wallet signs, and costs one verification. */
  function findForm(text: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): SignedForm | null {
    if (verifyEd25519(signature, text, publicKey)) return 'plain'
    for (const message of offChainMessages(text, publicKey)) {
      if (verifyEd25519(signature, message, publicKey)) return 'off_chain_message'
    }
    return null
  }

  /** What the packet says was signed is compared before anything is verified. */
  function findPacketForm(text: Uint8Array, publicKey: Uint8Array, packet: Uint8Array): SignedForm | null {
    const parts = splitSignedPacket(packet)
    if (parts === null) return null
    const { signature, signed } = parts
    const form = formOf(signed, text, publicKey)
    return form !== null && verifyEd25519(signature, signed, publicKey) ? form : null
  }

  return (text, publicKey, signature) =>
    signature.length === SIGNATURE_BYTES
      ? findForm(text, publicKey, signature)
      : findPacketForm(text, publicKey, signature)
}

function formOf(signed: Uint8Array, text: Uint8Array, publicKey: Uint8Array): SignedForm | null {
  if (isOffChainMessageOf(signed, text, publicKey)) return 'off_chain_message'
  return isMemoTransactionOf(signed, text, publicKey) ? 'memo_transaction' : null
}
