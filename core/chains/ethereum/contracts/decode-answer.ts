import type { AcceptedReason, ContractVerdict, RefusedReason } from '../../contract-accounts.ts'
import type { Reading } from './eth-calls.ts'

/** Four words: tag, chain id, outcome, digest. */
const ANSWER = /^0x([0-9a-f]{64})([0-9a-f]{64})([0-9a-f]{64})([0-9a-f]{64})$/i
const TAG = Buffer.from('walletgate signature verdict 1').toString('hex').padEnd(64, '0')

const accepted = (reason: AcceptedReason) => read({ verdict: 'valid', reason })
const refused = (reason: RefusedReason) => read({ verdict: 'invalid', reason })
const read = (value: ContractVerdict): Reading<ContractVerdict> => ({ outcome: 'read', value })

/** By the numbers of `signature-validator.sol`. Zero is none of them. */
const OUTCOMES: Readonly<Record<string, Reading<ContractVerdict>>> = {
  1: accepted('contract_accepted'),
  2: accepted('undeployed_contract_accepted'),
  3: accepted('prepared_contract_accepted'),
  4: refused('contract_refused'),
  5: refused('contract_reverted'),
  6: refused('contract_gas_exhausted'),
  7: refused('account_without_code'),
  8: refused('factory_reverted'),
  9: refused('factory_gas_exhausted'),
  10: refused('factory_deployed_nothing'),
  11: { outcome: 'failed', reason: 'rpc_gas_capped' },
}

/**
 * The validator's verdict in the result of an `eth_call`. It must name the chain that was asked for and the digest that was
 * asked about: a verdict from another chain, or about something else, is none.
 */
export function decodeAnswer(result: string, chain: string, digest: Uint8Array): Reading<ContractVerdict> {
  const [, tag, chainId, outcome, echo] = ANSWER.exec(result) ?? []
  if (tag?.toLowerCase() !== TAG || echo?.toLowerCase() !== Buffer.from(digest).toString('hex')) {
    return { outcome: 'failed', reason: 'rpc_answer_malformed' }
  }
  if (BigInt(`0x${chainId}`).toString() !== chain) return { outcome: 'failed', reason: 'rpc_wrong_chain' }
  return OUTCOMES[BigInt(`0x${outcome}`).toString()] ?? { outcome: 'failed', reason: 'rpc_answer_malformed' }
}
