import type { ContractAccounts, ContractSignature, ContractVerdict, RefusedReason } from '../../contract-accounts.ts'
import { parseEthereumAddress } from '../address.ts'
import type { Keccak256 } from '../keccak256.ts'
import { hashPersonalMessage } from '../personal-message.ts'
import { MAX_SIGNATURE_BYTES } from '../signature.ts'
import { decodeAnswer } from './decode-answer.ts'
import { encodeQuestion, type Question } from './encode-question.ts'
import type { EthCalls } from './eth-calls.ts'
import { isReservedAddress } from './reserved-address.ts'
import { isWrappedSignature, unwrapSignature } from './unwrap-signature.ts'

/**
 * Who asks: the last 20 bytes of keccak256("walletgate: asks contract accounts"). Not the zero address, for which some
 * accounts lift their checks so that nodes can simulate them, and nobody's: no account has given it rights.
 */
const ASKER = '0x6d330b2bebf0033cf4b498f6d373a3a3bfe3a52b'

export interface GasLimits {
  /** Asking the account, each time. P-256 in Solidity takes some hundred thousand. */
  readonly account: number
  /** Deploying it, or making it ready. */
  readonly factory: number
  /** The whole call: twice the account, once the factory, 1/32 more, and about 600 000 for the call data. */
  readonly total: number
}

export const GAS_LIMITS: GasLimits = { account: 1_000_000, factory: 2_000_000, total: 5_000_000 }

export interface ContractAccountsPorts {
  readonly keccak256: Keccak256
  readonly ethCalls: EthCalls
  /** The factories that may be called for this project's accounts, as canonical addresses; null: any. */
  readonly allowedFactories: (projectId: string) => ReadonlySet<string> | null
}

/** Contract accounts on EVM chains, each decided by one `eth_call`, or by none where the signature cannot be right. */
export function createContractAccounts(
  { keccak256, ethCalls, allowedFactories }: ContractAccountsPorts,
  gas: GasLimits = GAS_LIMITS,
): ContractAccounts {
  return {
    serves: (projectId, chain) => ethCalls.serves(projectId, chain),
    chainsOf: (projectId) => ethCalls.chainsOf(projectId),
    async verify(contractSignature) {
      const { projectId, chain, message } = contractSignature
      if (!ethCalls.serves(projectId, chain)) return { verdict: 'unchecked', reason: 'chain_not_served' }
      const attempt = plan(contractSignature, allowedFactories(projectId))
      if (typeof attempt === 'string') return refuse(attempt)
      const digest = hashPersonalMessage(message, keccak256)
      const data = encodeQuestion({ ...attempt.question, digest, accountGas: gas.account, factoryGas: gas.factory })
      const call = { projectId, chain, from: ASKER, data, gas: gas.total }
      const answer = await ethCalls.call(call, (result) => decodeAnswer(result, chain, digest))
      if (answer.outcome === 'failed') return { verdict: 'unchecked', reason: answer.reason }
      const { value } = answer
      return attempt.withoutFactory && value.reason === 'account_without_code' ? refuse('factory_not_allowed') : value
    },
  }
}

interface Attempt {
  readonly question: Pick<Question, 'account' | 'factory' | 'factoryData' | 'signature'>
  /** A factory was named that may not be called. An account that is deployed needs none. */
  readonly withoutFactory: boolean
}

/** What to ask, or why there is nothing to ask. */
function plan(
  { address, signature }: ContractSignature,
  allowedFactories: ReadonlySet<string> | null,
): Attempt | RefusedReason {
  if (parseEthereumAddress(address) !== address || isReservedAddress(address)) return 'address_reserved' // fail closed
  if (signature.length === 0) return 'signature_empty'
  if (signature.length > MAX_SIGNATURE_BYTES) return 'signature_too_long'
  if (!isWrappedSignature(signature)) {
    const question = { account: address, factory: null, factoryData: new Uint8Array(), signature }
    return { question, withoutFactory: false }
  }
  // ERC-6492: the suffix is looked at before ERC-1271, so that an account can't be made to read the wrapper.
  const wrapped = unwrapSignature(signature)
  if (wrapped === null) return 'wrapper_malformed'
  if (wrapped.signature.length === 0) return 'signature_empty'
  const withoutFactory = allowedFactories !== null && !allowedFactories.has(wrapped.factory)
  return { question: { account: address, ...wrapped, ...(withoutFactory && { factory: null }) }, withoutFactory }
}

function refuse(reason: RefusedReason): ContractVerdict {
  return { verdict: 'invalid', reason }
}
