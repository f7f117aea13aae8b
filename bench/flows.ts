import type { Connection } from './connection.ts'
import type { BenchWallet } from './wallet.ts'

/** What a flow needs of a connection: the tests have clients of their own. */
export type Poster = Pick<Connection, 'post'>

/** One full sign-in against a server. Throws at the first answer that is not 2xx. */
export type Flow = (connection: Poster, wallet: BenchWallet) => Promise<unknown>

/** The MoonKey secret key that every measured server accepts. */
export const MOONKEY_SECRET_KEY = `sk_test_${'a'.repeat(48)}`
export const MOONKEY_HEADERS = { authorization: `Bearer ${MOONKEY_SECRET_KEY}` }

/** The project that every measured server knows, and a page it allows. */
export const BENCH_PROJECT_ID = 'bench'
export const BENCH_ORIGIN = 'https://bench.example'
const BENCH_HOST = new URL(BENCH_ORIGIN).host
export const WALLETKIT_HEADERS = { 'x-walletkit-project-id': BENCH_PROJECT_ID }

/** 4mica: nonce, sign, verify; an access and a refresh token result. */
export const fourMicaSignIn = async (
  connection: Poster,
  wallet: BenchWallet,
): Promise<{ access_token: string; refresh_token: string }> => {
  const { address } = wallet
  const { nonce, siwe } = await connection.post('/auth/nonce', { address })
  const message = messageOf(wallet, {
    domain: siwe.domain,
    uri: siwe.uri,
    statement: siwe.statement,
    chainId: siwe.chainId,
    nonce,
    issuedAt: siwe.issuedAt,
    expiration: siwe.expiration,
  })
  return connection.post('/auth/verify', { address, message, signature: wallet.sign(message) })
}

/** MoonKey: begin, sign the challenge, verify; a session with its RS256 JWT results. */
export const moonKeySignIn = async (connection: Poster, wallet: BenchWallet): Promise<{ session_token: string }> => {
  const registration = { wallet_type: wallet.chain, public_address: wallet.address }
  const { challenge } = await connection.post('/v1/auth/wallets/registrations/begin', registration, MOONKEY_HEADERS)
  const proof = { ...registration, signature: wallet.sign(challenge), session_expires_in: 60 }
  return connection.post('/v1/auth/wallets/verify', proof, MOONKEY_HEADERS)
}

/** What WalletKit answers to a sign-in. */
export interface WalletKitSession {
  readonly id: string
  readonly access_token: string
  readonly refresh_token: string
}

/** WalletKit: nonce, sign a message around it, verify; a session with its ES256 JWT and a refresh token results. */
export const walletKitSignIn = async (connection: Poster, wallet: BenchWallet): Promise<WalletKitSession> => {
  const login = { sign_in_wallet: wallet.address }
  const { user_id, nonce } = await connection.post('/users/login-with-wallet', login, WALLETKIT_HEADERS)
  const message = messageOf(wallet, pageMessage('Sign in to Bench.', nonce))
  const proof = { user_id, siwe_message: message, signature: wallet.sign(message) }
  return connection.post('/users/verify-login', proof, WALLETKIT_HEADERS)
}

/** better-auth: nonce, sign a message around it, verify; a session and its signed cookie result. */
export const betterAuthSignIn = async (connection: Poster, wallet: BenchWallet): Promise<{ token: string }> => {
  const { nonce } = await connection.post('/api/auth/siwe/nonce', {})
  const message = messageOf(wallet, pageMessage('Sign in to Bench.', nonce))
  return connection.post('/api/auth/siwe/verify', { message, signature: wallet.sign(message) })
}

interface MessageFields {
  readonly domain: string
  readonly uri: string
  readonly statement: string
  readonly chainId: number
  readonly nonce: string
  readonly issuedAt: string
  readonly expiration: string | null
}

function pageMessage(statement: string, nonce: string): MessageFields {
  const issuedAt = new Date().toISOString()
  return { domain: BENCH_HOST, uri: BENCH_ORIGIN, statement, chainId: 1, nonce, issuedAt, expiration: null }
}

function messageOf({ chain, address }: BenchWallet, fields: MessageFields): string {
  return [
    `${fields.domain} wants you to sign in with your ${chain === 'solana' ? 'Solana' : 'Ethereum'} account:`,
    address,
    '',
    fields.statement,
    '',
    `URI: ${fields.uri}`,
    'Version: 1',
    ...(chain === 'solana' ? [] : [`Chain ID: ${fields.chainId}`]),
    `Nonce: ${fields.nonce}`,
    `Issued At: ${fields.issuedAt}`,
    ...(fields.expiration === null ? [] : [`Expiration Time: ${fields.expiration}`]),
  ].join('\n')
}
