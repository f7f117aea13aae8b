import { readKeySet } from '../../../core/tokens/read-key-set.ts'
import { isLocalUrl } from './network.ts'
import { accept, kindOf, type Reader, type Reading, refuse, wholeNumber } from './reader.ts'

const MAX_URL_LENGTH = 2048
const DAY_SECONDS = 86_400

/** A key set, in JSON, with at least one key we can verify with and no private one. */
export function publicKeySet(json: object): Reading<object> {
  const keys: unknown = Reflect.get(json, 'keys')
  const list: readonly unknown[] = Array.isArray(keys) ? keys : []
  const isPrivate = (key: unknown) => typeof key === 'object' && key !== null && ('d' in key || 'k' in key)
  if (list.some(isPrivate)) {
    return refuse(
      'holds a private or secret key',
      'Paste what the vendor publishes, which has none, and replace that key',
    )
  }
  return (readKeySet(json)?.length ?? 0) > 0
    ? accept(json)
    : refuse(
        `is ${kindOf(json)} without a key to verify with`,
        'Paste the vendor’s whole key set: {"keys":[…]} with RSA keys of 2048 bits or more, or P-256 keys',
      )
}

/** Where a vendor publishes its keys: https, or http on this machine. */
export const keySetUrl: Reader<string> = (text) => {
  const url = text.length <= MAX_URL_LENGTH && URL.canParse(text) ? new URL(text) : null
  const isAllowed = url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocalUrl(text)))
  if (!isAllowed) return refuse(`is ${kindOf(text)}, not an https URL`, 'Write the vendor’s address in full: https://…')
  return url.username === '' && url.password === '' && url.hash === ''
    ? accept(url.href)
    : refuse('has a user, password or fragment, which would not be sent', 'Leave it out, or paste the key set as jwks')
}

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))?$/

/** A day (its beginning in UTC) or a moment, RFC 3339. */
export const moment: Reader<string> = (text) => {
  const time = DATE.test(text) ? Date.parse(text) : Number.NaN
  // A day that no month has is not the next month's.
  const isThere = !Number.isNaN(time) && !Number.isNaN(Date.parse(text.slice(0, 10))) && sameDay(text.slice(0, 10))
  return isThere
    ? accept(new Date(time).toISOString())
    : refuse(`is ${kindOf(text)}, not a date`, 'Write 2027-01-31, or 2027-01-31T18:00:00Z')
}

function sameDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)
}

export const graceSeconds = wholeNumber(0, DAY_SECONDS)
