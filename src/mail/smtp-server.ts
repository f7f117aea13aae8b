import { readSmtpUrl, type SmtpServer } from '../config/values/smtp-url.ts'

/** The mail server an `SMTP_URL` names. @throws {TypeError} for what is none; its text names no part of the URL */
export function parseSmtpUrl(text: string): SmtpServer {
  const reading = readSmtpUrl(text)
  if (!reading.ok) throw new TypeError(`SMTP_URL ${reading.problem}. ${reading.remedy}`)
  return reading.value
}
