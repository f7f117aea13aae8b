import { type Account, type AccountId, formatAccountId, type Namespace } from './accounts/account.ts'
import type { Chains } from './chains/chains.ts'
import type { Challenge } from './challenges/challenge.ts'
import { type ChallengeRequest, issueChallenge } from './challenges/issue-challenge.ts'
import { AuthError } from './errors.ts'
import { grantWalletAccess } from './identities/claim-account.ts'
import type { WalletAccess } from './identities/identity.ts'
import { createSignInMessageParser } from './messages/parse-sign-in-message.ts'
import type { Clock, RandomSource } from './ports.ts'
import { endSession } from './sessions/end-session.ts'
import { type RefreshedSession, refreshSession, type SessionRefresh } from './sessions/refresh-session.ts'
import type { Door } from './sessions/session.ts'
import { type MessageSignIn, type SignedIn, signInWithMessage } from './sign-in/sign-in-with-message.ts'
import type { Stores } from './stores/stores.ts'
import { type AccessToken, type AccessTokenRequest, issueAccessToken } from './tokens/issue-access-token.ts'
import type { KeyRing, Soon } from './tokens/key-ring.ts'

/** Everything ambient, given once: what the core needs and never reaches for. */
export interface CorePorts {
  readonly chains: Chains
  readonly stores: Stores
  readonly keys: KeyRing
  readonly clock: Clock
  readonly random: RandomSource
}

/** What adapters and commands may ask for. Each takes plain values and throws only `AuthError`. */
export interface Core {
  /** The account written as this text. @throws {AuthError} `address_malformed` */
  parseAccount(namespace: Namespace, address: string): Account
  /** The address as the chain's users write it (EIP-55 for Ethereum). */
  formatAddress(account: Account): string
  /** The account as one string: the subject of its challenges. */
  formatAccountId(account: Account): AccountId
  issueChallenge(request: ChallengeRequest): Promise<Challenge>
  signInWithMessage(request: MessageSignIn): Promise<SignedIn>
  refreshSession(request: SessionRefresh): Promise<RefreshedSession>
  endSession(request: { projectId: string; door: Door; refreshToken: string }): Promise<boolean>
  issueAccessToken(request: AccessTokenRequest): Soon<AccessToken>
  grantWalletAccess(projectId: string, account: Account, access: WalletAccess): Promise<void>
  /** Resolves when the store answers. @throws {AuthError} `store_unavailable` */
  ping(): Promise<void>
}

/** The core over these ports. It holds no state of its own. */
export function createCore(ports: CorePorts): Core {
  const { chains, stores, clock, random } = ports
  const flat = { ...stores, clock, random }
  const signIn = { ...ports, parseSignInMessage: createSignInMessageParser([chains.eip155, chains.solana]) }
  return {
    parseAccount(namespace, text) {
      const address = chains[namespace].parseAddress(text)
      if (address === null) throw new AuthError('address_malformed')
      return { namespace, address, chain: null }
    },
    formatAccountId,
    formatAddress: ({ namespace, address }) => chains[namespace].formatAddress(address),
    issueChallenge: (request) => issueChallenge(flat, request),
    signInWithMessage: (request) => signInWithMessage(signIn, request),
    refreshSession: (request) => refreshSession(flat, request),
    endSession: (request) => endSession(flat, request),
    issueAccessToken: (request) => issueAccessToken(ports, request),
    grantWalletAccess: (projectId, account, access) => grantWalletAccess(flat, projectId, account, access),
    ping: () => stores.ping(),
  }
}
