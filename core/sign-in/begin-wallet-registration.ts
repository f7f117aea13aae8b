import { type Account, formatAccountId } from '../accounts/account.ts'
import type { Audited } from '../audit/audit-trail.ts'
import type { ContractAccounts } from '../chains/contract-accounts.ts'
import type { ChallengePurpose } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { walletKey } from '../identities/credential-key.ts'
import { draftUser } from '../identities/draft.ts'
import type { Wallet } from '../identities/identity.ts'
import { newAlphanumeric, newKsuid } from '../ids.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore, Stores } from '../stores/stores.ts'

export interface WalletRegistrationRequest {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  /** A key's; which contract account of this address will sign, its message says. */
  readonly account: Account
  /** Attach to this user; null: to the account's owner, or a new user. */
  readonly userId: string | null
  /** How long the challenge may be redeemed, seconds. */
  readonly ttlSeconds: number
  /** How long a user who is promised the account waits for its proof, seconds; never shorter than the challenge. */
  readonly promiseSeconds: number
  /** The text to sign, around the nonce; null where the client builds a sign-in message itself. */
  readonly textAround: ((nonce: string) => string) | null
}

export interface WalletRegistration {
  /** `walletrr_` and a KSUID. */
  readonly id: string
  readonly userId: string
  readonly userCreated: boolean
  readonly nonce: string
  /** What to sign; equals the nonce where the client builds the message. */
  readonly text: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

interface Ports extends Audited {
  readonly stores: Pick<Stores, 'challenges' | 'identities'>
  readonly contractAccounts: ContractAccounts | null
  readonly clock: Clock
  readonly random: RandomSource
}

/** A nonce of 43 alphanumeric characters: about 256 bits. */
const NONCE_LENGTH = 43
/** What its nonces look like. */
export const REGISTRATION_NONCE = new RegExp(`^[0-9A-Za-z]{${NONCE_LENGTH}}$`)

/**
 * Names the user an account will belong to once it has signed, and issues the challenge. Without a proof nothing changes
 * hands: an account that has an owner keeps it.
 *
 * @throws {AuthError} `user_unknown`, `credential_taken`, `store_unavailable`
 */
export async function beginWalletRegistration(
  { stores, contractAccounts, clock, random, audit }: Ports,
  request: WalletRegistrationRequest,
): Promise<WalletRegistration> {
  const { projectId, purpose, account, ttlSeconds, textAround } = request
  const now = clock.now()
  const ports = { identities: stores.identities, contractAccounts, random }
  const { userId, userCreated, owned } = await promise(ports, request, now)
  if (userCreated) audit?.record({ event: 'user.created', projectId, userId, status: 'pending' })
  const id = `walletrr_${newKsuid(now, random)}`
  const nonce = newAlphanumeric(NONCE_LENGTH, random)
  const text = textAround === null ? nonce : textAround(nonce)
  const usableUntil = now.getTime() + ttlSeconds * 1000
  await stores.challenges.issue({
    projectId,
    purpose,
    subject: formatAccountId(account),
    // A text of ours is looked up by its account, and the newest counts; a client's message names its nonce.
    handle: textAround === null ? nonce : '',
    nonce,
    issuedAt: now,
    // Kept as long again, so that an expired one can be told from an unknown one.
    expiresAt: new Date(usableUntil + ttlSeconds * 1000),
    context: {
      userId,
      text,
      usableUntil: String(usableUntil),
      ...(request.userId !== null && { attaches: 'yes' }),
      ...(owned !== null && { owned: formatAccountId(owned) }),
    },
  })
  return { id, userId, userCreated, nonce, text, createdAt: now, expiresAt: new Date(usableUntil) }
}

async function promise(
  {
    identities,
    contractAccounts,
    random,
  }: { identities: IdentityStore; contractAccounts: ContractAccounts | null; random: RandomSource },
  { projectId, account, userId, promiseSeconds }: WalletRegistrationRequest,
  now: Date,
): Promise<{ userId: string; userCreated: boolean; owned: Account | null }> {
  const wallet = await identities.findWallet(projectId, account)
  if (userId !== null) {
    if ((await identities.findUser(projectId, userId)) === null) throw new AuthError('user_unknown')
    if (wallet !== null && wallet.userId !== userId) throw new AuthError('credential_taken')
    return { userId, userCreated: false, owned: null }
  }
  const isProved = wallet !== null && wallet.verifiedAt !== null
  const contract = isProved ? null : await findContractWallet({ identities, contractAccounts }, projectId, account)
  const owned = contract ?? wallet
  if (owned !== null) return { userId: owned.userId, userCreated: false, owned: owned.account }
  const pending = draftUser(projectId, now, random)
  const promised = await identities.reserve(walletKey(account), pending, promiseSeconds)
  return { userId: promised, userCreated: promised === pending.id, owned: null }
}

/** The contract account of this address that somebody has: the first, where it is several people's on several chains. */
async function findContractWallet(
  { identities, contractAccounts }: { identities: IdentityStore; contractAccounts: ContractAccounts | null },
  projectId: string,
  account: Account,
): Promise<Wallet | null> {
  if (account.namespace !== 'eip155' || contractAccounts === null) return null
  const chains = contractAccounts.chainsOf(projectId)
  const wallets = await Promise.all(chains.map((chain) => identities.findWallet(projectId, { ...account, chain })))
  return wallets.find((wallet) => wallet !== null) ?? null
}
