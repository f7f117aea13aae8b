import type { Mail, MailTransport } from '../../core/mail/mail.ts'
import type { Delivery } from '../../core/queue/delivery.ts'
import type { MailSettings } from '../config/settings.ts'
import type { SmtpServer } from '../config/values/smtp-url.ts'
import { judgeSmtpError } from './smtp-delivery.ts'
import { parseSmtpUrl } from './smtp-server.ts'

export interface SmtpLimits {
  readonly maxConnections: number
  readonly dnsTimeoutMs: number
  readonly connectionTimeoutMs: number
  readonly greetingTimeoutMs: number
  /** Of silence. A server that trickles is stopped by the attempt's deadline. */
  readonly socketTimeoutMs: number
  /** A connection nobody uses is closed: servers close them too, and badly. */
  readonly idleTimeoutMs: number
}

export const SMTP_LIMITS: SmtpLimits = {
  maxConnections: 4,
  dnsTimeoutMs: 5_000,
  connectionTimeoutMs: 10_000,
  greetingTimeoutMs: 10_000,
  socketTimeoutMs: 20_000,
  idleTimeoutMs: 15_000,
}

/**
 * Mail over SMTP through a few connections that are kept for a while. The client library is loaded, and a connection made,
 * with the first mail. @throws {TypeError} for an SMTP_URL that names no server
 */
export function createSmtpTransport({ smtpUrl, from }: MailSettings, limits: SmtpLimits = SMTP_LIMITS): MailTransport {
  const server = parseSmtpUrl(smtpUrl)
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/>.*$/, '')
  let pool: ReturnType<typeof openPool> | null = null
  return {
    async send(mail, { id, signal }): Promise<Delivery> {
      try {
        pool ??= openPool(server, limits)
        const mailer = await pool
        await mailer.sendMail({ ...compose(mail, from), messageId: `<${id}@${domain}>`, signal })
        return { outcome: 'sent' }
      } catch (error) {
        return judgeSmtpError(error)
      }
    },
    async close() {
      const mailer = await pool
      mailer?.close()
    },
  }
}

function compose({ to, subject, text, html }: Mail, from: string) {
  // RFC 3834 §5: no vacation notice answers an automatic mail.
  const headers = { 'Auto-Submitted': 'auto-generated' }
  // The address as an object: nothing in it is read as a list or a display name.
  return { from, to: [{ name: '', address: to }], subject, text, html, headers, xMailer: false as const }
}

async function openPool({ auth, ...server }: SmtpServer, limits: SmtpLimits) {
  const { createTransport } = await import('nodemailer')
  return createTransport({
    ...server,
    ...(auth === null ? {} : { auth }),
    pool: true,
    maxConnections: limits.maxConnections,
    // Once: for a kept connection that turns out dead before a byte of the mail was sent. Further attempts are the outbox's.
    maxRequeues: 1,
    dnsTimeout: limits.dnsTimeoutMs,
    connectionTimeout: limits.connectionTimeoutMs,
    greetingTimeout: limits.greetingTimeoutMs,
    socketTimeout: limits.socketTimeoutMs,
    idleTimeout: limits.idleTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  })
}
