import { Agent as HttpAgent, type RequestOptions, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Clock } from '../../core/ports.ts'
import type { Delivery, Transport } from '../../core/queue/delivery.ts'
import { AddressRefused, isPrivateLiteral, lookupPublic } from './public-lookup.ts'
import { signWebhook } from './sign-webhook.ts'

export interface WebhookTarget {
  readonly url: string
  readonly secret: string
  /** Whether the address may be one of a private network, or this machine's. */
  readonly allowsPrivate: boolean
}

/** What somebody else's server may make us read. */
const MAX_ANSWER_BYTES = 64 * 1024
const GONE = 410

/**
 * Posts bodies to one endpoint, signed anew at each attempt. 2xx is success, 410 is final (Standard Webhooks: the receiver wants no
 * more), everything else comes again; a redirect is not followed. The address is checked where it is used, after the name was
 * looked up, so that no name can be pointed elsewhere in between.
 */
export function createWebhookTransport({ url, secret, allowsPrivate }: WebhookTarget, clock: Clock): Transport<string> {
  const { protocol, hostname } = new URL(url)
  const isSecure = protocol === 'https:'
  const options = { keepAlive: true, maxSockets: 4, timeout: 60_000 }
  const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options)
  const isRefused = !allowsPrivate && isPrivateLiteral(hostname)
  return {
    async send(body, { id, signal }) {
      if (isRefused) return { outcome: 'deferred', reason: 'address_refused' }
      const headers = {
        ...signWebhook(secret, id, body, clock.now()),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'walletgate',
      }
      const request = { method: 'POST', headers, agent, signal, ...(allowsPrivate ? {} : { lookup: lookupPublic }) }
      try {
        return judge(await post(isSecure ? requestHttps : requestHttp, url, request, body))
      } catch (error) {
        return { outcome: 'deferred', reason: reasonOf(error) }
      }
    },
    async close() {
      agent.destroy()
    },
  }
}

function post(request: typeof requestHttp, url: string, options: RequestOptions, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (incoming) => {
      let bytes = 0
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES) incoming.destroy()
      })
      // The status is the answer; its body is only read so that the connection can be used again.
      incoming.once('close', () => resolve(incoming.statusCode ?? 0))
      incoming.once('error', () => resolve(incoming.statusCode ?? 0))
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

function judge(status: number): Delivery {
  if (status >= 200 && status < 300) return { outcome: 'sent' }
  return { outcome: status === GONE ? 'refused' : 'deferred', reason: `http_${status}` }
}

/** A code of the runtime's or of OpenSSL's; its text may hold addresses. */
function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return 'address_refused'
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  // The attempt's deadline has passed, or the process stops.
  if (code === 'ABORT_ERR') return 'given_up'
  return /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code.toLowerCase() : 'failed'
}
