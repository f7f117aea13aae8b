import {
  type Address,
  concatHex,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  hashMessage,
  hexToBytes,
  keccak256,
  numberToHex,
  pad,
  stringToHex,
} from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContractVerdict } from '../../../../../core/chains/contract-accounts.ts'
import { createEthereumChain } from '../../../../../core/chains/ethereum/ethereum-chain.ts'
import { type OpenContractAccounts, openContractAccounts } from '../../../../../src/rpc/open-contract-accounts.ts'
import { newKey, newSalt, wrapSignature } from '../../../../support/evm/accounts.ts'
import { type Anvil, startAnvil } from '../../../../support/evm/anvil.ts'
import { type FaultyRpc, honest, startFaultyRpc } from '../../../../support/evm/faulty-rpc.ts'
import {
  CONTRACTS_ABI,
  deployCall,
  initCodeOf,
  openTestChain,
  type TestChain,
} from '../../../../support/evm/test-chain.ts'

const TEXT = 'example.com wants you to sign in with your Ethereum account'
const MESSAGE = Buffer.from(TEXT, 'utf8')
const ZERO = `0x${'0'.repeat(40)}` as const

const chainOfKeys = await createEthereumChain()
let anvils: readonly Anvil[]
let chain: TestChain
let otherChain: TestChain
let recorder: FaultyRpc
let factory: Address
let hostile: Address
let rpc: OpenContractAccounts

beforeAll(async () => {
  const [first, second] = await Promise.all([startAnvil(84_532), startAnvil(10)])
  anvils = [first, second]
  chain = openTestChain(first)
  otherChain = openTestChain(second)
  factory = await chain.deploy(initCodeOf('WalletFactory'))
  hostile = await chain.deploy(initCodeOf('HostileFactory'))
  recorder = await startFaultyRpc(first.url, honest)
  const evmRpcUrls = { 'eip155:84532': [recorder.url], 'eip155:10': [second.url] }
  rpc = await openContractAccounts([
    { id: 'open', evmRpcUrls, allowedFactories: null },
    { id: 'listed', evmRpcUrls, allowedFactories: [factory] },
    { id: 'closed', evmRpcUrls, allowedFactories: [] },
  ])
})

afterAll(async () => {
  rpc?.close()
  await recorder?.stop()
  await Promise.all((anvils ?? []).map((anvil) => anvil.stop()))
})

interface AskOptions {
  readonly projectId?: string
  readonly chainId?: string
  readonly message?: Uint8Array
}

function ask(address: string, signature: Hex, options: AskOptions = {}): Promise<ContractVerdict> {
  const { projectId = 'open', chainId = '84532', message = MESSAGE } = options
  return rpc.contractAccounts.verify({
    projectId,
    chain: chainId,
    address,
    message,
    signature: hexToBytes(signature),
  })
}

/** viem's verdict, by its own deployless validator. */
const oracle = (address: Address, signature: Hex) => chain.client.verifyMessage({ address, message: TEXT, signature })

const sign = (key = newKey()) => key.signMessage({ message: TEXT })
const call = (functionName: 'rotate' | 'initialise', argument: Address) =>
  encodeFunctionData({ abi: CONTRACTS_ABI, functionName, args: [argument] })

async function deployOwned() {
  const owner = newKey()
  return { owner, address: await chain.deploy(initCodeOf('OwnedWallet', 'address', [owner.address])) }
}

/** An account that is not deployed, with the wrapper that its wallet would make. */
async function planOwned(key = newKey()) {
  const code = initCodeOf('OwnedWallet', 'address', [key.address])
  const salt = newSalt()
  const address = await chain.locate(factory, code, salt)
  const wrap = (signature: Hex) => wrapSignature(factory, deployCall(code, salt), signature)
  return { key, code, salt, address, wrap, signature: wrap(await sign(key)) }
}

