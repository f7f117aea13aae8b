import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import { type EmailAddress, parseEmailAddress } from '../mail/email-address.ts'
import type { RandomSource } from '../ports.ts'
import type { IdentityStore } from '../stores/stores.ts'
import { draftContact, draftUser } from './draft.ts'
import type { Contact, User } from './identity.ts'

/** An e-mail address on record, and whose it is. */
export interface EmailOwner {
  readonly user: User
  /** Unproved until its owner has shown a code or a link sent to it. */
  readonly contact: Contact
  /** Whether this call made them. */
  readonly isNew: boolean
}

/** A user may be deleted between two looks; the address is free then, and claimed anew. */
const MAX_ATTEMPTS = 4

/**
 * Whose address this is in the project, of whatever dialect; nobody's becomes a new pending user's, unproved. Of any number of
 * concurrent callers one makes the user. Nobody is signed in, and a known user is not changed.
 *
 * @throws {AuthError} `address_malformed`, `store_unavailable`
 */
export async function findOrCreateByEmail(
  { identities, random, audit }: { readonly identities: IdentityStore; readonly random: RandomSource } & Audited,
  { projectId, email, name }: { projectId: string; email: string; name?: User['name'] | undefined },
  now: Date,
): Promise<EmailOwner> {
  const address = requireEmailAddress(email)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const known = await identities.findContact(projectId, 'email', address)
    const owner = known === null ? null : await identities.findUser(projectId, known.userId)
    if (known !== null && owner !== null) return { user: owner, contact: known, isNew: false }
    if (known !== null) continue
    const draft = draftUser(projectId, now, random)
    const user = name === undefined ? draft : { ...draft, name }
    const contact = draftContact(user, 'email', address, now, random)
    const claimed = await identities.claim(contact, user)
    if (claimed.id === contact.id) {
      audit?.record({ event: 'user.created', projectId, userId: user.id, status: user.status })
      return { user, contact, isNew: true }
    }
  }
  throw new AuthError('store_unavailable', 'email_contended')
}

/** @throws {AuthError} `address_malformed` */
export function requireEmailAddress(email: string): EmailAddress {
  const address = parseEmailAddress(email)
  if (address === null) throw new AuthError('address_malformed', 'email_malformed')
  return address
}
