import { type Address, concatHex, encodeFunctionData, getAddress, type Hex, hashMessage } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { newKey, newSalt, wrapSignature } from '../../support/evm/accounts.ts'
import { CONTRACTS_ABI, deployCall, initCodeOf, type TestChain } from '../../support/evm/test-chain.ts'
import type { Signer } from '../../support/signers.ts'
import type { Ground } from './ground.ts'

/** Signs a text as some account's owner does, or as somebody does who would like to be. */
export type Sign = (text: string) => Promise<Hex>

export const signWith =
  (key: PrivateKeyAccount = newKey()): Sign =>
  (message) =>
    key.signMessage({ message })

export const encodeCall = (functionName: string, args: readonly unknown[] = []): Hex =>
  encodeFunctionData({ abi: CONTRACTS_ABI, functionName, args } as never)

/** An account of this address, as wallets show themselves. */
export function signerOf(address: Address, sign: Sign): Signer & { readonly address: Address; readonly sign: Sign } {
  const shown = getAddress(address)
  return { type: 'ethereum', namespace: 'eip155', address: shown, shownAddress: address.toLowerCase(), sign }
}

export async function deployOwned(chain: TestChain, owner = newKey(), deployer?: PrivateKeyAccount) {
  const address = await chain.deploy(initCodeOf('OwnedWallet', 'address', [owner.address]), deployer)
  return { owner, ...signerOf(address, signWith(owner)) }
}

/** The same address on both chains, with an owner on each. */
export async function deployTwins({ home, away }: Ground) {
  const deployer = newKey()
  await Promise.all([home.fund(deployer.address), away.fund(deployer.address)])
  const here = await deployOwned(home, newKey(), deployer)
  const there = await deployOwned(away, newKey(), deployer)
  if (here.address !== there.address) throw new Error('the twins have different addresses')
  return { here, there }
}

/** An account that is not deployed, with the wrapper that its wallet would make. */
export async function planOwned({ home, factory }: Ground, owner = newKey()) {
  const code = initCodeOf('OwnedWallet', 'address', [owner.address])
  const salt = newSalt()
  const address = await home.locate(factory, code, salt)
  const wrap =
    (sign: Sign): Sign =>
    async (text) =>
      wrapSignature(factory, deployCall(code, salt), await sign(text))
  const deploy = () => home.send(factory, deployCall(code, salt))
  return { owner, wrap, deploy, ...signerOf(address, wrap(signWith(owner))) }
}

/** A key that delegates to a contract (EIP-7702): `sign` is the contract's form, `signPlain` the key's own. */
export async function delegateKey({ home }: Ground, owner = newKey()) {
  await home.delegate(owner, await home.deploy(initCodeOf('DelegatedWallet')))
  const signPlain = signWith(owner)
  return { owner, signPlain, ...signerOf(owner.address, async (text) => concatHex(['0x01', await signPlain(text)])) }
}

/** A deployed account whose owner signs a hash that names the account (ERC-7739's purpose). */
export async function deployReplaySafe({ home }: Ground, owner = newKey()) {
  const address = await home.deploy(initCodeOf('ReplaySafeWallet', 'address', [owner.address]))
  const signFor =
    (account: Address): Sign =>
    async (text) => {
      const args = [hashMessage(text)] as const
      const read = { address: account, abi: CONTRACTS_ABI, functionName: 'replaySafeHash', args } as const
      return owner.sign({ hash: await home.client.readContract(read) })
    }
  return { owner, signFor, ...signerOf(address, signFor(address)) }
}
