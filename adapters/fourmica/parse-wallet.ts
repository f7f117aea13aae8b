import type { Account, Core } from '../../core/index.ts'

/**
 * The wallet as 4mica clients may write it: any letter case, `0x` optional, spaces around it (4mica digest §1.1).
 * @throws {AuthError} `address_malformed`
 */
export function parseWallet(core: Pick<Core, 'parseAccount'>, address: string): Account {
  const trimmed = address.trim()
  return core.parseAccount('eip155', trimmed.startsWith('0x') ? trimmed : `0x${trimmed}`)
}
