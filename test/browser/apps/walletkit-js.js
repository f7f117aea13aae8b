import { createWalletKitBrowserClient } from 'walletkit-js'

// As an application uses it. The test calls it from outside.
const { environment, projectId } = JSON.parse(document.getElementById('settings').textContent)
const client = createWalletKitBrowserClient({ environment, projectId })

globalThis.users = (method, body) => client.users[method](body)
globalThis.wallets = () => client.wallets.list({ network: 'Ethereum' })
globalThis.isAuthenticated = () => client.isAuthenticated()
