import type { Transport } from '../queue/delivery.ts'
import type { EmailAddress } from './email-address.ts'

/** One mail to one person, ready to send. Made by the templates. */
export interface Mail {
  readonly to: EmailAddress
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Where mails go. */
export type MailTransport = Transport<Mail>
