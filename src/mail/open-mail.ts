import type { Logger } from 'pino'
import type { MailTransport } from '../../core/mail/mail.ts'
import { createOutbox, type Outbox } from '../../core/mail/outbox.ts'
import { createMailSealer } from '../../core/mail/seal-mail.ts'
import type { Clock, RandomSource } from '../../core/ports.ts'
import type { OutboxStore } from '../../core/stores/outbox-store.ts'
import { systemTimer } from '../../core/timer.ts'
import type { Settings } from '../config/settings.ts'
import { isNearbyHost } from '../http/nearby.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { createLocalMailTransport, type LocalMailbox } from './local-mailbox.ts'
import { logMailEvents } from './log-mail-events.ts'
import { createSmtpTransport } from './smtp-transport.ts'

/** Outgoing mail of a start. */
export interface OutgoingMail {
  /** Null: there is nowhere to send mail to, and nothing that takes a mail can be offered. */
  readonly outbox: Outbox | null
  /** Null: mails go to a mail server, or nowhere, or to the log alone because this server is not a local one. */
  readonly mailbox: LocalMailbox | null
}

export interface MailParts {
  readonly store: OutboxStore
  readonly clock: Clock
  readonly random: RandomSource
  readonly logger: Logger
  /** Null: deliveries are not traced. */
  readonly tracing?: Pick<Tracing, 'traceDeliveries'> | null
}

/** The outbox these settings ask for: to a mail server if one is named, else to the local mailbox in memory mode, else none. */
export function openMail(
  settings: Pick<Settings, 'mail' | 'store' | 'secrets' | 'server'>,
  parts: MailParts,
): OutgoingMail {
  const open = (transport: MailTransport) =>
    createOutbox({
      ...parts,
      transport: parts.tracing?.traceDeliveries('mail', transport) ?? transport,
      sealer: createMailSealer(settings.secrets, parts.random),
      timer: systemTimer,
      report: logMailEvents(parts.logger),
    })
  if (settings.mail !== null) return { outbox: open(createSmtpTransport(settings.mail)), mailbox: null }
  if (settings.store.kind !== 'memory') return { outbox: null, mailbox: null }
  const local = createLocalMailTransport(settings.store, parts)
  // Whoever reads the mailbox can sign in as anybody: no page where the world may come.
  const isLocal = isNearbyHost(new URL(settings.server.publicUrl).hostname)
  return { outbox: open(local), mailbox: isLocal ? local.mailbox : null }
}
