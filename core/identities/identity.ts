import type { Account } from '../accounts/account.ts'

/** A person of one project, behind all its dialects. */
export interface User {
  readonly id: string
  readonly projectId: string
  readonly createdAt: Date
}

/** What a wallet may do at a resource server; kept per wallet, read at every sign-in and refresh. */
export interface WalletAccess {
  readonly role: string
  readonly scopes: readonly string[]
  /** `active` passes; anything else refuses sign-in and refresh. */
  readonly status: string
}

/** An account that belongs to a user. An account belongs to at most one user of a project. */
export interface Wallet {
  readonly id: string
  readonly projectId: string
  readonly account: Account
  readonly userId: string
  readonly createdAt: Date
  /** When the account last proved itself for the first time; null for a wallet that was provisioned and never signed in. */
  readonly verifiedAt: Date | null
  /** Null: nothing was ever set for it. */
  readonly access: WalletAccess | null
}
