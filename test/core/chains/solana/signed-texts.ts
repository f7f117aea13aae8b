import { Keypair } from '@solana/web3.js'
import nacl from 'tweetnacl'

export const keypair = Keypair.fromSeed(new Uint8Array(32).fill(0x11))
export const address = keypair.publicKey.toBase58()
export const key = keypair.publicKey.toBuffer()
export const stranger = Keypair.fromSeed(new Uint8Array(32).fill(0x12))

export const utf8 = (text: string) => Buffer.from(text, 'utf8')
export const sign = (message: Uint8Array, by: Keypair = keypair) =>
  Buffer.from(nacl.sign.detached(message, by.secretKey))

/** `0x01`, the signature, and what it signs. */
export const packet = (signed: Uint8Array, by: Keypair = keypair) =>
  Buffer.concat([Buffer.of(1), sign(signed, by), signed])

/** What a MoonKey server asks for. */
export const CHALLENGE = 'Login for My App: 5djrPeuvVwO8TAomZJCQ8uig9VeMb8eCxqgz9PIKrFY'
/** Lines: Ledger's libraries call it ASCII, the specification does not. */
export const SIGN_IN = `app.example wants you to sign in with your Solana account:
${address}

Sign in.

URI: https://app.example
Version: 1
Nonce: Oah2WPXGcKVEdJxpfrL1iFFU
Issued At: 2026-01-01T00:00:00.000Z`
