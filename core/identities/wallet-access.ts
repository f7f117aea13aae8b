import { AuthError } from '../errors.ts'
import type { Wallet } from './identity.ts'

/**
 * Refuses a wallet whose status was set to anything but `active` (trimmed, any letter case; blank and unknown words refuse).
 *
 * @throws {AuthError} `wallet_inactive`
 */
export function requireActiveWallet(wallet: Wallet): void {
  if (wallet.access === null) return
  if (wallet.access.status.trim().toLowerCase() !== 'active') throw new AuthError('wallet_inactive')
}
