import { AuthError } from '../errors.ts'
import type { Contact } from '../identities/identity.ts'
import { type EmailAddress, parseEmailAddress } from '../mail/email-address.ts'
import type { Outbox, PostRequest } from '../mail/outbox.ts'

export interface MailPorts {
  /** Null: there is nowhere to send mail to. */
  readonly mail: Outbox | null
}

/** The outbox. Ask before anything is written for a mail. @throws {AuthError} `mail_unavailable` */
export function requireMail({ mail }: MailPorts): Outbox {
  if (mail === null) throw new AuthError('mail_unavailable')
  return mail
}

/** Queues a mail. @throws {AuthError} `mail_unavailable`, `rate_limited` when its address has had its allowance, `store_unavailable` */
export async function postMail(ports: MailPorts, request: PostRequest): Promise<void> {
  const outcome = await requireMail(ports).post(request)
  if (outcome === 'flooded') throw new AuthError('rate_limited', 'mail_flooded')
}

/** Where mail for this contact goes. @throws {AuthError} `credential_unknown` for one that is no address */
export function requireEmail({ kind, value }: Contact): EmailAddress {
  const address = kind === 'email' ? parseEmailAddress(value) : null
  if (address === null) throw new AuthError('credential_unknown', 'email_unknown')
  return address
}
