/** CAIP-2 namespaces we verify signatures for. */
export type Namespace = 'eip155' | 'solana'

/**
 * Who signs.
 *
 * An externally owned EVM account is one account on every EVM chain, and a Solana key is itself: `chain` is null. A
 * contract account is bound to the chain it was verified on, because the same address elsewhere can belong to somebody
 * else: `chain` is then the CAIP-2 reference (`"84532"`).
 */
export interface Account {
  readonly namespace: Namespace
  /** Canonical within the namespace: `0x` and 40 lower-case hex digits, or base58 untouched. */
  readonly address: string
  readonly chain: string | null
}

declare const accountIdBrand: unique symbol

/** `eip155:0x…`, `eip155:84532:0x…` or `solana:…`: an account as one string (CAIP-10 without the chain where none binds). */
export type AccountId = string & { readonly [accountIdBrand]: true }

/** The account as one string. Inverse of `parseAccountId`. */
export function formatAccountId(account: Account): AccountId {
  const { namespace, address, chain } = account
  return (chain === null ? `${namespace}:${address}` : `${namespace}:${chain}:${address}`) as AccountId
}

// A chain is part of an id for contract accounts only (CAIP-2 reference, ≤ 32 digits on `eip155`).
const EIP155_ACCOUNT_ID = /^eip155:(?:(0|[1-9][0-9]{0,31}):)?(0x[0-9a-f]{40})$/
const SOLANA_ACCOUNT_ID = /^solana:([1-9A-HJ-NP-Za-km-z]{32,44})$/

/** The account of an id that `formatAccountId` wrote, or null for any other text: no second spelling is understood. */
export function parseAccountId(text: string): Account | null {
  const eip155 = EIP155_ACCOUNT_ID.exec(text)
  if (eip155?.[2] !== undefined) return { namespace: 'eip155', address: eip155[2], chain: eip155[1] ?? null }
  const solana = SOLANA_ACCOUNT_ID.exec(text)
  if (solana?.[1] !== undefined) return { namespace: 'solana', address: solana[1], chain: null }
  return null
}
