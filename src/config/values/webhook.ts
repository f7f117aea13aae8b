import { AUDIT_EVENTS } from '../../../core/audit/audit-trail.ts'
import { isLocalUrl } from './network.ts'
import { accept, kindOf, oneOf, type Reader, refuse } from './reader.ts'

const MAX_URL_LENGTH = 2048

/** Where facts are posted: https, or http on this machine. Refuses a user or fragment: it would not be sent. */
export const webhookUrl: Reader<string> = (text) => {
  const url = text.length <= MAX_URL_LENGTH && URL.canParse(text) ? new URL(text) : null
  const isAllowed = url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocalUrl(text)))
  if (!isAllowed) return refuse(`is ${kindOf(text)}, not an https URL`, 'Write https://hooks.example.com/walletgate')
  return url.username === '' && url.password === '' && url.hash === ''
    ? accept(url.href)
    : refuse(
        'has a user, password or fragment, which would not be sent',
        'Put what the receiver knows us by into the path',
      )
}

/** Standard Webhooks, "Symmetric secrets": `whsec_` and 24 to 64 bytes in base64. */
export const webhookSecret: Reader<string> = (text) => {
  const bytes = /^whsec_([A-Za-z0-9+/]{32,88}={0,2})$/.exec(text)?.[1]
  const length = bytes === undefined ? 0 : Buffer.from(bytes, 'base64').length
  return length >= 24 && length <= 64
    ? accept(text)
    : refuse(
        `is ${kindOf(text)}, not whsec_ and 24 to 64 bytes in base64`,
        'Make one with: echo whsec_$(openssl rand -base64 32)',
      )
}

/** A fact to be told of. */
export const webhookEvent = oneOf(AUDIT_EVENTS)
