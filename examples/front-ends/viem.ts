import { createWalletClient, custom, type EIP1193Provider } from 'viem'
import { createSiweMessage } from 'viem/siwe'
import { beginSignIn, finishSignIn, type Gateway, type Session } from './walletkit.ts'

/** Signs in with a browser wallet, as EIP-6963 announces it or as `window.ethereum`. */
export async function signInWithViem(gateway: Gateway, provider: EIP1193Provider): Promise<Session> {
  const wallet = createWalletClient({ transport: custom(provider) })
  const [address] = await wallet.requestAddresses()
  if (address === undefined) throw new Error('the wallet shows no account')
  const { user_id, nonce } = await beginSignIn(gateway, address)
  const siwe_message = createSiweMessage({
    domain: location.host,
    address,
    statement: 'Sign in to our shop.',
    uri: location.origin,
    version: '1',
    chainId: await wallet.getChainId(),
    nonce,
  })
  const signature = await wallet.signMessage({ account: address, message: siwe_message })
  return finishSignIn(gateway, { user_id, siwe_message, signature })
}
