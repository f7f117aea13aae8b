import type { Connection } from '../connection.ts'
import {
  fourMicaSignIn,
  MOONKEY_HEADERS,
  moonKeySignIn,
  WALLETKIT_HEADERS,
  type WalletKitSession,
  walletKitSignIn,
} from '../flows.ts'
import { type Chain, newWallet } from '../participants.ts'
import type { BenchWallet } from '../wallet.ts'
import type { CodeMailbox } from './mailbox.ts'
import type { SoakPlan } from './plan.ts'

/** What somebody does from coming to leaving. Whoever signs in logs out, so that nothing of it is left in the store. */
type Journey = (connection: Connection) => Promise<unknown>

export interface Journeys {
  /** The next wallet's journey: every dialect and chain in turn, and now and then somebody who asks for a nonce and goes away. */
  next(): Journey
  /** The next journey that begins with a code by mail, through MoonKey and WalletKit in turn. Null while every address is under way. */
  nextByMail(): Journey | null
}

/** More than are ever under way at a time, and few enough that all of them exist soon. */
const WALLETS = 256

/** Journeys of wallets that come back again and again. */
export function createJourneys(
  mailbox: CodeMailbox,
  { addresses, abandons }: Pick<SoakPlan, 'addresses' | 'abandons'>,
): Journeys {
  const withWallet = (
    chain: Chain,
    act: (connection: Connection, wallet: BenchWallet) => Promise<unknown>,
  ): Journey => {
    const free = Array.from({ length: WALLETS }, () => newWallet(chain))
    return async (connection) => {
      const wallet = free.pop()
      if (wallet === undefined) throw new Error('more journeys at a time than wallets')
      await act(connection, wallet)
      free.push(wallet)
    }
  }
  const byWallet: readonly Journey[] = [
    withWallet('ethereum', fourMica),
    withWallet('ethereum', moonKey),
    withWallet('solana', moonKey),
    withWallet('ethereum', walletKit),
    withWallet('solana', walletKit),
    ...(abandons ? [withWallet('ethereum', fourMicaGivenUp)] : []),
  ]
  const byMail = [moonKeyByMail, walletKitByMail]
  let wallets = 0
  let mails = 0
  const free = Array.from({ length: addresses }, (_, number) => `soak-${number}@example.com`)
  return {
    next() {
      wallets += 1
      return turn(byWallet, wallets)
    },
    nextByMail() {
      // A second code for an address voids the first, so no two journeys share one.
      const address = free.shift()
      if (address === undefined) return null
      mails += 1
      const act = turn(byMail, mails)
      return async (connection) => {
        await act(connection, address, mailbox)
        free.push(address)
      }
    },
  }
}

function turn<T>(all: readonly T[], number: number): T {
  const chosen = all[number % all.length]
  if (chosen === undefined) throw new RangeError('nothing to take turns with')
  return chosen
}

async function fourMica(connection: Connection, wallet: BenchWallet): Promise<void> {
  const { refresh_token: first } = await fourMicaSignIn(connection, wallet)
  const { refresh_token } = await connection.post('/auth/refresh', { refresh_token: first })
  const { revoked } = await connection.post('/auth/logout', { refresh_token })
  if (revoked !== true) throw new Error('a logout that found no session')
}

async function fourMicaGivenUp(connection: Connection, { address }: BenchWallet): Promise<void> {
  await connection.post('/auth/nonce', { address })
}

async function moonKey(connection: Connection, wallet: BenchWallet): Promise<void> {
  await leaveMoonKey(connection, await moonKeySignIn(connection, wallet))
}

async function moonKeyByMail(connection: Connection, email: string, mailbox: CodeMailbox): Promise<void> {
  const mailed = mailbox.nextCode(email)
  const { email_id } = await connection.post('/v1/auth/otps/email/login_or_create', { email }, MOONKEY_HEADERS)
  const proof = { method_id: email_id, otp: await mailed, session_expires_in: 60 }
  await leaveMoonKey(connection, await connection.post('/v1/auth/otps/verify', proof, MOONKEY_HEADERS))
}

async function leaveMoonKey(connection: Connection, { session_token }: { session_token: string }): Promise<void> {
  await connection.post('/v1/auth/sessions/verify', { session_token }, MOONKEY_HEADERS)
  await connection.send('DELETE', '/v1/auth/sessions/delete', MOONKEY_HEADERS, { session_token })
}

async function walletKit(connection: Connection, wallet: BenchWallet): Promise<void> {
  await leaveWalletKit(connection, await walletKitSignIn(connection, wallet))
}

async function walletKitByMail(connection: Connection, email: string, mailbox: CodeMailbox): Promise<void> {
  const mailed = mailbox.nextCode(email)
  const { user_id } = await connection.post('/users/login-with-email', { email }, WALLETKIT_HEADERS)
  const proof = { user_id, verification_code: await mailed }
  await leaveWalletKit(connection, await connection.post('/users/verify-login', proof, WALLETKIT_HEADERS))
}

async function leaveWalletKit(connection: Connection, { id, refresh_token }: WalletKitSession): Promise<void> {
  const shown = { session_id: id, refresh_token }
  const refreshed: WalletKitSession = await connection.post('/users/refresh-token', shown, WALLETKIT_HEADERS)
  const headers = { ...WALLETKIT_HEADERS, authorization: `Bearer ${refreshed.access_token}` }
  await connection.send('GET', '/wallets', headers)
  await connection.send('POST', '/users/logout', headers)
}
