import type { Account } from '../accounts/account.ts'
import { newKsuid, newTimelessKsuid } from '../ids.ts'
import type { RandomSource } from '../ports.ts'
import type { Contact, Passkey, User, Wallet } from './identity.ts'

/** A user who begins now and has proved nothing yet. Nothing is stored. */
export function draftUser(projectId: string, now: Date, random: RandomSource): User {
  const name = { first: '', middle: '', last: '' }
  const id = `user_${newTimelessKsuid(random)}`
  return { id, projectId, status: 'pending', name, metadata: {}, createdAt: now, updatedAt: now }
}

/** A wallet of this user that begins now. Nothing is stored. */
export function draftWallet(
  { id: userId, projectId }: Pick<User, 'id' | 'projectId'>,
  account: Account,
  { verifiedAt, access }: Pick<Wallet, 'verifiedAt' | 'access'>,
  now: Date,
  random: RandomSource,
): Wallet {
  const id = `wallet_${newKsuid(now, random)}`
  return { kind: 'wallet', id, projectId, account, userId, createdAt: now, verifiedAt, access }
}

/** A contact of this user that begins now, unproved. Nothing is stored. `value` is normalised. */
export function draftContact(
  { id: userId, projectId }: Pick<User, 'id' | 'projectId'>,
  kind: Contact['kind'],
  value: string,
  now: Date,
  random: RandomSource,
): Contact {
  const id = `${kind === 'email' ? 'email' : 'pn'}_${newKsuid(now, random)}`
  return { kind, id, projectId, value, userId, createdAt: now, verifiedAt: null }
}

/** A passkey of this user that begins now, proved by being made. Nothing is stored. */
export function draftPasskey(
  { id: userId, projectId }: Pick<User, 'id' | 'projectId'>,
  made: Pick<Passkey, 'credentialId' | 'publicKey' | 'signCount' | 'transports' | 'rpId' | 'isBackedUp'>,
  now: Date,
  random: RandomSource,
): Passkey {
  const id = `passkey_${newKsuid(now, random)}`
  return { kind: 'passkey', id, projectId, userId, createdAt: now, verifiedAt: now, ...made }
}
