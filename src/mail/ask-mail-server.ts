import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { MailSettings } from '../config/settings.ts'
import { parseSmtpUrl } from './smtp-server.ts'

/** How far a mail server went with us. */
export type MailServerAnswer =
  | { readonly reached: 'nothing'; readonly code: string }
  /** Connected, and no TLS where it must be, or a certificate that is not accepted. */
  | { readonly reached: 'connection'; readonly code: string }
  /** `code`: of its reply to the user and password, or to their lack. */
  | { readonly reached: 'login'; readonly code: string; readonly isSecure: boolean }
  /** `senderCode`: null when it lets us send as MAIL_FROM, else the code of its reply. */
  | { readonly reached: 'sender'; readonly senderCode: string | null; readonly isSecure: boolean }

/** The client's own queue of replies: it offers no way to say MAIL FROM without a recipient. */
interface Dialogue {
  readonly _responseActions: ((reply: string) => void)[]
  _sendCommand(command: string): void
}

/** Connects, logs in and says MAIL FROM, as for a mail, then RSET: no recipient is named and nothing is sent. */
export async function askMailServer({ smtpUrl, from }: MailSettings, limitMs: number): Promise<MailServerAnswer> {
  const { default: Connection } = await import('nodemailer/lib/smtp-connection')
  const { auth, ...server } = parseSmtpUrl(smtpUrl)
  const connection = new Connection({
    ...server,
    dnsTimeout: limitMs,
    connectionTimeout: limitMs,
    greetingTimeout: limitMs,
    socketTimeout: limitMs,
    logger: false,
  })
  const failed = new Promise<never>((_, reject) => connection.on('error', reject))
  failed.catch(() => {})
  const step = <T>(act: (done: (error?: Error | null, value?: T) => void) => void) =>
    Promise.race([
      failed,
      new Promise<T | undefined>((resolve, reject) => act((error, value) => (error ? reject(error) : resolve(value)))),
    ])
  try {
    try {
      await step((done) => connection.connect(done))
    } catch (error) {
      return { reached: isAboutTls(error) ? 'connection' : 'nothing', code: codeOf(error) }
    }
    const isSecure = connection.secure
    try {
      if (auth !== null) await step((done) => connection.login(loginOf(auth), done))
    } catch (error) {
      return { reached: 'login', code: codeOf(error), isSecure }
    }
    const reply = await step<string>((done) => sayMailFrom(connection, from, (text) => done(null, text)))
    const code = reply?.slice(0, 3) ?? ''
    // RFC 4954 §6: 530, authentication required.
    if (code === '530') return { reached: 'login', code, isSecure }
    if (!code.startsWith('2')) return { reached: 'sender', senderCode: code, isSecure }
    await step((done) => connection.reset(done)).catch(() => {})
    return { reached: 'sender', senderCode: null, isSecure }
  } catch (error) {
    return { reached: 'sender', senderCode: codeOf(error), isSecure: connection.secure }
  } finally {
    connection.close()
  }
}

function loginOf({ user, pass }: { readonly user: string; readonly pass: string }) {
  return { user, pass, credentials: { user, pass } }
}

/** The address alone: `Name <address>` is for people. */
function sayMailFrom(connection: SMTPConnection, from: string, hear: (reply: string) => void): void {
  const address = /<([^<>]*)>/.exec(from)?.[1] ?? from
  const dialogue = connection as unknown as Dialogue
  dialogue._responseActions.push(hear)
  dialogue._sendCommand(`MAIL FROM:<${address}>`)
}

const ABOUT_TLS = /^ERR_(?:TLS|SSL)_|CERT|ISSUER|SIGNATURE|^EPROTO$|^ETLS$/

function isAboutTls(error: unknown): boolean {
  const { code, originalCode, command } = Object(error)
  return command === 'STARTTLS' || ABOUT_TLS.test(String(code)) || ABOUT_TLS.test(String(originalCode))
}

/** A reply code or an error's; its text holds addresses and whatever the server wrote. */
function codeOf(error: unknown): string {
  const { code, originalCode, responseCode } = Object(error)
  if (Number.isInteger(responseCode)) return String(responseCode)
  const word = typeof originalCode === 'string' ? originalCode : code
  return typeof word === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(word) ? word.toLowerCase() : 'failed'
}
