/** A mail address in the one spelling we keep, look up and send to. Only `parseEmailAddress` makes one. */
export type EmailAddress = string & { readonly __brand: 'EmailAddress' }

// RFC 5321 §4.5.3.1: 64 octets before the @, and 256 for the path, which adds two angle brackets.
const MAX_LENGTH = 254
const MAX_LOCAL_LENGTH = 64
const MAX_LABEL_LENGTH = 63
const MAX_INPUT_LENGTH = 320

/** RFC 5322 §3.2.3: dot-atom, ASCII. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
/** RFC 1123 §2.1: letters, digits and hyphens, no hyphen at an end. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

/**
 * The address this text is, without spaces around it and in lower case, or null.
 *
 * A plain `local@domain` in ASCII with at least two domain labels: no display name, quoted local part, comment, address
 * literal or control character. What we send to is what we look up, so two spellings are never two people. Unicode is
 * refused on purpose, see docs/decisions/0006: an internationalised domain is written as its A-labels (`xn--…`).
 */
export function parseEmailAddress(text: string): EmailAddress | null {
  if (text.length > MAX_INPUT_LENGTH) return null
  // Spaces and tabs only: a line break is no slip of the keyboard.
  const address = text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
  // Before lower-casing: U+212A KELVIN SIGN would become the letter k.
  if (address.length > MAX_LENGTH || !/^[!-~]+$/.test(address)) return null
  const lower = address.toLowerCase()
  const at = lower.indexOf('@')
  const local = lower.slice(0, Math.max(at, 0))
  if (local.length > MAX_LOCAL_LENGTH || !LOCAL_PART.test(local)) return null
  return isMailDomain(lower.slice(at + 1)) ? (lower as EmailAddress) : null
}

function isMailDomain(domain: string): boolean {
  const labels = domain.split('.')
  const top = labels.at(-1) ?? ''
  const areLabels = labels.every((label) => label.length <= MAX_LABEL_LENGTH && LABEL.test(label))
  // RFC 3696 §2: a top-level domain is not all digits, so nothing here reads as an IPv4 address.
  return areLabels && labels.length >= 2 && !/^\d+$/.test(top)
}
