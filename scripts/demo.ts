import { AuthClient, AuthSession } from '@4mica/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

// The vendor's SDK, unmodified, with a wallet that lives as long as this script.
const authUrl = process.argv[2] ?? 'http://localhost:8787'
const signer = privateKeyToAccount(generatePrivateKey())

const session = new AuthSession({ authUrl, signer })
const { expiresIn, refreshToken } = await session.login()
console.log(`signed in as ${signer.address}: access token for ${expiresIn} s`)

const client = new AuthClient(authUrl)
const refreshed = await client.refresh(refreshToken)
console.log('refreshed')
await client.logout(refreshed.refreshToken)
console.log('logged out')
