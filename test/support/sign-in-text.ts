import { formatSolanaMessage } from './solana-wallets.ts'
import { formatEthereumMessage } from './wallets.ts'

/** What a client fills into a sign-in message of either chain. Null leaves the line out. */
export interface SignInText {
  readonly domain: string
  readonly address: string
  readonly statement: string | null
  readonly uri: string
  readonly chainId: number | string
  readonly nonce: string
  readonly issuedAt: string
  readonly expiration: string | null
  readonly notBefore: string | null
  readonly requestId: string | null
}

/** The text that clients build for a wallet of this chain. */
export function formatSignInText(type: 'ethereum' | 'solana', fields: SignInText): string {
  const { statement, notBefore, requestId } = fields
  if (type === 'solana') return formatSolanaMessage(fields)
  return [
    formatEthereumMessage({ ...fields, version: '1', statement: statement ?? NO_STATEMENT }).replace(
      `${NO_STATEMENT}\n\n`,
      '',
    ),
    ...(notBefore === null ? [] : [`Not Before: ${notBefore}`]),
    ...(requestId === null ? [] : [`Request ID: ${requestId}`]),
  ].join('\n')
}

const NO_STATEMENT = '\u0000no statement\u0000'
