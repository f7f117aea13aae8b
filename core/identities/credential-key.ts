import { type Account, formatAccountId } from '../accounts/account.ts'
import type { Contact, Credential, Passkey, Wallet } from './identity.ts'

declare const walletKeyBrand: unique symbol
declare const contactKeyBrand: unique symbol
declare const passkeyKeyBrand: unique symbol

/** One string per credential, the same wherever it is looked up. The kind comes first, so no two kinds can collide. */
export type WalletKey = string & { readonly [walletKeyBrand]: true }
export type ContactKey = string & { readonly [contactKeyBrand]: true }
export type PasskeyKey = string & { readonly [passkeyKeyBrand]: true }
export type CredentialKey = WalletKey | ContactKey | PasskeyKey

/** How the keys of wallets begin, and no other's. */
export const WALLET_KEY_START = 'wallet:'

/** `wallet:` and the account's id. */
export function walletKey(account: Account): WalletKey {
  return `${WALLET_KEY_START}${formatAccountId(account)}` as WalletKey
}

/** `email:` and the address, or `phone:` and the number. */
export function contactKey(kind: Contact['kind'], value: string): ContactKey {
  return `${kind}:${value}` as ContactKey
}

/** `passkey:` and the id its authenticator gave it. */
export function passkeyKey(credentialId: Passkey['credentialId']): PasskeyKey {
  return `passkey:${credentialId}` as PasskeyKey
}

/** The kind of the credential that is kept under this key. */
export function kindOfKey(key: CredentialKey): Credential['kind'] {
  return key.slice(0, key.indexOf(':')) as Credential['kind']
}

/** What of a credential says which one it is. */
type Recognisable =
  | Pick<Wallet, 'kind' | 'account'>
  | Pick<Contact, 'kind' | 'value'>
  | Pick<Passkey, 'kind' | 'credentialId'>

/** The key under which this credential is kept. */
export function keyOf(credential: Recognisable): CredentialKey {
  switch (credential.kind) {
    case 'wallet':
      return walletKey(credential.account)
    case 'passkey':
      return passkeyKey(credential.credentialId)
    default:
      return contactKey(credential.kind, credential.value)
  }
}
