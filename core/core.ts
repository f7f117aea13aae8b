import { type Account, type AccountId, formatAccountId, type Namespace } from './accounts/account.ts'
import type { ApiKeyKind } from './api-keys/api-key.ts'
import type { ApiKeyFinder } from './api-keys/find-api-key.ts'
import type { AuditEvent, Audited } from './audit/audit-trail.ts'
import { recordRefusal } from './audit/record-refusal.ts'
import type { Chains } from './chains/chains.ts'
import type { ContractAccounts } from './chains/contract-accounts.ts'
import type { Challenge } from './challenges/challenge.ts'
import { type ChallengeRequest, issueChallenge } from './challenges/issue-challenge.ts'
import { AuthError } from './errors.ts'
import { type EmailOwner, findOrCreateByEmail } from './identities/claim-email.ts'
import { grantWalletAccess } from './identities/claim-wallet.ts'
import type { Contact, Passkey, WalletAccess } from './identities/identity.ts'
import { parseContact } from './identities/parse-contact.ts'
import { createUsers, type NewContact, type Users } from './identities/users.ts'
import type { Outbox } from './mail/outbox.ts'
import { createSignInMessageParser } from './messages/parse-sign-in-message.ts'
import { beginPasskeyLogin, type PasskeyLoginRequest, type PasskeyRequestOptions } from './passkeys/begin-login.ts'
import {
  beginPasskeyRegistration,
  type PasskeyCreationOptions,
  type PasskeyRegistrationRequest,
} from './passkeys/begin-registration.ts'
import { finishPasskeyRegistration, type PasskeyRegistrationProof } from './passkeys/finish-registration.ts'
import type { PasskeyProof } from './passkeys/prove-passkey.ts'
import { type PasskeySignedIn, signInWithPasskey } from './passkeys/sign-in-with-passkey.ts'
import type { Clock, RandomSource } from './ports.ts'
import { type AdoptionRequest, adoptSession } from './sessions/adopt-session.ts'
import { authenticate } from './sessions/authenticate.ts'
import { endSession } from './sessions/end-session.ts'
import {
  listSessions,
  locateSession,
  revokeSession,
  type SessionBearer,
  type SessionName,
  verifySession,
} from './sessions/manage-sessions.ts'
import { type RefreshedSession, refreshSession, type SessionRefresh } from './sessions/refresh-session.ts'
import { requireOpener } from './sessions/require-opener.ts'
import type { Door, Session } from './sessions/session.ts'
import type { SessionTokens } from './sessions/session-token.ts'
import {
  beginWalletRegistration,
  type WalletRegistration,
  type WalletRegistrationRequest,
} from './sign-in/begin-wallet-registration.ts'
import type { CodeHashes } from './sign-in/code-hashes.ts'
import { completeEmailSignIn, type EmailSignedIn } from './sign-in/complete-email-sign-in.ts'
import { completeSignIn, type SignedIn } from './sign-in/complete-sign-in.ts'
import { type EmailCodeProof, type EmailCodeRequest, proveByEmailCode, sendEmailCode } from './sign-in/email-code.ts'
import { collectHandOver, type HandOver, type HandOverProof } from './sign-in/hand-over.ts'
import {
  findMagicLink,
  issueMagicToken,
  type MagicLink,
  type MagicLinkRequest,
  type MagicToken,
  type MagicTokenProof,
  type MagicTokenRequest,
  sendMagicLink,
} from './sign-in/magic-link.ts'
import { type ChallengeProof, type MessageProof, proveByChallenge, proveByMessage } from './sign-in/proof.ts'
import {
  openSessionChallenge,
  type RedeemedSession,
  readSessionChallenge,
  redeemSessionChallenge,
  type SessionChallenge,
  type SessionChallengeProof,
  type SessionChallengeRequest,
} from './sign-in/session-challenge.ts'
import type { SessionWish } from './sign-in/settle-session.ts'
import { type AnonymouslySignedIn, signInAnonymously } from './sign-in/sign-in-anonymously.ts'
import { type MagicSignedIn, signInWithMagicToken } from './sign-in/sign-in-with-magic-token.ts'
import type { Stores } from './stores/stores.ts'
import type { ForeignIssuers } from './tokens/foreign-token.ts'
import { type AccessToken, type AccessTokenRequest, issueAccessToken } from './tokens/issue-access-token.ts'
import type { KeyRing, Soon } from './tokens/key-ring.ts'
import type { PublicJwk } from './tokens/public-jwk.ts'
import type { AccessTokenProof } from './tokens/verify-access-token.ts'

