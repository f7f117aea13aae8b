import { type Account, formatAccountId } from '../accounts/account.ts'
import type { Contact, Credential } from './identity.ts'

declare const walletKeyBrand: unique symbol
declare const contactKeyBrand: unique symbol

/** One string per credential, the same wherever it is looked up. The kind comes first, so no two kinds can collide. */
export type WalletKey = string & { readonly [walletKeyBrand]: true }
export type ContactKey = string & { readonly [contactKeyBrand]: true }
export type CredentialKey = WalletKey | ContactKey

/** `wallet:` and the account's id. */
export function walletKey(account: Account): WalletKey {
  return `wallet:${formatAccountId(account)}` as WalletKey
}

/** `email:` and the address, or `phone:` and the number. */
export function contactKey(kind: Contact['kind'], value: string): ContactKey {
  return `${kind}:${value}` as ContactKey
}

/** The key under which this credential is kept. */
export function keyOf(credential: Credential): CredentialKey {
  return credential.kind === 'wallet' ? walletKey(credential.account) : contactKey(credential.kind, credential.value)
}