describe('ERC-1271: deployed accounts', () => {
  it('accepts the owner, and nobody else, for these bytes only', async () => {
    const { owner, address } = await deployOwned()
    const signature = await sign(owner)
    expect(await ask(address, signature)).toEqual({ verdict: 'valid', reason: 'contract_accepted' })
    expect(await oracle(address, signature)).toBe(true)
    const stranger = await sign()
    expect(await ask(address, stranger)).toEqual({ verdict: 'invalid', reason: 'contract_refused' })
    expect(await oracle(address, stranger)).toBe(false)
    expect((await ask(address, signature, { message: Buffer.from(`${TEXT}\n`) })).verdict).toBe('invalid')
    expect((await ask(address, `${signature}00`)).verdict).toBe('invalid')
  })

  it('refuses a valid signature with any bit flipped', async () => {
    const { owner, address } = await deployOwned()
    const bytes = hexToBytes(await sign(owner))
    for (let bit = 0; bit < bytes.length * 8; bit += 23) {
      const flipped = Uint8Array.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect((await ask(address, `0x${Buffer.from(flipped).toString('hex')}`)).verdict).toBe('invalid')
    }
  })

  it('follows the account: a rotated owner, then a frozen account', async () => {
    const { owner, address } = await deployOwned()
    const next = newKey()
    const [before, after] = [await sign(owner), await sign(next)]
    await chain.send(address, call('rotate', next.address))
    expect(await ask(address, before)).toEqual({ verdict: 'invalid', reason: 'contract_refused' })
    expect(await ask(address, after)).toEqual({ verdict: 'valid', reason: 'contract_accepted' })
    await chain.send(address, encodeFunctionData({ abi: CONTRACTS_ABI, functionName: 'freeze' }))
    expect(await ask(address, after)).toEqual({ verdict: 'invalid', reason: 'contract_refused' })
    expect(await oracle(address, after)).toBe(false)
  })

  it('wants both signatures of a 2-of-2, in order', async () => {
    const [one, other] = [newKey(), newKey()]
    const code = initCodeOf('TwoOfTwoWallet', 'address, address', [one.address, other.address])
    const address = await chain.deploy(code)
    const [first, second] = [await sign(one), await sign(other)]
    const both = concatHex([first, second])
    expect(await ask(address, both)).toEqual({ verdict: 'valid', reason: 'contract_accepted' })
    expect(await oracle(address, both)).toBe(true)
    for (const wrong of [first, second, concatHex([second, first]), concatHex([first, first])]) {
      expect(await ask(address, wrong)).toEqual({ verdict: 'invalid', reason: 'contract_refused' })
      expect(await oracle(address, wrong)).toBe(false)
    }
  })

  it('accepts a signature over a replay-safe hash for the one account that it names', async () => {
    const owner = newKey()
    const code = initCodeOf('ReplaySafeWallet', 'address', [owner.address])
    const [address, twin] = [await chain.deploy(code), await chain.deploy(code)]
    const args = [hashMessage(TEXT)] as const
    const hash = await chain.client.readContract({ address, abi: CONTRACTS_ABI, functionName: 'replaySafeHash', args })
    const signature = await owner.sign({ hash })
    expect(await ask(address, signature)).toEqual({ verdict: 'valid', reason: 'contract_accepted' })
    expect(await ask(twin, signature)).toEqual({ verdict: 'invalid', reason: 'contract_refused' })
    expect(await ask(address, await sign(owner))).toEqual({ verdict: 'invalid', reason: 'contract_refused' })
  })

  const STRICTER_THAN_VIEM = new Set(['magic and one word more', 'magic and half a megabyte'])

  it.each([
    [0, 'revert', 'contract_reverted'],
    [1, 'revert with magic', 'contract_reverted'],
    [2, 'endless loop', 'contract_gas_exhausted'],
    [3, 'invalid opcode', 'contract_gas_exhausted'],
    [4, 'nothing', 'contract_refused'],
    [5, 'magic without padding', 'contract_refused'],
    [6, 'magic with a dirty padding', 'contract_refused'],
    [7, 'magic and one word more', 'contract_refused'],
    [8, 'magic and half a megabyte', 'contract_refused'],
    [9, 'revert with half a megabyte', 'contract_reverted'],
    [10, 'echo of the call', 'contract_refused'],
    [11, 'magic after writing to storage', 'contract_gas_exhausted'], // EIP-214: an exceptional halt takes all gas
    [12, 'true', 'contract_refused'],
    [13, 'magic on the wrong side', 'contract_refused'],
    [14, 'magic of the first draft', 'contract_refused'],
    [15, 'endless loop inside, then a revert', 'contract_gas_exhausted'],
  ] as const)('odd account %i, %s: %s', async (manner, title, reason) => {
    const address = await chain.deploy(initCodeOf('OddWallet', 'uint256', [manner]))
    const signature = await sign()
    expect(await ask(address, signature)).toEqual({ verdict: 'invalid', reason })
    expect(await oracle(address, signature)).toBe(STRICTER_THAN_VIEM.has(title))
  })

  it('gives the same verdict for the longest signature of an account, and a factory, that burn all they get', async () => {
    const address = await chain.deploy(initCodeOf('OddWallet', 'uint256', [2]))
    const burn = encodeFunctionData({ abi: CONTRACTS_ABI, functionName: 'burn' })
    const longest = wrapSignature(hostile, burn, `0x${'ff'.repeat(8192 - 7 * 32)}`)
    expect(hexToBytes(longest)).toHaveLength(8192)
    expect(await ask(address, longest)).toEqual({ verdict: 'invalid', reason: 'contract_gas_exhausted' })
    const prepared = wrapSignature(
      hostile,
      encodeFunctionData({ abi: CONTRACTS_ABI, functionName: 'succeed' }),
      `0x${'ff'.repeat(8192 - 7 * 32)}`,
    )
    expect(await ask(address, prepared)).toEqual({ verdict: 'invalid', reason: 'contract_gas_exhausted' })
  })

  it('refuses an address without code', async () => {
    const key = newKey()
    const address = key.address.toLowerCase()
    // The key of the address itself, too: keys are decided elsewhere, without the network.
    expect(await ask(address, await sign(key))).toEqual({ verdict: 'invalid', reason: 'account_without_code' })
  })
})

