import type { Chain } from '../chain.ts'
import { decodeSolanaAddress, parseSolanaAddress } from './address.ts'
import { createVerifyEd25519 } from './ed25519.ts'
import { decodeSolanaSignature } from './signature.ts'
import { createFindSignedForm } from './signed-form.ts'

/**
 * Solana, decided locally: Ed25519 over the text as it is, over an off-chain message that holds it, or over a memo transaction that
 * can never land (decision 0010).
 */
export async function createSolanaChain(): Promise<Chain> {
  const findSignedForm = createFindSignedForm(await createVerifyEd25519())
  return {
    namespace: 'solana',
    name: 'Solana',
    parseAddress: parseSolanaAddress,
    formatAddress: (address) => address,
    isCanonicalSpelling: () => true,
    decodeSignature: decodeSolanaSignature,
    verify(address, message, signature) {
      const publicKey = decodeSolanaAddress(address)
      if (publicKey === null || !beginsAsText(message)) return 'invalid'
      return findSignedForm(message, publicKey, signature) === null ? 'invalid' : 'valid'
    },
  }
}

/**
 * Never confuse a text with other things that a key may have signed. An off-chain message begins with 0xff and a versioned
 * transaction with 0x80 or more, where UTF-8 cannot begin. A legacy transaction begins with its number of signatures: a
 * printable character would be 32 or more, which alone fill 2 KiB, and the network takes 1232 bytes.
 */
function beginsAsText(message: Uint8Array): boolean {
  const first = message[0] ?? 0
  return (first >= 0x20 && first < 0x7f) || (first >= 0xc2 && first <= 0xf4)
}
