import { randomBytes } from 'node:crypto'
import { betterAuthSignIn, type Flow, fourMicaSignIn, moonKeySignIn, walletKitSignIn } from './flows.ts'
import { type BenchWallet, createEthereumWallet, createSolanaWallet } from './wallet.ts'

export type Chain = BenchWallet['chain']
export type TokenAlgorithm = 'HS256' | 'RS256' | 'ES256'
export type ServerName = 'walletgate' | 'floor' | 'textbook' | 'better-auth'

/** One dialect as one server speaks it. */
export interface Dialect {
  readonly name: '4mica' | 'MoonKey' | 'WalletKit' | 'better-auth'
  readonly flow: Flow
  /** What signs the token at the end of it. */
  readonly algorithm: TokenAlgorithm
  readonly chains: readonly Chain[]
}

export const FOURMICA: Dialect = { name: '4mica', flow: fourMicaSignIn, algorithm: 'HS256', chains: ['ethereum'] }
export const MOONKEY: Dialect = {
  name: 'MoonKey',
  flow: moonKeySignIn,
  algorithm: 'RS256',
  chains: ['ethereum', 'solana'],
}
export const WALLETKIT: Dialect = {
  name: 'WalletKit',
  flow: walletKitSignIn,
  algorithm: 'ES256',
  chains: ['ethereum', 'solana'],
}
/** The dialects that Walletgate speaks. */
export const DIALECTS: readonly Dialect[] = [FOURMICA, MOONKEY, WALLETKIT]
const BETTER_AUTH: Dialect = {
  name: 'better-auth',
  flow: betterAuthSignIn,
  algorithm: 'HS256',
  chains: ['ethereum'],
}

/** One row of the comparison: a server, what is asked of it, and by wallets that it knows or that it has never seen. */
export interface Participant {
  readonly server: ServerName
  readonly dialect: Dialect
  readonly chain: Chain
  readonly wallet: 'returning' | 'first'
  /** Sign-ins in a round, as a share of the usual: what takes milliseconds gets shorter rounds, or nobody waits for them. */
  readonly share: number
}

/** All that is compared in one store, on one chain. */
export function participantsOf(store: 'memory' | 'redis', chain: Chain): readonly Participant[] {
  const speaks = (dialect: Dialect) => dialect.chains.includes(chain)
  const ours = DIALECTS.filter(speaks).flatMap((dialect) =>
    (['returning', 'first'] as const).map(
      (wallet): Participant => ({ server: 'walletgate', dialect, chain, wallet, share: 1 }),
    ),
  )
  const others: Participant[] = [
    // The floor knows nobody, so all wallets are alike to it; Solana wallets speak the same two requests.
    { server: 'floor', dialect: FOURMICA, chain, wallet: 'returning', share: 1 },
    ...[FOURMICA, MOONKEY]
      .filter(speaks)
      .map((dialect): Participant => ({ server: 'textbook', dialect, chain, wallet: 'returning', share: 0.2 })),
    // Users in its memory adapter are searched one by one, so that newcomers would slow it down; nonces and sessions need Redis.
    ...(store === 'redis' && speaks(BETTER_AUTH)
      ? [{ server: 'better-auth', dialect: BETTER_AUTH, chain, wallet: 'returning', share: 0.2 } as const]
      : []),
  ]
  return [...ours, ...others]
}

/** A wallet of this chain that nobody has seen. */
export function newWallet(chain: Chain): BenchWallet {
  return chain === 'solana' ? createSolanaWallet(randomBytes(32)) : createEthereumWallet(randomBytes(32))
}

/** Four for each of so many workers. A second challenge for a wallet voids the first, so no two workers share one. */
export class WalletPool {
  readonly #wallets: readonly BenchWallet[]

  constructor(chain: Chain, workers: number) {
    this.#wallets = Array.from({ length: workers * 4 }, () => newWallet(chain))
  }

  pick(worker: number, turn: number): BenchWallet {
    const wallet = this.#wallets[worker * 4 + (turn % 4)]
    if (wallet === undefined) throw new RangeError(`no wallets for worker ${worker}`)
    return wallet
  }
}