describe('ERC-6492: accounts that are not deployed', () => {
  it('accepts the owner of the account that the factory would deploy, and deploys nothing', async () => {
    const account = await planOwned()
    expect(await ask(account.address, account.signature)).toEqual({
      verdict: 'valid',
      reason: 'undeployed_contract_accepted',
    })
    expect(await oracle(account.address, account.signature)).toBe(true)
    expect(await chain.client.getCode({ address: account.address })).toBeUndefined()
  })

  it('refuses another signer, another account and another text', async () => {
    const account = await planOwned()
    const stranger = account.wrap(await sign())
    expect(await ask(account.address, stranger)).toEqual({ verdict: 'invalid', reason: 'contract_refused' })
    expect(await oracle(account.address, stranger)).toBe(false)
    const victim = await planOwned()
    expect(await ask(victim.address, account.signature)).toEqual({
      verdict: 'invalid',
      reason: 'factory_deployed_nothing',
    })
    expect(await oracle(victim.address, account.signature)).toBe(false)
    expect((await ask(account.address, account.signature, { message: Buffer.from('other') })).verdict).toBe('invalid')
  })

  it('wants the wrapper: the plain signature of an undeployed account is refused', async () => {
    const account = await planOwned()
    expect(await ask(account.address, await sign(account.key))).toEqual({
      verdict: 'invalid',
      reason: 'account_without_code',
    })
  })

  it('asks a deployed account with the inner signature, whatever the factory would do', async () => {
    const account = await planOwned()
    await chain.send(factory, deployCall(account.code, account.salt))
    expect(await ask(account.address, account.signature)).toEqual({ verdict: 'valid', reason: 'contract_accepted' })
    expect(await ask(account.address, await sign(account.key))).toEqual({
      verdict: 'valid',
      reason: 'contract_accepted',
    })
    const refuse = encodeFunctionData({ abi: CONTRACTS_ABI, functionName: 'refuse' })
    const byHostile = wrapSignature(hostile, refuse, await sign(account.key))
    expect(await ask(account.address, byHostile)).toEqual({ verdict: 'valid', reason: 'contract_accepted' })
    expect(await oracle(account.address, byHostile)).toBe(true)
  })

  it('makes a deployed account ready when the wrapper says how', async () => {
    const owner = newKey()
    const address = await chain.deploy(initCodeOf('LateWallet', 'address', [owner.address]))
    const signature = await sign(owner)
    expect(await ask(address, signature)).toEqual({ verdict: 'invalid', reason: 'contract_reverted' })
    const prepared = wrapSignature(address, call('initialise', owner.address), signature)
    expect(await ask(address, prepared)).toEqual({ verdict: 'valid', reason: 'prepared_contract_accepted' })
    expect(await oracle(address, prepared)).toBe(true)
    const stranger = newKey()
    const taken = wrapSignature(address, call('initialise', stranger.address), await sign(stranger))
    expect(await ask(address, taken)).toEqual({ verdict: 'invalid', reason: 'contract_reverted' })
    expect(await ask(address, wrapSignature(address, call('initialise', owner.address), await sign()))).toEqual({
      verdict: 'invalid',
      reason: 'contract_refused',
    })
  })

  // What the validator answers when it accepts.
  const forgedVerdict = () =>
    concatHex([
      pad(stringToHex('walletgate signature verdict 1'), { dir: 'right' }),
      numberToHex(84_532, { size: 32 }),
      numberToHex(2, { size: 32 }),
      hashMessage(TEXT),
    ])

  it.each([
    ['succeeds and does nothing', 'factory_deployed_nothing', () => ['succeed', []]],
    ['deploys elsewhere', 'factory_deployed_nothing', () => ['elsewhere', [initCodeOf('ApprovingWallet')]]],
    ['reverts', 'factory_reverted', () => ['refuse', []]],
    ['burns its gas', 'factory_gas_exhausted', () => ['burn', []]],
    ['returns a forged verdict', 'factory_deployed_nothing', () => ['forge', [forgedVerdict()]]],
    ['returns half a megabyte', 'factory_deployed_nothing', () => ['bomb', []]],
    ['calls back', 'factory_deployed_nothing', (account) => ['callBack', [account, forgedVerdict()]]],
  ] as [string, string, (account: Address) => [string, unknown[]]][])(
    'is not fooled by a factory that %s',
    async (_title, reason, made) => {
      const key = newKey()
      const undeployed = (await planOwned()).address
      const victim = await deployOwned()
      for (const [account, expected] of [
        [undeployed, reason],
        [victim.address, 'contract_refused'],
      ] as const) {
        const [functionName, args] = made(account)
        const data = encodeFunctionData({ abi: CONTRACTS_ABI, functionName, args } as never)
        const signature = wrapSignature(hostile, data, await sign(key))
        expect(await ask(account, signature)).toEqual({ verdict: 'invalid', reason: expected })
        expect(await oracle(account, signature)).toBe(false)
      }
    },
  )

  it('refuses the validator itself as the account, and as the factory', async () => {
    const asker = `0x${keccak256(stringToHex('walletgate: asks contract accounts')).slice(-40)}` as const
    const validator = getContractAddress({ from: asker, nonce: 0n }).toLowerCase() as Address
    const succeed = encodeFunctionData({ abi: CONTRACTS_ABI, functionName: 'succeed' })
    const signature = await sign()
    expect((await ask(validator, signature)).reason).toBe('account_without_code')
    for (const caller of [hostile, validator]) {
      expect(await ask(validator, wrapSignature(caller, succeed, signature))).toEqual({
        verdict: 'invalid',
        reason: 'factory_deployed_nothing',
      })
    }
    expect(recorder.bodies.at(-1)?.params[0]).toMatchObject({ from: asker })
  })

  it('calls the factories of the list only, and needs none for a deployed account', async () => {
    const account = await planOwned()
    const projectIds = ['open', 'listed', 'closed', 'nobody'] as const
    const reasons = async () =>
      Promise.all(
        projectIds.map(async (projectId) => (await ask(account.address, account.signature, { projectId })).reason),
      )
    const accepted = 'undeployed_contract_accepted'
    expect(await reasons()).toEqual([accepted, accepted, 'factory_not_allowed', 'chain_not_served'])
    const other = await chain.deploy(initCodeOf('WalletFactory'))
    const elsewhere = await chain.locate(other, account.code, account.salt)
    const unlisted = wrapSignature(other, deployCall(account.code, account.salt), await sign(account.key))
    expect((await ask(elsewhere, unlisted)).reason).toBe(accepted)
    expect(await ask(elsewhere, unlisted, { projectId: 'listed' })).toEqual({
      verdict: 'invalid',
      reason: 'factory_not_allowed',
    })
    await chain.send(factory, deployCall(account.code, account.salt))
    expect(await reasons()).toEqual(['contract_accepted', 'contract_accepted', 'contract_accepted', 'chain_not_served'])
    const owner = newKey()
    const late = await chain.deploy(initCodeOf('LateWallet', 'address', [owner.address]))
    const prepared = wrapSignature(late, call('initialise', owner.address), await sign(owner))
    expect((await ask(late, prepared, { projectId: 'listed' })).reason).toBe('contract_reverted')
  })
})

