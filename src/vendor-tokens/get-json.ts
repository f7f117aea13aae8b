import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { AddressRefused, isPrivateLiteral, lookupPublic } from '../webhooks/public-lookup.ts'

const TIMEOUT_MS = 5_000
/** A key set of thirty keys with certificates has 100 KB. */
const MAX_BYTES = 256 * 1024

/**
 * The JSON at this URL: of a complete 200 answer within the limits, nothing decompressed, no redirect followed, and from a public address
 * alone unless `allowsPrivate`. Rejects otherwise; the errors name hosts.
 */
export function getJson(url: string, allowsPrivate: boolean): Promise<unknown> {
  const { protocol, hostname } = new URL(url)
  if (!allowsPrivate && isPrivateLiteral(hostname)) return Promise.reject(new AddressRefused())
  const options: RequestOptions = {
    method: 'GET',
    agent: false,
    headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'walletgate' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(allowsPrivate ? {} : { lookup: lookupPublic }),
  }
  return new Promise((resolve, reject) => {
    const request = protocol === 'https:' ? requestHttps : requestHttp
    const outgoing = request(url, options, (incoming) => collect(incoming).then(resolve, reject))
    outgoing.on('error', reject)
    outgoing.end()
  })
}

async function collect(incoming: IncomingMessage): Promise<unknown> {
  if (incoming.statusCode !== 200) {
    incoming.destroy()
    throw new Error(`answered ${incoming.statusCode}`)
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop destroys the connection.
    if (size > MAX_BYTES) throw new Error('answered at too great length')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
