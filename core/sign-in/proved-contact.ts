import type { Challenge } from '../challenges/challenge.ts'
import { AuthError, type AuthErrorCode } from '../errors.ts'
import type { Contact } from '../identities/identity.ts'
import type { IdentityStore } from '../stores/stores.ts'

/** An e-mail address whose owner has shown what was sent to it, and the challenge that is not yet spent. */
export interface ProvedContact {
  readonly contact: Contact
  readonly challenge: Challenge
  /** What to say when somebody else spends it first. */
  readonly spent: AuthErrorCode
}

/**
 * The contact a challenge was issued to, as it stands now. An id is given once: after the address has changed hands, what was
 * sent before is void.
 */
export async function requireContact(
  identities: IdentityStore,
  projectId: string,
  contactId: string,
  refusal: AuthErrorCode,
): Promise<Contact> {
  const contact = await identities.findCredential(projectId, contactId)
  if (contact?.kind !== 'email') throw new AuthError(refusal, 'contact_gone')
  return contact
}
