import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { RedisAccess, RedisNode } from './connect-redis.ts'

/** Why there is no speaking with a Redis. */
export type RedisTrouble =
  /** No connection: the runtime's code for it, in lower case. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** A connection, and no answer to what we say on it. */
  | { readonly kind: 'silent' }
  /** It wants a password and got none, or refuses the one it got. */
  | { readonly kind: 'auth'; readonly isMissing: boolean }
  /** It speaks TLS and we do not, or the other way round. */
  | { readonly kind: 'tls'; readonly serverHasTls: boolean }
  /** Its certificate is not accepted: the code, in lower case. */
  | { readonly kind: 'certificate'; readonly code: string }
  /** It has as many clients as it takes. */
  | { readonly kind: 'full' }
  | { readonly kind: 'refused' }

const UNREACHABLE = /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOST\w+|ENET\w+|ETIMEDOUT|EADDRNOTAVAIL|ECONNABORTED)$/
const CERTIFICATE = /CERT|SIGNATURE|ISSUER|^ERR_TLS_/
const FULL = /max number of clients/i
/** How long a server may take to say which of the two it speaks, milliseconds. */
const PROBE_MS = 1_000

/** Names the trouble by the error a client met; asks the server itself where the error does not tell. */
export async function nameTrouble(error: unknown, node: RedisNode, { tls }: RedisAccess): Promise<RedisTrouble> {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const text = error instanceof Error ? error.message : ''
  if (/^NOAUTH/.test(text)) return { kind: 'auth', isMissing: true }
  if (/^WRONGPASS|invalid (?:username|password)|without any password configured/i.test(text))
    return { kind: 'auth', isMissing: false }
  if (FULL.test(text)) return { kind: 'full' }
  // A server without TLS waits for more when a handshake begins.
  const mayWait = tls && code === 'ETIMEDOUT'
  if (UNREACHABLE.test(code) && !(mayWait && (await answerInClear(node)) !== null))
    return { kind: 'unreachable', code: code.toLowerCase() }
  if (CERTIFICATE.test(code)) return { kind: 'certificate', code: code.toLowerCase() }
  const inClear = await answerInClear(node)
  if (tls && inClear !== null) return { kind: 'tls', serverHasTls: false }
  if (!tls && inClear === null && (await speaksTls(node))) return { kind: 'tls', serverHasTls: true }
  // Said as the connection is made, and lost with it where we speak first.
  if (FULL.test(inClear ?? '')) return { kind: 'full' }
  if (/timed? ?out/i.test(text) || error === null) return { kind: 'silent' }
  return { kind: 'refused' }
}

/** A handshake that ends: whose certificate it is does not matter here, nothing is said on it. */
function speaksTls(node: RedisNode): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ ...node, rejectUnauthorized: false })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('secureConnect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.setTimeout(PROBE_MS, () => settle(false))
  })
}

/** The first line of a Redis's answer to a PING, also that it wants a password; null where there is none. */
function answerInClear(node: RedisNode): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connectTcp(node, () => socket.write('PING\r\n'))
    const settle = (answer: string | null) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (data) => settle(/^[+-][A-Z].*/.exec(data.toString('latin1'))?.[0] ?? null))
    socket.once('error', () => settle(null))
    socket.once('close', () => settle(null))
    socket.setTimeout(PROBE_MS, () => settle(null))
  })
}
