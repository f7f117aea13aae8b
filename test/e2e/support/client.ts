import type { Wallet } from 'ethers'
import type { z } from 'zod'
import { NonceReply, TokenReply } from '../../../adapters/fourmica/schemas.ts'
import { formatEthereumMessage } from '../../support/wallets.ts'

export type Tokens = z.infer<typeof TokenReply>

/** A POST of JSON over a real socket. */
export function post(port: number, path: string, value: unknown, headers: Record<string, string> = {}) {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  })
}

export async function statusOf(port: number, path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  await response.arrayBuffer()
  return response.status
}

/** Asks this server for a nonce and signs what a client would: the body of `/auth/verify`. */
export async function prove(port: number, wallet: Wallet) {
  const response = await post(port, '/auth/nonce', { address: wallet.address })
  const { nonce, siwe } = NonceReply.parse(await response.json())
  const message = formatEthereumMessage({
    domain: siwe.domain,
    address: wallet.address,
    statement: siwe.statement,
    uri: siwe.uri,
    version: '1',
    chainId: siwe.chain_id,
    nonce,
    issuedAt: siwe.issued_at,
    expiration: siwe.expiration,
  })
  return { address: wallet.address, message, signature: await wallet.signMessage(message) }
}

export async function signIn(port: number, wallet: Wallet): Promise<Tokens> {
  return readTokens(await post(port, '/auth/verify', await prove(port, wallet)))
}

/** The tokens of an answer that has to be 200. */
export async function readTokens(response: Response): Promise<Tokens> {
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${await response.text()}`)
  return TokenReply.parse(await response.json())
}
