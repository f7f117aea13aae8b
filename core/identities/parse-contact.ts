import { AuthError } from '../errors.ts'
import { parseEmailAddress } from '../mail/email-address.ts'
import type { Contact } from './identity.ts'
import type { NewContact } from './users.ts'

/** ITU-T E.164 §6: a plus sign and at most 15 digits, of which the first is not 0. */
const E164 = /^\+[1-9]\d{6,14}$/

/** The contact written as this text, in the one spelling we keep. @throws {AuthError} `address_malformed` with the reason `<kind>_malformed` */
export function parseContact(kind: Contact['kind'], text: string): NewContact {
  const value = kind === 'email' ? parseEmailAddress(text) : E164.test(text) ? text : null
  if (value === null) throw new AuthError('address_malformed', `${kind}_malformed`)
  return { kind, value }
}
