import type { Chain } from '../chain.ts'
import { isChecksumAddress, parseEthereumAddress, toChecksumAddress } from './address.ts'
import { createKeccak256 } from './keccak256.ts'
import { hashPersonalMessage } from './personal-message.ts'
import { createRecoverAddress } from './recover.ts'
import { decodeEthereumSignature } from './signature.ts'

/**
 * Ethereum, and every EVM chain, for accounts that are keys: EIP-191 `personal_sign` decided locally. A contract account's
 * signature is `invalid` here; ERC-1271 needs the network and is asked elsewhere.
 */
export async function createEthereumChain(): Promise<Chain> {
  const keccak256 = await createKeccak256()
  const recoverAddress = await createRecoverAddress(keccak256)
  return {
    namespace: 'eip155',
    name: 'Ethereum',
    parseAddress: parseEthereumAddress,
    formatAddress: (address) => toChecksumAddress(address, keccak256),
    isCanonicalSpelling: (text) => isChecksumAddress(text, keccak256),
    decodeSignature: decodeEthereumSignature,
    verify(address, message, signature) {
      if (parseEthereumAddress(address) !== address) return 'invalid' // not canonical: fail closed
      const signer = recoverAddress(hashPersonalMessage(message, keccak256), signature)
      return signer !== null && Buffer.from(address.slice(2), 'hex').equals(signer) ? 'valid' : 'invalid'
    },
  }
}
