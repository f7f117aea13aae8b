import {
  type Address,
  concatHex,
  createTestClient,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  http,
  parseAbi,
  parseAbiParameters,
  publicActions,
  TransactionReceiptNotFoundError,
  walletActions,
} from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { Anvil } from './anvil.ts'
import initCodes from './init-codes.json' with { type: 'json' }

export type ContractName = keyof typeof initCodes

/** Every function of our test contracts that tests call. */
export const CONTRACTS_ABI = parseAbi([
  'function rotate(address next)',
  'function freeze()',
  'function initialise(address named)',
  'function replaySafeHash(bytes32 digest) view returns (bytes32)',
  'function deploy(bytes code, bytes32 salt) returns (address)',
  'function locate(bytes code, bytes32 salt) view returns (address)',
  'function succeed()',
  'function elsewhere(bytes code)',
  'function refuse()',
  'function burn()',
  'function forge(bytes verdict)',
  'function bomb()',
  'function callBack(address account, bytes verdict)',
])

type Constructor = 'address' | 'address, address' | 'uint256' | ''

/** The init code of a contract with its constructor's arguments. */
export function initCodeOf(name: ContractName, types: Constructor = '', args: readonly unknown[] = []): Hex {
  return types === ''
    ? (initCodes[name] as Hex)
    : concatHex([initCodes[name] as Hex, encodeAbiParameters(parseAbiParameters(types) as never, args as never)])
}

// anvil's first development account: its key is public, and it has ether on every anvil.
const PAYER = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')

export type TestChain = ReturnType<typeof openTestChain>

/** What tests do on a chain: deploy, call, read and delegate. */
export function openTestChain({ url, chainId }: Anvil) {
  const chain = {
    id: chainId,
    name: 'anvil',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  } as const
  const client = createTestClient({
    mode: 'anvil',
    chain,
    transport: http(url, { retryCount: 0 }),
    pollingInterval: 10,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions)

  /** Not viem's own waiting: that looks at a receipt once per block, and here no further block comes when it was too early. */
  async function confirm(hash: Hex) {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
      const receipt = await client.getTransactionReceipt({ hash }).catch((error: unknown) => {
        if (error instanceof TransactionReceiptNotFoundError) return null
        throw error
      })
      if (receipt?.status === 'success') return receipt
      if (receipt !== null) throw new Error('a transaction of the test failed')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error('a transaction of the test was not mined')
  }

  return {
    client,
    async deploy(code: Hex, from: PrivateKeyAccount = PAYER): Promise<Address> {
      const { contractAddress } = await confirm(await client.sendTransaction({ account: from, data: code }))
      if (contractAddress === null || contractAddress === undefined) throw new Error('nothing was deployed')
      return contractAddress.toLowerCase() as Address
    },
    async send(to: Address, data: Hex): Promise<void> {
      await confirm(await client.sendTransaction({ account: PAYER, to, data }))
    },
    /** Where `WalletFactory` would deploy this code. */
    async locate(factory: Address, code: Hex, salt: Hex): Promise<Address> {
      const args = [code, salt] as const
      const found = await client.readContract({ address: factory, abi: CONTRACTS_ABI, functionName: 'locate', args })
      return found.toLowerCase() as Address
    },
    async fund(address: Address): Promise<void> {
      await client.setBalance({ address, value: 10n ** 18n })
    },
    /** EIP-7702: gives this key's account the code of a contract; the zero address takes it back. */
    async delegate(account: PrivateKeyAccount, to: Address): Promise<void> {
      const authorization = await client.signAuthorization({ account, contractAddress: to })
      await confirm(
        await client.sendTransaction({ account: PAYER, to: PAYER.address, authorizationList: [authorization] }),
      )
    },
  }
}

export const deployCall = (code: Hex, salt: Hex): Hex =>
  encodeFunctionData({ abi: CONTRACTS_ABI, functionName: 'deploy', args: [code, salt] })
