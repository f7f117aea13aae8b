import { encodeDeployData, hashMessage, hexToBytes, parseAbi } from 'viem'
import { describe, expect, it } from 'vitest'
import { createContractAccounts, GAS_LIMITS } from '../../../../../core/chains/ethereum/contracts/contract-accounts.ts'
import type { EthCall, EthCalls, Reading } from '../../../../../core/chains/ethereum/contracts/eth-calls.ts'
import { SIGNATURE_VALIDATOR } from '../../../../../core/chains/ethereum/contracts/signature-validator.ts'
import { createKeccak256 } from '../../../../../core/chains/ethereum/keccak256.ts'
import { wrapSignature } from '../../../../support/evm/accounts.ts'

const keccak256 = await createKeccak256()
const ADDRESS = '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'
const FACTORY = `0x${'fa'.repeat(20)}` as const
const TEXT = 'hello'
const DIGEST = hashMessage(TEXT).slice(2)
const TAG = Buffer.from('walletgate signature verdict 1').toString('hex').padEnd(64, '0')
const word = (value: number | bigint) => value.toString(16).padStart(64, '0')
const answer = ({ tag = TAG, chain = word(10), outcome = word(1), digest = DIGEST } = {}) =>
  `0x${tag}${chain}${outcome}${digest}`

/** Contract accounts whose chain always gives this result, and what it was asked. */
function answering(result: string, chain = '10') {
  const calls: EthCall[] = []
  const ethCalls: EthCalls = {
    serves: () => true,
    chainsOf: () => [],
    async call<T>(call: EthCall, read: (result: string) => Reading<T>) {
      calls.push(call)
      return read(result)
    },
  }
  const accounts = createContractAccounts({ keccak256, ethCalls, allowedFactories: () => null })
  const verify = (signature: Uint8Array, address = ADDRESS) =>
    accounts.verify({ projectId: 'p', chain, address, message: Buffer.from(TEXT), signature })
  return { calls, verify }
}

describe('questions that are not asked', () => {
  const small = [0, 1, 2, 4, 9, 10, 0x11, 0x64, 0x100, 0x1ff, 0x400, 0x1001, 0x8001, 0xdead, 0xffff]
  it.each([
    ...small.map((value) => `0x${value.toString(16).padStart(40, '0')}`),
    ADDRESS.toUpperCase().replace('0X', '0x'), // fail closed: these are no canonical addresses
    ADDRESS.slice(0, -1),
    `${ADDRESS}00`,
  ])('address_reserved: %s', async (address) => {
    const { calls, verify } = answering(answer())
    expect(await verify(Buffer.alloc(65, 1), address)).toEqual({ verdict: 'invalid', reason: 'address_reserved' })
    expect(calls).toHaveLength(0)
  })

  it('asks about the first address that is not reserved', async () => {
    const { calls, verify } = answering(answer())
    expect((await verify(Buffer.alloc(65, 1), `0x${'10000'.padStart(40, '0')}`)).verdict).toBe('valid')
    expect(calls).toHaveLength(1)
  })

  it.each([
    ['signature_empty', new Uint8Array()],
    ['signature_empty', hexToBytes(wrapSignature(FACTORY, '0x1234', '0x'))],
    ['signature_too_long', Buffer.alloc(8193, 1)],
    ['wrapper_malformed', Buffer.from('6492'.repeat(16), 'hex')],
    ['wrapper_malformed', Buffer.from(`${'00'.repeat(95)}${'6492'.repeat(16)}`, 'hex')],
  ])('%s', async (reason, signature) => {
    const { calls, verify } = answering(answer())
    expect(await verify(signature)).toEqual({ verdict: 'invalid', reason })
    expect(calls).toHaveLength(0)
  })

  it('asks about a signature of one byte and of 8 KiB', async () => {
    const { calls, verify } = answering(answer())
    expect((await verify(Buffer.alloc(1))).verdict).toBe('valid')
    expect((await verify(Buffer.alloc(8192, 1))).verdict).toBe('valid')
    expect(calls).toHaveLength(2)
  })
})

