import type { Wallet } from '@wallet-standard/base'
import bs58 from 'bs58'
import { beginSignIn, finishSignIn, type Gateway, type Session } from './walletkit.ts'

/** The two features of a Wallet Standard wallet that signing in needs. */
interface Features {
  readonly 'standard:connect': { connect(): Promise<{ readonly accounts: Wallet['accounts'] }> }
  readonly 'solana:signMessage': {
    signMessage(input: {
      readonly account: Wallet['accounts'][number]
      readonly message: Uint8Array
    }): Promise<readonly { readonly signature: Uint8Array }[]>
  }
}

/** Whether this wallet can sign in with a Solana account: offer these of `getWallets().get()`. */
export function canSignIn({ features, chains }: Wallet): boolean {
  const isForSolana = chains.some((chain) => chain.startsWith('solana:'))
  return isForSolana && 'standard:connect' in features && 'solana:signMessage' in features
}

/** Signs in with a Solana wallet. */
export async function signInWithWalletStandard(gateway: Gateway, wallet: Wallet): Promise<Session> {
  const features = wallet.features as unknown as Features
  const { accounts } = await features['standard:connect'].connect()
  const [account] = accounts
  if (account === undefined) throw new Error('the wallet shows no account')
  const { user_id, nonce } = await beginSignIn(gateway, account.address)
  const siwe_message = [
    `${location.host} wants you to sign in with your Solana account:`,
    account.address,
    '',
    'Sign in to our shop.',
    '',
    `URI: ${location.origin}`,
    'Version: 1',
    `Nonce: ${nonce}`,
    `Issued At: ${new Date().toISOString()}`,
  ].join('\n')
  const message = new TextEncoder().encode(siwe_message)
  const [signed] = await features['solana:signMessage'].signMessage({ account, message })
  if (signed === undefined) throw new Error('the wallet signed nothing')
  return finishSignIn(gateway, { user_id, siwe_message, signature: bs58.encode(signed.signature) })
}
