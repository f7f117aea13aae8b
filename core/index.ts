/* The one door of the core: adapters import this file and nothing behind it. A change here is a design change. */
export type { Account, Namespace } from './accounts/account.ts'
export type { Core } from './core.ts'
export { AUTH_ERROR_CODES, AuthError, type AuthErrorCode } from './errors.ts'
export type { Wallet, WalletAccess } from './identities/identity.ts'
export type { MessageLeniencies } from './messages/sign-in-message.ts'
export type { RotationPolicy } from './sessions/session.ts'
export type { MessageSignIn } from './sign-in/sign-in-with-message.ts'
