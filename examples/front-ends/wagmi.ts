import { type Config, getAccount, signMessage } from '@wagmi/core'
import { createSiweMessage } from 'viem/siwe'
import { beginSignIn, finishSignIn, type Gateway, type Session } from './walletkit.ts'

/** Signs in with the account that wagmi is connected to. */
export async function signInWithWagmi(gateway: Gateway, config: Config): Promise<Session> {
  const { address, chainId } = getAccount(config)
  if (address === undefined || chainId === undefined) throw new Error('connect a wallet first')
  const { user_id, nonce } = await beginSignIn(gateway, address)
  const siwe_message = createSiweMessage({
    domain: location.host,
    address,
    statement: 'Sign in to our shop.',
    uri: location.origin,
    version: '1',
    chainId,
    nonce,
  })
  const signature = await signMessage(config, { message: siwe_message })
  return finishSignIn(gateway, { user_id, siwe_message, signature })
}
