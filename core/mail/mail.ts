import type { EmailAddress } from './email-address.ts'

/** One mail to one person, ready to send. Made by the templates. */
export interface Mail {
  readonly to: EmailAddress
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** What came of handing a mail over. `reason` is a stable word or a reply code: never an address, never a server's text. */
export type Delivery =
  | { readonly outcome: 'sent' }
  /** Not now. Try again. */
  | { readonly outcome: 'deferred'; readonly reason: string }
  /** Never: the recipient or the mail itself was refused for good. */
  | { readonly outcome: 'refused'; readonly reason: string }

/** Where mails go. */
export interface MailTransport {
  /**
   * Hands the mail over. `id` is the same on every attempt. Settles soon after `signal` aborts, and does not throw; if it
   * does, that counts as deferred.
   */
  send(mail: Mail, attempt: { readonly id: string; readonly signal: AbortSignal }): Promise<Delivery>
  /** Gives up connections. Sends under way end as deferred. */
  close(): Promise<void>
}

/** What the outbox tells its operator. Ids are random; nothing here is secret or personal. */
export type MailEvent =
  | { readonly kind: 'sent'; readonly id: string; readonly attempt: number }
  | { readonly kind: 'deferred'; readonly id: string; readonly attempt: number; readonly reason: string }
  | { readonly kind: 'dropped'; readonly id: string; readonly attempt: number; readonly reason: string }
  /** Found expired; whose they were is not known any more. */
  | { readonly kind: 'expired'; readonly mails: number }
  | { readonly kind: 'store_lost'; readonly error: unknown }
  | { readonly kind: 'store_back' }
