import { randomBytes } from 'node:crypto'
import { Wallet } from 'ethers'

/** Test data only: 32 bytes of 0x11. Its address is 0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A. */
export const VECTOR_PRIVATE_KEY = `0x${'11'.repeat(32)}` as const

/** A key nobody has used before and nobody keeps. */
export function newPrivateKey(): `0x${string}` {
  return `0x${randomBytes(32).toString('hex')}`
}

/** An Ethereum wallet with a fresh key. */
export function newEthereumWallet(): Wallet {
  return new Wallet(newPrivateKey())
}

/** The wallet of the fixed test vectors. */
export function vectorWallet(): Wallet {
  return new Wallet(VECTOR_PRIVATE_KEY)
}

/** What a client fills into the message it signs. */
export interface EthereumMessageFields {
  readonly domain: string
  readonly address: string
  readonly statement: string
  readonly uri: string
  readonly version: string
  readonly chainId: number | string
  readonly nonce: string
  readonly issuedAt: string
  /** Null leaves the line out. */
  readonly expiration: string | null
}

/** The text that clients of an ERC-4361 server build: the same as the `buildSiweMessage` of `@4mica/sdk` (compared there). */
export function formatEthereumMessage(fields: EthereumMessageFields): string {
  const { domain, address, statement, uri, version, chainId, nonce, issuedAt, expiration } = fields
  const lines = [
    `${domain} wants you to sign in with your Ethereum account:`,
    address,
    '',
    statement,
    '',
    `URI: ${uri}`,
    `Version: ${version}`,
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt}`,
    ...(expiration === null ? [] : [`Expiration Time: ${expiration}`]),
  ]
  return lines.join('\n')
}