describe('EIP-7702: delegated accounts', () => {
  it('asks the code that the account delegates to, and refuses once the delegation is taken back', async () => {
    const implementation = await chain.deploy(initCodeOf('DelegatedWallet'))
    const key = newKey()
    const address = key.address.toLowerCase() as Address
    await chain.delegate(key, implementation)
    const plain = await sign(key)
    const own = concatHex(['0x01', plain])
    // The plain signature is decided locally; the account's own form is not a key's.
    expect(chainOfKeys.verify(address, MESSAGE, hexToBytes(plain))).toBe('valid')
    expect(chainOfKeys.verify(address, MESSAGE, hexToBytes(own))).toBe('invalid')
    expect(await ask(address, own)).toEqual({ verdict: 'valid', reason: 'contract_accepted' })
    expect(await oracle(address, own)).toBe(true)
    expect(await ask(address, concatHex(['0x01', await sign()]))).toEqual({
      verdict: 'invalid',
      reason: 'contract_refused',
    })
    await chain.delegate(key, ZERO)
    expect(await ask(address, own)).toEqual({ verdict: 'invalid', reason: 'account_without_code' })
  })

  it('refuses an account that delegates to something without code', async () => {
    const key = newKey()
    await chain.delegate(key, newKey().address)
    expect(await ask(key.address.toLowerCase(), await sign())).toEqual({
      verdict: 'invalid',
      reason: 'contract_refused',
    })
  })
})

