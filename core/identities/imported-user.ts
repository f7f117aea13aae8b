import type { Contact, Passkey, User, Wallet } from './identity.ts'

type Imported<C> = Omit<C, 'id' | 'projectId' | 'userId'> & {
  /** As it was called elsewhere; null: it gets a new one. */
  readonly id: string | null
}

export type ImportedCredential = Imported<Wallet> | Imported<Contact> | Imported<Passkey>

/** A 4mica session that is known by the hash of its refresh token only. */
export interface ImportedSession {
  /** base64url SHA-256 of the whole token. */
  readonly refreshTokenHash: string
  /** Which of the user's credentials opened it: a wallet. */
  readonly opener: number
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** A user of another system, read and found well-formed. */
export interface ImportedUser extends Pick<User, 'name' | 'metadata' | 'createdAt' | 'updatedAt' | 'status'> {
  /** Kept exactly. Null: where it had none; then it is the user who has its credentials, else a new one. */
  readonly id: string | null
  readonly credentials: readonly ImportedCredential[]
  readonly sessions: readonly ImportedSession[]
}
