import type { MailSettings, Settings } from '../config/settings.ts'
import { isLocalUrl } from '../config/values/network.ts'
import { askMailServer, type MailServerAnswer } from '../mail/ask-mail-server.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const LIMIT_MS = 3_000

/** The mail server, as far as one can go without sending. */
export async function examineMail({ mail }: Pick<Settings, 'mail'>): Promise<readonly Finding[]> {
  return mail === null ? [] : judgeMailServer(await askMailServer(mail, LIMIT_MS), mail)
}

function judgeMailServer(answer: MailServerAnswer, { smtpUrl }: MailSettings): readonly Finding[] {
  if (answer.reached === 'nothing') return [fail('mail.reachable', `It does not answer (${answer.code})`)]
  const reachable = ok('mail.reachable', 'answers')
  if (answer.reached === 'connection') return [reachable, fail('mail.tls', describeTls(answer.code))]
  const tls = judgeTls(answer.isSecure, smtpUrl)
  if (answer.reached === 'login') {
    const message =
      answer.code === '530' ? 'It wants a user and a password' : `It refuses the user or the password (${answer.code})`
    return [reachable, tls, fail('mail.auth', message)]
  }
  const sender =
    answer.senderCode === null
      ? ok('mail.sender', 'accepted')
      : fail('mail.sender', `It does not let us send as MAIL_FROM (${answer.senderCode})`)
  return [reachable, tls, ok('mail.auth', 'accepted'), sender]
}

function describeTls(code: string): string {
  return /cert|issuer|signature|altname/.test(code)
    ? `Its certificate is not accepted (${code})`
    : `It does not speak the TLS that SMTP_URL asks for (${code})`
}

function judgeTls(isSecure: boolean, smtpUrl: string): Finding {
  if (isSecure) return ok('mail.tls', 'TLS')
  return isLocalUrl(smtpUrl)
    ? ok('mail.tls', 'no TLS, within this machine')
    : warn('mail.tls', 'Codes and links cross the network in clear')
}
