import type { Audited } from '../audit/audit-trail.ts'
import type { Contact } from '../identities/identity.ts'
import type { RandomSource } from '../ports.ts'
import type { ContactFactor, Door } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import type { ProvedContact } from './proved-contact.ts'
import { requireOwnSession, type SessionWish, type Settled, settleSession } from './settle-session.ts'

/** A sign-in with an e-mail address, which is verified from now on. */
export type EmailSignedIn<Wish extends SessionWish = SessionWish> = Settled<Wish> & { readonly contact: Contact }

/**
 * Makes a sign-in of a proved address: the contact is verified and its user active, then the session, and last of all the
 * taking of the challenge. Other unproved contacts of the user stay unproved.
 *
 * @throws {AuthError} `code_unusable` or `link_unusable` when it was spent meanwhile, `session_unusable`, `session_mismatch`,
 * `store_unavailable`
 */
export async function completeEmailSignIn<Wish extends SessionWish>(
  { stores, random, audit }: { readonly stores: Stores; readonly random: RandomSource } & Audited,
  door: Door,
  { contact, challenge, spent }: ProvedContact,
  wish: Wish,
  now: Date,
): Promise<EmailSignedIn<Wish>> {
  const owner = { projectId: contact.projectId, userId: contact.userId, door }
  await requireOwnSession(stores, owner, wish, now)
  if (contact.verifiedAt === null) {
    await stores.identities.markVerified(contact, now)
    const { projectId, userId, id: credentialId } = contact
    audit?.record({ event: 'email.verified', projectId, userId, credentialId })
  }
  const factor: ContactFactor = {
    kind: 'email',
    credentialId: contact.id,
    address: contact.value,
    verifiedAt: now,
  }
  const settlement = { owner, challenge, spent, credential: contact, factor }
  const settled = await settleSession({ stores, random, audit }, settlement, wish, now)
  return { contact: { ...contact, verifiedAt: contact.verifiedAt ?? now }, ...settled }
}
