import type { Wallet } from 'ethers'
import { expect } from 'vitest'
import { post } from '../../e2e/support/client.ts'
import { ORIGIN } from '../../support/origin.ts'
import { SECRET_KEY } from './traced-server.ts'

/** What a caller sent and got that must not be in any trace. */
export type Secrets = readonly string[]

async function read(answer: Promise<Response>): Promise<Record<string, string>> {
  const response = await answer
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, string>
}

/** MoonKey: begin, sign the challenge, verify. */
export async function signInAtMoonKey(port: number, wallet: Wallet): Promise<Secrets> {
  const headers = { authorization: `Bearer ${SECRET_KEY}` }
  const registration = { wallet_type: 'ethereum', public_address: wallet.address }
  const { challenge = '' } = await read(post(port, '/v1/auth/wallets/registrations/begin', registration, headers))
  const signature = await wallet.signMessage(challenge)
  const proof = { ...registration, signature, session_expires_in: 60 }
  const { session_token = '', session_jwt = '' } = await read(post(port, '/v1/auth/wallets/verify', proof, headers))
  return [SECRET_KEY, wallet.address, challenge, signature, session_token, session_jwt]
}

/** WalletKit: nonce, sign a message around it, verify, and ask for its wallets. */
export async function signInAtWalletKit(port: number, projectId: string, wallet: Wallet): Promise<Secrets> {
  const headers = { 'x-walletkit-project-id': projectId }
  const { address } = wallet
  const begun = await read(post(port, '/users/login-with-wallet', { sign_in_wallet: address }, headers))
  const { user_id = '', nonce = '' } = begun
  const message = [
    `${new URL(ORIGIN).host} wants you to sign in with your Ethereum account:`,
    address,
    '',
    'Sign in.',
    '',
    `URI: ${ORIGIN}`,
    'Version: 1',
    'Chain ID: 1',
    `Nonce: ${nonce}`,
    `Issued At: ${new Date().toISOString()}`,
  ].join('\n')
  const signature = await wallet.signMessage(message)
  const proof = { user_id, siwe_message: message, signature }
  const { access_token = '', refresh_token = '' } = await read(post(port, '/users/verify-login', proof, headers))
  const me = { headers: { ...headers, authorization: `Bearer ${access_token}` } }
  expect((await fetch(`http://127.0.0.1:${port}/wallets`, me)).status).toBe(200)
  return [address, nonce, message, signature, access_token, refresh_token, user_id]
}
