import type { Agent } from 'node:http'
import { post } from './http.ts'
import type { BenchWallet } from './wallet.ts'

/** One full sign-in against a server. Throws at the first answer that is not 200. */
export type Flow = (agent: Agent, port: number, wallet: BenchWallet) => Promise<void>

/** The MoonKey secret key that every measured server accepts. */
export const MOONKEY_SECRET_KEY = `sk_test_${'a'.repeat(48)}`
const MOONKEY_HEADERS = { authorization: `Bearer ${MOONKEY_SECRET_KEY}` }

/** The project that every measured server knows, and a page it allows. */
export const BENCH_PROJECT_ID = 'bench'
export const BENCH_ORIGIN = 'https://bench.example'
const WALLETKIT_HEADERS = { 'x-walletkit-project-id': BENCH_PROJECT_ID }

/** 4mica: nonce, sign, verify; an access and a refresh token result. */
export const fourMicaSignIn: Flow = async (agent, port, wallet) => {
  const { nonce, siwe } = await post(agent, port, '/auth/nonce', { address: wallet.address })
  const message = [
    `${siwe.domain} wants you to sign in with your Ethereum account:`,
    wallet.address,
    '',
    siwe.statement,
    '',
    `URI: ${siwe.uri}`,
    'Version: 1',
    `Chain ID: ${siwe.chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${siwe.issuedAt}`,
    `Expiration Time: ${siwe.expiration}`,
  ].join('\n')
  await post(agent, port, '/auth/verify', { address: wallet.address, message, signature: wallet.sign(message) })
}

/** MoonKey: begin, sign the challenge, verify; a session with its RS256 JWT results. */
export const moonKeySignIn: Flow = async (agent, port, wallet) => {
  const registration = { wallet_type: wallet.chain, public_address: wallet.address }
  const { challenge } = await post(agent, port, '/v1/auth/wallets/registrations/begin', registration, MOONKEY_HEADERS)
  const proof = { ...registration, signature: wallet.sign(challenge), session_expires_in: 60 }
  await post(agent, port, '/v1/auth/wallets/verify', proof, MOONKEY_HEADERS)
}

/** WalletKit: nonce, sign a message around it, verify; a session with its ES256 JWT and a refresh token results. */
export const walletKitSignIn: Flow = async (agent, port, wallet) => {
  const { address } = wallet
  const { user_id, nonce } = await post(
    agent,
    port,
    '/users/login-with-wallet',
    { sign_in_wallet: address },
    WALLETKIT_HEADERS,
  )
  const message = [
    `${new URL(BENCH_ORIGIN).host} wants you to sign in with your ${wallet.chain === 'solana' ? 'Solana' : 'Ethereum'} account:`,
    address,
    '',
    'Sign in to Bench.',
    '',
    `URI: ${BENCH_ORIGIN}`,
    'Version: 1',
    ...(wallet.chain === 'solana' ? [] : ['Chain ID: 1']),
    `Nonce: ${nonce}`,
    `Issued At: ${new Date().toISOString()}`,
  ].join('\n')
  const proof = { user_id, siwe_message: message, signature: wallet.sign(message) }
  await post(agent, port, '/users/verify-login', proof, WALLETKIT_HEADERS)
}
