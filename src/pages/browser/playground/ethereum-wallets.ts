import { type WalletChoice, WalletRefusal } from './signer.ts'
import { checksumAddress, toHex } from './throw-away-key.ts'

/** EIP-1193. */
interface Provider {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>
}

/** EIP-6963: what a wallet announces. From outside, so nothing of it is certain. */
interface Announcement {
  readonly info?: { readonly uuid?: unknown; readonly name?: unknown; readonly icon?: unknown }
  readonly provider?: Provider
}

const ADDRESS = /^0x[0-9a-fA-F]{40}$/

/** Asks the browser's Ethereum wallets to announce themselves, and tells of each, now and later (EIP-6963). */
export function discoverEthereumWallets(found: (wallet: WalletChoice) => void): void {
  addEventListener('eip6963:announceProvider', (event) => {
    const { info, provider } = (event as CustomEvent<Announcement | null>).detail ?? {}
    if (typeof info?.uuid !== 'string' || typeof info.name !== 'string' || provider === undefined) return
    const { uuid, name, icon } = info
    found({
      id: `eip6963:${uuid}`,
      name,
      chain: 'ethereum',
      icon: typeof icon === 'string' && icon.startsWith('data:image/') ? icon : null,
      async connect() {
        const accounts = await ask(provider, 'eth_requestAccounts')
        const account: unknown = Array.isArray(accounts) ? accounts[0] : undefined
        if (typeof account !== 'string' || !ADDRESS.test(account))
          throw new WalletRefusal('The wallet gave no account.')
        const address = checksumAddress(account)
        return {
          chain: 'ethereum',
          address,
          async sign(text) {
            const bytes = `0x${toHex(new TextEncoder().encode(text))}`
            return String(await ask(provider, 'personal_sign', [bytes, address]))
          },
        }
      },
    })
  })
  dispatchEvent(new Event('eip6963:requestProvider'))
}

async function ask(provider: Provider, method: string, params?: readonly unknown[]): Promise<unknown> {
  try {
    return await provider.request(params === undefined ? { method } : { method, params })
  } catch (error) {
    const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
    // EIP-1193: 4001 is a refusal by the user.
    throw new WalletRefusal(code === 4001 ? 'You refused in the wallet.' : `The wallet says: ${String(message)}`)
  }
}
