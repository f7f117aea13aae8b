import { AuthError } from '../errors.ts'
import type { Wallet } from './identity.ts'

/** Was its status never set, or to `active` (trimmed, any letter case)? */
export function isActiveWallet({ access }: Wallet): boolean {
  return access === null || access.status.trim().toLowerCase() === 'active'
}

/**
 * Refuses a wallet whose status was set to anything but `active` (trimmed, any letter case; blank and unknown words refuse).
 *
 * @throws {AuthError} `wallet_inactive`
 */
export function requireActiveWallet(wallet: Wallet): void {
  if (!isActiveWallet(wallet)) throw new AuthError('wallet_inactive')
}
