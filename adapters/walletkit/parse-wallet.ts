import type { Account, Core } from '../../core/index.ts'

/** The wallet written as this text: Ethereum where it begins with `0x`, else Solana. @throws {AuthError} `address_malformed` */
export function parseWallet(core: Pick<Core, 'parseAccount'>, address: string): Account {
  return core.parseAccount(address.startsWith('0x') ? 'eip155' : 'solana', address)
}
