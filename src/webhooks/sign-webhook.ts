import { createHmac } from 'node:crypto'

/** What a receiver checks a delivery by (Standard Webhooks 1.0, "Signature scheme"). */
export interface WebhookHeaders {
  readonly 'webhook-id': string
  /** Seconds since 1970: when this attempt was made, so that an old delivery cannot be played again. */
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

const PREFIX = 'whsec_'

/** The bytes of a secret, `whsec_` and base64. */
export function decodeWebhookSecret(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64')
}

/** The headers of a delivery, signed under this secret: `v1`, HMAC-SHA256 over id, time and body. */
export function signWebhook(secret: string, id: string, body: string, now: Date): WebhookHeaders {
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const mac = createHmac('sha256', decodeWebhookSecret(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` }
}
