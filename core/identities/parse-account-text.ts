import type { Account } from '../accounts/account.ts'
import type { Chains } from '../chains/chains.ts'

/** CAIP-10, and our own account ids, where the chain may be left out. CAIP-2 bounds the reference. */
const WITH_NAMESPACE = /^(eip155|solana):(?:([-_a-zA-Z0-9]{1,32}):)?([0-9A-Za-z]{1,64})$/
const EIP155_REFERENCE = /^(?:eip155:)?(0|[1-9][0-9]{0,31})$/

/**
 * The account that people and other systems write so: a plain address of either chain, or CAIP-10. An Ethereum address in mixed case must
 * be right in its checksum (EIP-55), so that a slip of the finger is no other account.
 *
 * @param chain `84532` or `eip155:84532` says that it is a contract account of that chain. The chain within CAIP-10 says no such thing,
 * because everybody's address is written so, and is passed over.
 */
export function parseAccountText(chains: Chains, text: string, chain: string | null): Account | null {
  if (text.length > 128) return null
  const split = WITH_NAMESPACE.exec(text)
  const plain = split?.[3] ?? text
  const namespace = split?.[1] ?? (/^0x/i.test(text) ? 'eip155' : 'solana')
  if (namespace === 'solana') {
    const address = chain === null ? chains.solana.parseAddress(plain) : null
    return address === null ? null : { namespace, address, chain: null }
  }
  const address = chains.eip155.parseAddress(plain)
  const reference = chain === null ? null : EIP155_REFERENCE.exec(chain)?.[1]
  if (address === null || reference === undefined) return null
  const isMixed = /[a-f]/.test(plain.slice(2)) && /[A-F]/.test(plain)
  if (isMixed && !chains.eip155.isCanonicalSpelling(plain)) return null
  return { namespace: 'eip155', address, chain: reference }
}
