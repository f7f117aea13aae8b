import type { Logger } from 'pino'
import type { Mail, MailTransport } from '../../core/mail/mail.ts'
import type { Clock } from '../../core/ports.ts'
import type { StoreSettings } from '../config/settings.ts'

const MAX_MAILS = 50

/** A mail that was not sent anywhere. */
export interface LocalMail extends Mail {
  readonly id: string
  readonly receivedAt: Date
}

/** The last mails, for the developer to read. */
export interface LocalMailbox {
  /** Newest first. */
  list(): readonly LocalMail[]
  find(id: string): LocalMail | null
}

/** Where mails end that have no mail server to go to. */
export interface LocalMailTransport extends MailTransport {
  readonly mailbox: LocalMailbox
}

/**
 * Keeps the last 50 mails in this process and writes each to the log, with its address and its code or link: for developing,
 * and the one place where such a thing is logged.
 * @throws {TypeError} with any store but memory: there the log would be a way into other people's accounts
 */
export function createLocalMailTransport(
  store: Extract<StoreSettings, { kind: 'memory' }>,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
): LocalMailTransport {
  if (store.kind !== 'memory') throw new TypeError('the local mailbox works with the memory store only')
  const mails = new Map<string, LocalMail>()
  return {
    async send(mail, { id }) {
      mails.set(id, { ...mail, id, receivedAt: clock.now() })
      for (const oldest of [...mails.keys()].slice(0, -MAX_MAILS)) mails.delete(oldest)
      logger.info({ to: mail.to, subject: mail.subject, text: mail.text }, 'mail kept here: SMTP_URL is not set')
      return { outcome: 'sent' }
    },
    async close() {},
    mailbox: {
      list: () => [...mails.values()].reverse(),
      find: (id) => mails.get(id) ?? null,
    },
  }
}