describe('questions', () => {
  const abi = parseAbi(['constructor(address, bytes32, address, uint256, uint256, bytes, bytes)'])
  const expected = (factory: `0x${string}`, factoryData: `0x${string}`, signature: `0x${string}`) =>
    encodeDeployData({
      abi,
      bytecode: SIGNATURE_VALIDATOR as `0x${string}`,
      args: [
        ADDRESS,
        hashMessage(TEXT),
        factory,
        BigInt(GAS_LIMITS.account),
        BigInt(GAS_LIMITS.factory),
        factoryData,
        signature,
      ],
    })

  it.each([1, 31, 32, 33, 65, 130, 8000])('are encoded as viem encodes them: %i bytes', async (length) => {
    const { calls, verify } = answering(answer())
    const signature = `0x${'5a'.repeat(length)}` as const
    await verify(hexToBytes(signature))
    const data = `0x${'c3'.repeat(length % 64)}` as const
    const inner = `0x${'5a'.repeat(Math.min(length, 7000))}` as const
    await verify(hexToBytes(wrapSignature(FACTORY, data, inner)))
    expect(calls.map((call) => call.data)).toEqual([
      expected(`0x${'0'.repeat(40)}`, '0x', signature),
      expected(FACTORY, data, inner),
    ])
    expect(calls[0]).toMatchObject({ projectId: 'p', chain: '10', gas: GAS_LIMITS.total })
  })
})

describe('answers', () => {
  const VERDICTS = [
    ['valid', 'contract_accepted'],
    ['valid', 'undeployed_contract_accepted'],
    ['valid', 'prepared_contract_accepted'],
    ['invalid', 'contract_refused'],
    ['invalid', 'contract_reverted'],
    ['invalid', 'contract_gas_exhausted'],
    ['invalid', 'account_without_code'],
    ['invalid', 'factory_reverted'],
    ['invalid', 'factory_gas_exhausted'],
    ['invalid', 'factory_deployed_nothing'],
    ['unchecked', 'rpc_gas_capped'],
  ] as const

  it.each(VERDICTS.map((expected, index) => [index + 1, ...expected] as const))(
    '%i: %s, %s',
    async (outcome, verdict, reason) => {
      const { verify } = answering(answer({ outcome: word(outcome) }))
      expect(await verify(Buffer.alloc(65, 1))).toEqual({ verdict, reason })
    },
  )

  const TOP_BIT = 1n << 255n
  it.each([
    ['rpc_answer_malformed', 'nothing', '0x'],
    ['rpc_answer_malformed', 'outcome 0', answer({ outcome: word(0) })],
    ['rpc_answer_malformed', 'an unknown outcome', answer({ outcome: word(12) })],
    ['rpc_answer_malformed', 'a large outcome', answer({ outcome: word(TOP_BIT + 1n) })],
    ['rpc_answer_malformed', 'another digest', answer({ digest: word(7) })],
    ['rpc_answer_malformed', 'another tag', answer({ tag: word(1) })],
    ['rpc_answer_malformed', 'a byte more', `${answer()}00`],
    ['rpc_answer_malformed', 'a byte less', answer().slice(0, -2)],
    ['rpc_answer_malformed', 'the magic of ERC-1271', `0x1626ba7e${'0'.repeat(56)}`],
    ['rpc_answer_malformed', 'true', `0x${word(1)}`],
    ['rpc_wrong_chain', 'another chain', answer({ chain: word(1) })],
    ['rpc_wrong_chain', 'a chain that differs in the top bit', answer({ chain: word(TOP_BIT + 10n) })],
  ])('could not check, %s: %s', async (reason, _title, result) => {
    expect(await answering(result).verify(Buffer.alloc(65, 1))).toEqual({ verdict: 'unchecked', reason })
  })

  it('compares chain ids larger than a double holds', async () => {
    const chain = '9007199254740993'
    const near = answering(answer({ chain: word(9_007_199_254_740_992n) }), chain)
    expect((await near.verify(Buffer.alloc(65, 1))).reason).toBe('rpc_wrong_chain')
    const same = answering(answer({ chain: word(9_007_199_254_740_993n) }), chain)
    expect((await same.verify(Buffer.alloc(65, 1))).verdict).toBe('valid')
  })
})
