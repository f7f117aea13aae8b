import bs58 from 'bs58'
import { type WalletChoice, WalletRefusal } from './signer.ts'

/** The part of the Wallet Standard that is used here. From outside, so nothing of it is certain. */
interface StandardWallet {
  readonly name: string
  readonly icon?: unknown
  readonly chains?: readonly string[]
  readonly features: Readonly<Record<string, unknown>>
}
interface StandardAccount {
  readonly address: string
  readonly chains?: readonly string[]
}
interface Connect {
  connect(): Promise<{ readonly accounts: readonly StandardAccount[] }>
}
interface SignMessage {
  signMessage(input: {
    readonly account: StandardAccount
    readonly message: Uint8Array
  }): Promise<readonly { readonly signature: Uint8Array }[]>
}

const CONNECT = 'standard:connect'
const SIGN_MESSAGE = 'solana:signMessage'

/** Asks the browser's wallets to register, and tells of each that can sign Solana messages, now and later (Wallet Standard). */
export function discoverSolanaWallets(found: (wallet: WalletChoice) => void): void {
  const names = new Map<StandardWallet, string>()
  const register = (...wallets: readonly StandardWallet[]) => {
    for (const wallet of wallets) {
      if (names.has(wallet) || !canSignMessages(wallet)) continue
      const id = `standard:${names.size}:${wallet.name}`
      names.set(wallet, id)
      found(choiceOf(wallet, id))
    }
    return () => {}
  }
  const api = { register }
  addEventListener('wallet-standard:register-wallet', (event) => {
    const callback: unknown = (event as CustomEvent<unknown>).detail
    if (typeof callback === 'function') callback(api)
  })
  dispatchEvent(new CustomEvent('wallet-standard:app-ready', { detail: api }))
}

function canSignMessages({ name, chains, features }: StandardWallet): boolean {
  const isForSolana = chains?.some((chain) => chain.startsWith('solana:')) ?? false
  return typeof name === 'string' && isForSolana && CONNECT in features && SIGN_MESSAGE in features
}

function choiceOf(wallet: StandardWallet, id: string): WalletChoice {
  const { name, icon, features } = wallet
  return {
    id,
    name,
    chain: 'solana',
    icon: typeof icon === 'string' && icon.startsWith('data:image/') ? icon : null,
    async connect() {
      const { accounts } = await ask(() => (features[CONNECT] as Connect).connect())
      const account = accounts.find(({ chains }) => chains?.some((chain) => chain.startsWith('solana:')) ?? true)
      if (account === undefined) throw new WalletRefusal('The wallet gave no account.')
      return {
        chain: 'solana',
        address: account.address,
        async sign(text) {
          const message = new TextEncoder().encode(text)
          const [output] = await ask(() => (features[SIGN_MESSAGE] as SignMessage).signMessage({ account, message }))
          if (output === undefined) throw new WalletRefusal('The wallet gave no signature.')
          return bs58.encode(output.signature)
        },
      }
    },
  }
}

async function ask<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof WalletRefusal) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new WalletRefusal(
      /reject|denied|cancel/i.test(message) ? 'You refused in the wallet.' : `The wallet says: ${message}`,
    )
  }
}
