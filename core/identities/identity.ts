import type { Account } from '../accounts/account.ts'

/** A person of one project, behind all its dialects. */
export interface User {
  /** `user_` and a KSUID, or whatever id was imported. */
  readonly id: string
  readonly projectId: string
  /** `pending` until a credential was proved or the operator says otherwise; who was only promised one is forgotten after a while. */
  readonly status: 'pending' | 'active'
  readonly name: { readonly first: string; readonly middle: string; readonly last: string }
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What a wallet may do at a resource server; kept per wallet, read at every sign-in and refresh. */
export interface WalletAccess {
  readonly role: string
  readonly scopes: readonly string[]
  /** `active` passes; anything else refuses sign-in and refresh. */
  readonly status: string
}

interface CredentialBase {
  readonly id: string
  readonly projectId: string
  readonly userId: string
  readonly createdAt: Date
  /** When it was first proved; null for one that was provisioned, or entered and never proved. */
  readonly verifiedAt: Date | null
}

/** An account that belongs to a user. An account belongs to at most one user of a project. */
export interface Wallet extends CredentialBase {
  readonly kind: 'wallet'
  readonly account: Account
  /** Null: nothing was ever set for it. */
  readonly access: WalletAccess | null
}

/** An e-mail address or a phone number that belongs to a user: at most one user of a project. */
export interface Contact extends CredentialBase {
  readonly kind: 'email' | 'phone'
  /** Normalised: a lower-case address, or an E.164 number. */
  readonly value: string
}

/** A WebAuthn credential that belongs to a user: at most one user of a project. Its private key is where it was made. */
export interface Passkey extends CredentialBase {
  readonly kind: 'passkey'
  /** As the authenticator calls it, base64url. */
  readonly credentialId: string
  /** A COSE_Key (RFC 9052 §7), base64url. */
  readonly publicKey: string
  /** Of the newest use; 0 where the authenticator does not count. */
  readonly signCount: number
  /** How its authenticator can be reached, as it said when the passkey was made. */
  readonly transports: readonly string[]
  /** The relying party it was made for: no other one can use it. */
  readonly rpId: string
  /** Whether it was kept in more than one place when it was made. */
  readonly isBackedUp: boolean
}

/** What a user can be recognised by. */
export type Credential = Wallet | Contact | Passkey
