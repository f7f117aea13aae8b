import type { Delivery } from '../../core/queue/delivery.ts'

/** RFC 4954 §6: authentication required. Our fault, not the recipient's. */
const AUTHENTICATION_REQUIRED = 530

/**
 * What a failed attempt means for its mail. Refused for good is only what the server refused after it heard whom the mail is
 * for (RFC 5321 §4.2.1: 5yz). A refused login or sender is a setting somebody will correct: until then the mail waits.
 *
 * Of the error only reply and error codes are kept: its text holds addresses and whatever the server wrote.
 */
export function judgeSmtpError(error: unknown): Delivery {
  const { code, responseCode, command } = fieldsOf(error)
  const isPermanent = responseCode !== null && responseCode >= 500 && responseCode !== AUTHENTICATION_REQUIRED
  const isAboutTheMail = command === 'RCPT TO' || command === 'DATA'
  const reason = responseCode === null ? `smtp_${code}` : `smtp_${responseCode}`
  return { outcome: isPermanent && isAboutTheMail ? 'refused' : 'deferred', reason }
}

function fieldsOf(error: unknown) {
  const fields: Record<string, unknown> = typeof error === 'object' && error !== null ? { ...error } : {}
  const { code, responseCode, command } = fields
  return {
    code: typeof code === 'string' && /^E[A-Z0-9]{1,20}$/.test(code) ? code.toLowerCase() : 'unknown',
    responseCode: Number.isInteger(responseCode) ? Number(responseCode) : null,
    command: typeof command === 'string' ? command : '',
  }
}
