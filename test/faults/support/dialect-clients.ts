import { randomBytes } from 'node:crypto'
import type { Wallet } from 'ethers'
import { formatEthereumMessage, newEthereumWallet } from '../../support/wallets.ts'
import type { Call, Caller, Reply } from './caller.ts'
import { spend } from './once-only.ts'

export interface Credentials {
  readonly projectId: string
  readonly secretKey: string
}

/** Asks once; null when it is not known what became of it. Any other status is a refusal of something good. */
async function ask(caller: Caller, call: Call, status = 200): Promise<Reply | null> {
  const outcome = await caller.call(call)
  if (outcome === 'outage') return null
  if (outcome.status !== status && !caller.mayForget) {
    caller.history.violate(`${call.path} refused what was good: ${outcome.status} ${JSON.stringify(outcome.body)}`)
  }
  if (outcome.status !== status) return null
  caller.history.count('ok')
  return outcome
}

/** Null when this is still answered so, else what is answered instead. */
const stays = (caller: Caller, call: Call, expected: number, part?: string) => async (): Promise<string | null> => {
  const outcome = await caller.call(call)
  if (outcome === 'outage') return 'nothing is known of it'
  const isSo = outcome.status === expected && (part === undefined || JSON.stringify(outcome.body).includes(part))
  return isSo ? null : `${outcome.status} ${JSON.stringify(outcome.body)}`
}

const text = (reply: Reply, field: string): string => String(reply.body[field])

/** A wallet signs in, refreshes, and goes (or stays). */
export async function visitByFourMica(caller: Caller): Promise<void> {
  const wallet = newEthereumWallet()
  const issued = await ask(caller, { path: '/auth/nonce', json: { address: wallet.address } })
  if (issued === null) return
  const { name, json } = await signFor(wallet, issued)
  const signedIn = await spend(caller, { name, call: { path: '/auth/verify', json }, spent: 401 })
  if (signedIn === null) return

  const refreshCall = (token: string) => ({ path: '/auth/refresh', json: { refresh_token: token } })
  const first = text(signedIn, 'refresh_token')
  const rotated = await spend(caller, { name: `refresh-token ${first}`, call: refreshCall(first), spent: 401 })
  if (rotated === null) return
  const second = text(rotated, 'refresh_token')
  if (Math.random() < 0.5) {
    caller.history.acknowledge('a live refresh token', stays(caller, refreshCall(second), 200))
    return
  }
  const loggedOut = await ask(caller, { path: '/auth/logout', json: { refresh_token: second } })
  if (loggedOut !== null) caller.history.acknowledge('a session that was left', stays(caller, refreshCall(second), 401))
}

async function signFor(wallet: Wallet, issued: Reply) {
  const { nonce, siwe } = issued.body as { nonce: string; siwe: Record<string, string> & { chain_id: number } }
  const message = formatEthereumMessage({
    domain: String(siwe['domain']),
    address: wallet.address,
    statement: String(siwe['statement']),
    uri: String(siwe['uri']),
    version: '1',
    chainId: siwe.chain_id,
    nonce,
    issuedAt: String(siwe['issued_at']),
    expiration: String(siwe['expiration']),
  })
  return {
    name: `nonce ${nonce}`,
    json: { address: wallet.address, message, signature: await wallet.signMessage(message) },
  }
}

/** An App creates a user, attaches a wallet, opens a session, and ends it (or not). */
export async function visitByMoonKey(caller: Caller, { secretKey }: Credentials): Promise<void> {
  const headers = { authorization: `Bearer ${secretKey}` }
  const email = `${randomBytes(12).toString('hex')}@example.test`
  const created = await ask(caller, { path: '/v1/auth/users/create', json: { email }, headers })
  if (created === null) return
  const userId = text(created, 'user_id')
  const readUser = { method: 'GET', path: `/v1/auth/users/${userId}`, headers }
  caller.history.acknowledge('a user', stays(caller, readUser, 200, email))

  const wallet = newEthereumWallet()
  const about = { wallet_type: 'ethereum', public_address: wallet.address }
  const begun = await ask(caller, {
    path: '/v1/auth/wallets/registrations/begin',
    json: { ...about, user_id: userId },
    headers,
  })
  if (begun === null) return
  const json = {
    ...about,
    signature: await wallet.signMessage(text(begun, 'challenge')),
    session_expires_in: 60,
  }
  const proof = {
    name: `challenge ${text(begun, 'id')}`,
    call: { path: '/v1/auth/wallets/verify', json, headers },
    spent: 404,
  }
  const attached = await spend(caller, proof)
  if (attached === null) return
  caller.history.acknowledge('a linked wallet', stays(caller, readUser, 200, text(attached, 'id')))

  const session = { session_token: text(attached, 'session_token') }
  const verify = { path: '/v1/auth/sessions/verify', json: session, headers }
  await ask(caller, verify)
  if (Math.random() < 0.5) {
    caller.history.acknowledge('a live session', stays(caller, verify, 200, userId))
    return
  }
  const ended = await ask(caller, { method: 'DELETE', path: '/v1/auth/sessions/delete', json: session, headers })
  if (ended !== null) caller.history.acknowledge('an ended session', stays(caller, verify, 404))
}

/** Somebody unknown comes, and leaves (or not). */
export async function visitByWalletKit(caller: Caller, { projectId }: Credentials): Promise<void> {
  const project = { 'x-walletkit-project-id': projectId }
  const come = await ask(caller, { path: '/users/login-anonymously', json: {}, headers: project })
  if (come === null) return
  const bearer = { ...project, authorization: `Bearer ${text(come, 'access_token')}` }
  const look = { method: 'GET', path: '/wallets', headers: bearer }
  await ask(caller, look)
  if (Math.random() < 0.5) {
    caller.history.acknowledge('an anonymous session', stays(caller, look, 200))
    return
  }
  const left = await ask(caller, { path: '/users/logout', json: {}, headers: bearer }, 204)
  if (left !== null) caller.history.acknowledge('an anonymous session that was left', stays(caller, look, 401))
}

/** The keys that sign, which must stay what they are. */
export async function keepKeys(caller: Caller, { secretKey }: Credentials): Promise<void> {
  const call = {
    method: 'GET',
    path: '/v1/auth/jwks/default',
    headers: { authorization: `Bearer ${secretKey}` },
  }
  const published = await ask(caller, call)
  if (published === null) throw new Error('no keys before the first fault')
  const [key] = published.body['keys'] as readonly { readonly kid: string }[]
  caller.history.acknowledge('a signing key', stays(caller, call, 200, key?.kid))
}
