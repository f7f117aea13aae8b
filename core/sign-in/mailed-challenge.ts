import type { Audited } from '../audit/audit-trail.ts'
import type { ChallengePurpose } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import { type EmailOwner, findOrCreateByEmail, requireEmailAddress } from '../identities/claim-email.ts'
import type { User } from '../identities/identity.ts'
import type { EmailAddress } from '../mail/email-address.ts'
import type { Outbox, PostRequest } from '../mail/outbox.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { Stores } from '../stores/stores.ts'

/** Whom a code or a link is for. */
export interface Recipient {
  readonly projectId: string
  /** As it was entered. */
  readonly email: string
  /** What becomes of an address that is nobody's: a new pending user's, or refused. */
  readonly ifUnknown: 'create' | 'refuse'
  /** Of a user that is made now. */
  readonly name?: User['name'] | undefined
}

/** What every mailed code and link says about itself. */
export interface MailedChallenge {
  readonly recipient: Recipient
  readonly purpose: ChallengePurpose
  /** As the mail calls the project. */
  readonly projectName: string
}

export interface MailPorts extends Audited {
  readonly stores: Pick<Stores, 'challenges' | 'identities'>
  /** Null: there is nowhere to send mail to. */
  readonly mail: Outbox | null
  readonly clock: Clock
  readonly random: RandomSource
}

const MAX_RETENTION_MS = 24 * 60 * 60 * 1000

/**
 * Whose the recipient's address is, made where it must be. Nothing is written when no mail could be sent.
 *
 * @throws {AuthError} `address_malformed`, `mail_unavailable`, `user_unknown`, `store_unavailable`
 */
export async function resolveRecipient(
  { stores: { identities }, mail, random, audit }: MailPorts,
  { projectId, email, ifUnknown, name }: Recipient,
  now: Date,
): Promise<{ readonly owner: EmailOwner; readonly address: EmailAddress }> {
  const address = requireEmailAddress(email)
  if (mail === null) throw new AuthError('mail_unavailable')
  if (ifUnknown === 'refuse' && (await identities.findContact(projectId, 'email', address)) === null) {
    throw new AuthError('user_unknown')
  }
  return { address, owner: await findOrCreateByEmail({ identities, random, audit }, { projectId, email, name }, now) }
}

/** Queues a mail. @throws {AuthError} `mail_unavailable`, `rate_limited` when its address has had its allowance, `store_unavailable` */
export async function postMail({ mail }: Pick<MailPorts, 'mail'>, request: PostRequest): Promise<void> {
  if (mail === null) throw new AuthError('mail_unavailable')
  if ((await mail.post(request)) === 'flooded') throw new AuthError('rate_limited', 'mail_flooded')
}

/** When something usable for so many minutes ends, and how long it is remembered: as long again, a day at most, to tell it from an unknown one. */
export function lifeOf(issuedAt: Date, minutes: number): { readonly usableUntil: Date; readonly expiresAt: Date } {
  const life = minutes * 60_000
  const usableUntil = new Date(issuedAt.getTime() + life)
  return { usableUntil, expiresAt: new Date(usableUntil.getTime() + Math.min(life, MAX_RETENTION_MS)) }
}
