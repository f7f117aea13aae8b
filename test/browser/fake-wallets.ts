import type { BrowserContext } from 'playwright-core'
import { newSolanaWallet } from '../support/solana-wallets.ts'
import { newEthereumWallet } from '../support/wallets.ts'

const ICON = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><path d='M0 0h1v1z'/></svg>"

/** Puts an extension's Ethereum wallet into every page: announced as EIP-6963 says, with a real key outside the page. */
export async function installEthereumWallet(
  context: BrowserContext,
  name: string,
): Promise<{ readonly address: string }> {
  const wallet = newEthereumWallet()
  await context.exposeFunction('ethereumWallet', async (method: string, params: readonly unknown[] = []) => {
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') return [wallet.address.toLowerCase()]
    if (method === 'eth_chainId') return '0x1'
    if (method !== 'personal_sign') throw new Error(`asked for ${method}`)
    const [message, address] = params
    if (String(address).toLowerCase() !== wallet.address.toLowerCase()) throw new Error('asked for another account')
    return wallet.signMessage(Buffer.from(String(message).slice(2), 'hex').toString())
  })
  await context.addInitScript(`{
    const provider = { request: async ({ method, params }) => {
      if (globalThis.refuses) throw Object.assign(new Error('no'), { code: 4001 })
      return ethereumWallet(method, params)
    }, on: () => {}, removeListener: () => {} }
    const info = { uuid: '350670db-19fa-4704-a166-e52e178b59d2', name: ${JSON.stringify(name)}, icon: ${JSON.stringify(ICON)}, rdns: 'test.example' }
    const announce = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }))
    addEventListener('eip6963:requestProvider', announce)
    announce()
  }`)
  return wallet
}

/** The same for Solana: registered as the Wallet Standard says. */
export async function installSolanaWallet(
  context: BrowserContext,
  name: string,
): Promise<{ readonly address: string }> {
  const wallet = newSolanaWallet()
  await context.exposeFunction('solanaWallet', (bytes: readonly number[]) => [
    ...wallet.sign(Buffer.from(bytes).toString()),
  ])
  await context.addInitScript(`{
    const account = { address: ${JSON.stringify(wallet.address)}, publicKey: new Uint8Array(32), chains: ['solana:mainnet'], features: ['solana:signMessage'] }
    const wallet = { version: '1.0.0', name: ${JSON.stringify(name)}, icon: ${JSON.stringify(ICON)}, chains: ['solana:mainnet'], accounts: [], features: {
      'standard:connect': { version: '1.0.0', connect: async () => ({ accounts: [account] }) },
      'solana:signMessage': { version: '1.0.0', signMessage: async ({ message }) => [{ signedMessage: message, signature: new Uint8Array(await solanaWallet([...message])) }] },
    } }
    const callback = ({ register }) => register(wallet)
    dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: callback }))
    addEventListener('wallet-standard:app-ready', ({ detail }) => callback(detail))
  }`)
  return wallet
}