/** Everything ambient, given once: what the core needs and never reaches for. */
export interface CorePorts extends Audited {
  readonly chains: Chains
  /** Null: contract accounts are refused. */
  readonly contractAccounts: ContractAccounts | null
  readonly stores: Stores
  readonly keys: KeyRing
  readonly apiKeys: ApiKeyFinder
  readonly sessionTokens: SessionTokens
  readonly codeHashes: CodeHashes
  /** Null: there is nowhere to send mail to. */
  readonly mail: Outbox | null
  /** Null or absent: no project takes tokens of others. */
  readonly foreignIssuers?: ForeignIssuers | null
  readonly clock: Clock
  readonly random: RandomSource
}

/** What adapters and commands may ask for. Each takes plain values and throws only `AuthError`. */
export interface Core {
  /** The account written as this text. @throws {AuthError} `address_malformed` */
  parseAccount(namespace: Namespace, address: string): Account
  /** The account as one string: the subject of its challenges. */
  formatAccountId(account: Account): AccountId
  /** The address as the chain's users write it (EIP-55 for Ethereum). */
  formatAddress(account: Account): string
  /** The contact written as this text. @throws {AuthError} `address_malformed` */
  parseContact(kind: Contact['kind'], text: string): NewContact

  issueChallenge(request: ChallengeRequest): Promise<Challenge>
  beginWalletRegistration(request: WalletRegistrationRequest): Promise<WalletRegistration>
  signInWithMessage<W extends SessionWish>(door: Door, proof: MessageProof, wish: W): Promise<SignedIn<W>>
  signInWithChallenge<W extends SessionWish>(door: Door, proof: ChallengeProof, wish: W): Promise<SignedIn<W>>

  findOrCreateByEmail(projectId: string, email: string): Promise<EmailOwner>
  sendEmailCode(request: EmailCodeRequest): Promise<EmailOwner>
  signInWithEmailCode<W extends SessionWish>(door: Door, proof: EmailCodeProof, wish: W): Promise<EmailSignedIn<W>>
  sendMagicLink(request: MagicLinkRequest): Promise<EmailOwner & Pick<MagicToken, 'handOver'>>
  issueMagicToken(request: MagicTokenRequest): Promise<MagicToken>
  signInWithMagicToken<W extends SessionWish>(door: Door, proof: MagicTokenProof, wish: W): Promise<MagicSignedIn<W>>
  findMagicLink(proof: MagicTokenProof): Promise<MagicLink>
  collectHandOver(proof: HandOverProof): Promise<HandOver>

  openSessionChallenge(request: SessionChallengeRequest): Promise<SessionChallenge>
  readSessionChallenge(proof: SessionChallengeProof): Promise<SessionChallenge>
  redeemSessionChallenge(
    proof: SessionChallengeProof & { readonly ttlSeconds: number; readonly maxLiveTokens: number },
  ): Promise<RedeemedSession>

  signInAnonymously(
    of: { readonly projectId: string; readonly door: Door },
    wish: Extract<SessionWish, { kind: 'refreshable' }>,
  ): Promise<AnonymouslySignedIn>

  beginPasskeyRegistration(request: PasskeyRegistrationRequest): Promise<PasskeyCreationOptions>
  finishPasskeyRegistration(proof: PasskeyRegistrationProof): Promise<Passkey>
  beginPasskeyLogin(request: PasskeyLoginRequest): Promise<PasskeyRequestOptions>
  signInWithPasskey<W extends SessionWish>(door: Door, proof: PasskeyProof, wish: W): Promise<PasskeySignedIn<W>>

  refreshSession(request: SessionRefresh): Promise<RefreshedSession>
  endSession(request: { projectId: string; door: Door; refreshToken: string }): Promise<boolean>
  authenticate(proof: AccessTokenProof): Promise<Session>
  /** What opened the session still stands. @throws {AuthError} `session_unusable`, `wallet_inactive` */
  requireOpener(session: Session): Promise<void>
  adoptSession(request: AdoptionRequest): Promise<Session | null>
  locateSession(owner: Pick<SessionName, 'projectId' | 'door'>, bearer: SessionBearer): Promise<string | null>
  verifySession(name: SessionName, ttlSeconds: number | null): Promise<Session>
  revokeSession(name: SessionName): Promise<void>
  listSessions(of: { projectId: string; door: Door; userId: string }): Promise<readonly Session[]>
  /** The opaque token of a session, the same every time. */
  sessionToken(session: Session): string

  issueAccessToken(request: AccessTokenRequest): Soon<AccessToken>
  /** What a project publishes for this dialect's tokens. */
  publicKeys(projectId: string, door: Door): Soon<readonly PublicJwk[]>

  /** The project of an API key that was made by command, or null. @throws {AuthError} `store_unavailable` */
  projectOfApiKey(kind: ApiKeyKind, text: string): Soon<string | null>

  readonly users: Users
  grantWalletAccess(projectId: string, account: Account, access: WalletAccess): Promise<void>
  /** Resolves when the store answers. @throws {AuthError} `store_unavailable` */
  ping(): Promise<void>
}