describe('one chain', () => {
  it('binds the verdict to it: the same address elsewhere is somebody else', async () => {
    const deployer = newKey()
    const [here, there] = [newKey(), newKey()]
    await Promise.all([chain.fund(deployer.address), otherChain.fund(deployer.address)])
    const address = await chain.deploy(initCodeOf('OwnedWallet', 'address', [here.address]), deployer)
    const signature = await sign(here)
    expect(await ask(address, signature, { chainId: '10' })).toEqual({
      verdict: 'invalid',
      reason: 'account_without_code',
    })
    const twin = await otherChain.deploy(initCodeOf('OwnedWallet', 'address', [there.address]), deployer)
    expect(twin).toBe(address)
    expect(await ask(address, signature)).toEqual({ verdict: 'valid', reason: 'contract_accepted' })
    expect(await ask(address, signature, { chainId: '10' })).toEqual({ verdict: 'invalid', reason: 'contract_refused' })
    expect(await ask(address, await sign(there), { chainId: '10' })).toEqual({
      verdict: 'valid',
      reason: 'contract_accepted',
    })
  })

  it('is not asked when the project does not serve it, and no spelling but the canonical one is served', async () => {
    const { owner, address } = await deployOwned()
    const { serves } = rpc.contractAccounts
    expect([serves('open', '84532'), serves('open', '10'), serves('open', '1'), serves('nobody', '84532')]).toEqual([
      true,
      true,
      false,
      false,
    ])
    for (const chainId of ['1', '084532', '0x14a34', '84532\n', '', 'eip155:84532']) {
      expect(serves('open', chainId)).toBe(false)
      expect(await ask(address, await sign(owner), { chainId })).toEqual({
        verdict: 'unchecked',
        reason: 'chain_not_served',
      })
    }
  })
})

describe('what is sent', () => {
  it('sends one eth_call per verdict, without a recipient, with a gas limit, on the latest block, and nothing else', async () => {
    const account = await planOwned()
    const before = recorder.bodies.length
    await ask(account.address, account.signature)
    const bodies = recorder.bodies.slice(before)
    expect(bodies).toHaveLength(1)
    expect(recorder.bodies.every(({ method }) => method === 'eth_call')).toBe(true)
    const [transaction, block] = bodies[0]?.params ?? []
    expect(block).toBe('latest')
    expect(Object.keys(transaction as object).sort()).toEqual(['data', 'from', 'gas'])
    expect(transaction).toMatchObject({ gas: '0x4c4b40' })
  })

  it('never sends the message, only its hash', async () => {
    const { owner, address } = await deployOwned()
    await ask(address, await sign(owner))
    const sent = JSON.stringify(recorder.bodies.at(-1))
    expect(sent).toContain(hashMessage(TEXT).slice(2))
    expect(sent).not.toContain(MESSAGE.toString('hex'))
  })
})
