import type { CostClass } from './cost-classes.ts'

export interface RouteCost {
  readonly costClass: CostClass
  /** The member of the JSON body that says whose account it is about; null where none does. */
  readonly account: string | null
  /** The member of the JSON body without which the request is `cheap`: the secret it guesses at. */
  readonly onlyWith: string | null
}

/** What no table names: another method, an unknown path. */
export const CHEAP: RouteCost = { costClass: 'cheap', account: null, onlyWith: null }
const cost = (costClass: CostClass, account: string | null = null): RouteCost => ({
  costClass,
  account,
  onlyWith: null,
})
const guess = (secret: string, account: string): RouteCost => ({ costClass: 'guess', account, onlyWith: secret })

export type RouteCosts = Readonly<Record<string, RouteCost>>

/*
 * Every route of every dialect with what it costs; a test fails when one is missing, or when one that is not cheap has parameters
 * in its path: they are looked up as text.
 */

export const FOURMICA_COSTS: RouteCosts = {
  'POST /auth/nonce': cost('create', 'address'),
  'POST /auth/verify': CHEAP,
  'POST /auth/refresh': CHEAP,
  'POST /auth/logout': CHEAP,
}

export const MOONKEY_COSTS: RouteCosts = {
  'POST /v1/auth/wallets/registrations/begin': cost('create', 'public_address'),
  'POST /v1/auth/wallets/registrations/nonce': cost('create', 'public_address'),
  'POST /v1/auth/wallets/verify': CHEAP,
  'POST /v1/auth/wallets/siwe/verify': CHEAP,
  'POST /v1/auth/sessions/verify': CHEAP,
  'DELETE /v1/auth/sessions/delete': CHEAP,
  'GET /v1/auth/sessions/list': CHEAP,
  'GET /v1/auth/jwks/default': CHEAP,
  'GET /v1/auth/jwks/:app_id': CHEAP,
  // Only for who shows a secret key, so no sign-up without proof.
  'POST /v1/auth/users/create': CHEAP,
  'POST /v1/auth/users/search': CHEAP,
  'GET /v1/auth/users/public/me': CHEAP,
  'GET /v1/auth/users/:user_id': CHEAP,
  'PUT /v1/auth/users/:user_id/update': CHEAP,
  'DELETE /v1/auth/users/:user_id/delete': CHEAP,
  'DELETE /v1/auth/users/emails/:email_id/delete': CHEAP,
  'DELETE /v1/auth/users/phone_numbers/:phone_number_id/delete': CHEAP,
  'DELETE /v1/auth/users/wallets/:wallet_id/delete': CHEAP,
  'POST /v1/auth/magic_links/create': cost('create'),
  'POST /v1/auth/magic_links/email/login_or_create': cost('mail'),
  'POST /v1/auth/magic_links/public/email/login_or_create': cost('mail'),
  'POST /v1/auth/magic_links/email/invite': cost('mail'),
  'POST /v1/auth/magic_links/verify': CHEAP,
  'POST /v1/auth/magic_links/email/login_status': CHEAP,
  'POST /v1/auth/otps/email/login_or_create': cost('mail'),
  'POST /v1/auth/otps/email/send': cost('mail'),
  'POST /v1/auth/otps/verify': guess('otp', 'method_id'),
  'POST /v1/auth/otps/sms/login_or_create': CHEAP,
  'POST /v1/auth/otps/sms/send': CHEAP,
}

export const WALLETKIT_COSTS: RouteCosts = {
  'POST /users/login-with-wallet': cost('create', 'sign_in_wallet'),
  'POST /users/login-with-email': cost('mail'),
  'POST /users/login-with-magic-link': cost('mail'),
  'POST /users/login-anonymously': cost('signup'),
  'POST /users/login-with-passkey': cost('create'),
  'POST /users/login-with-discoverable-passkey': cost('create'),
  'POST /users/verify-login': guess('verification_code', 'user_id'),
  'POST /users/create-session-challenge': cost('create'),
  'GET /users/session-challenge': CHEAP,
  'POST /users/passkey/begin-registration': cost('create'),
  'POST /users/passkey/finish-registration': CHEAP,
  'POST /users/refresh-token': CHEAP,
  'POST /users/logout': CHEAP,
  'GET /users/magic-link': CHEAP,
  'POST /users/magic-link': CHEAP,
  'GET /users/jwks/:project_id': CHEAP,
  'GET /wallets': CHEAP,
}
