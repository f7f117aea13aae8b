import { Keypair } from '@solana/web3.js'
import bs58 from 'bs58'
import nacl from 'tweetnacl'

/** A Solana wallet as pages have it: an address and Ed25519 over the bytes of a text. */
export interface SolanaWallet {
  readonly address: string
  /** 64 bytes. */
  sign(text: string): Uint8Array
}

/** A Solana wallet with a fresh key. */
export function newSolanaWallet(): SolanaWallet {
  const { publicKey, secretKey } = Keypair.generate()
  return {
    address: publicKey.toBase58(),
    sign: (text) => nacl.sign.detached(new TextEncoder().encode(text), secretKey),
  }
}

/** The two spellings in which Solana clients send a signature. */
export const SIGNATURE_ENCODINGS = {
  base58: (signature: Uint8Array) => bs58.encode(signature),
  base64: (signature: Uint8Array) => Buffer.from(signature).toString('base64'),
} as const

/** What a client fills into the Solana form of a sign-in message. Null leaves the line out. */
export interface SolanaMessageFields {
  readonly domain: string
  readonly address: string
  readonly statement: string | null
  readonly uri: string
  readonly nonce: string
  readonly issuedAt: string
  readonly expiration: string | null
  readonly notBefore: string | null
  readonly requestId: string | null
}

/** The text that browser clients build: the layout of ERC-4361 without its `Chain ID` line. */
export function formatSolanaMessage(fields: SolanaMessageFields): string {
  const { domain, address, statement, uri, nonce, issuedAt, expiration, notBefore, requestId } = fields
  return [
    `${domain} wants you to sign in with your Solana account:`,
    address,
    '',
    ...(statement === null ? [] : [statement, '']),
    `URI: ${uri}`,
    'Version: 1',
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt}`,
    ...(expiration === null ? [] : [`Expiration Time: ${expiration}`]),
    ...(notBefore === null ? [] : [`Not Before: ${notBefore}`]),
    ...(requestId === null ? [] : [`Request ID: ${requestId}`]),
  ].join('\n')
}