type Refused = Extract<AuditEvent, { event: 'sign_in.refused' }>

/** The core over these ports. It holds no state of its own. */
export function createCore(ports: CorePorts): Core {
  const { chains, contractAccounts, stores, keys, apiKeys, sessionTokens, clock, random, audit } = ports
  const flat = { ...stores, stores, contractAccounts, keys, clock, random, audit }
  const proving = { ...ports, parseSignInMessage: createSignInMessageParser([chains.eip155, chains.solana]) }
  /** Says that somebody was refused, where somebody keeps such facts. */
  const noting = <T>(door: Door, projectId: string, factor: Refused['factor'], act: Promise<T>): Promise<T> =>
    audit == null ? act : recordRefusal(audit, { projectId, door, factor }, act)
  return {
    parseAccount(namespace, text) {
      const address = chains[namespace].parseAddress(text)
      if (address === null) throw new AuthError('address_malformed')
      return { namespace, address, chain: null }
    },
    formatAccountId,
    formatAddress: ({ namespace, address }) => chains[namespace].formatAddress(address),
    parseContact,

    issueChallenge: (request) => issueChallenge(flat, request),
    beginWalletRegistration: (request) => beginWalletRegistration(flat, request),
    signInWithMessage(door, proof, wish) {
      const signIn = async () => {
        const now = clock.now()
        return completeSignIn(flat, door, await proveByMessage(proving, proof, now), wish, now, proof.charge)
      }
      return noting(door, proof.projectId, 'wallet', signIn())
    },
    signInWithChallenge(door, proof, wish) {
      const signIn = async () => {
        const now = clock.now()
        return completeSignIn(flat, door, await proveByChallenge(proving, proof, now), wish, now, proof.charge)
      }
      return noting(door, proof.projectId, 'wallet', signIn())
    },

    findOrCreateByEmail: (projectId, email) => findOrCreateByEmail(flat, { projectId, email }, clock.now()),
    sendEmailCode: (request) => sendEmailCode(ports, request),
    signInWithEmailCode(door, proof, wish) {
      const signIn = async () => {
        const now = clock.now()
        return completeEmailSignIn(ports, door, await proveByEmailCode(ports, proof, now), wish, now)
      }
      return noting(door, proof.projectId, 'email', signIn())
    },
    sendMagicLink: (request) => sendMagicLink(ports, request),
    issueMagicToken: (request) => issueMagicToken(ports, request),
    signInWithMagicToken: (door, proof, wish) =>
      noting(door, proof.projectId, 'email', signInWithMagicToken(ports, door, proof, wish)),
    findMagicLink: (proof) => findMagicLink(ports, proof),
    collectHandOver: (proof) => collectHandOver(ports, proof),

    openSessionChallenge: (request) => openSessionChallenge(ports, request),
    readSessionChallenge: (proof) => readSessionChallenge(ports, proof),
    redeemSessionChallenge: (proof) => redeemSessionChallenge(ports, proof),

    signInAnonymously: (of, wish) => signInAnonymously(ports, of, wish),

    beginPasskeyRegistration: (request) => beginPasskeyRegistration(ports, request),
    finishPasskeyRegistration: (proof) => finishPasskeyRegistration(ports, proof),
    beginPasskeyLogin: (request) => beginPasskeyLogin(ports, request),
    signInWithPasskey: (door, proof, wish) =>
      noting(door, proof.projectId, 'passkey', signInWithPasskey(ports, door, proof, wish)),

    refreshSession: (request) =>
      noting(request.door, request.projectId, 'refresh_token', refreshSession(flat, request)),
    endSession: (request) => endSession(flat, request),
    authenticate: (proof) => authenticate(flat, proof),
    async requireOpener(session) {
      await requireOpener(session, stores.identities, 'session_unusable')
    },
    adoptSession: (request) =>
      noting(
        request.door,
        request.projectId,
        'foreign_token',
        adoptSession({ ...flat, foreignIssuers: ports.foreignIssuers ?? null }, request),
      ),
    locateSession: (owner, bearer) => locateSession(ports, owner, bearer),
    verifySession: (name, ttlSeconds) => verifySession(flat, name, ttlSeconds),
    revokeSession: (name) => revokeSession(flat, name),
    listSessions: (of) => listSessions(flat, of),
    sessionToken: ({ projectId, id }) => sessionTokens.derive(projectId, id),

    issueAccessToken: (request) => issueAccessToken(ports, request),
    publicKeys: (projectId, door) => keys.publicKeys(projectId, door),

    projectOfApiKey: (kind, text) => apiKeys.projectOf(kind, text),

    users: createUsers(flat),
    grantWalletAccess: (projectId, account, access) => grantWalletAccess(flat, projectId, account, access),
    ping: () => stores.ping(),
  }
}
