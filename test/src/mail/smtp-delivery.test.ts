import { expect, it } from 'vitest'
import { judgeSmtpError } from '../../../src/mail/smtp-delivery.ts'

it.each([
  [{ code: 'EENVELOPE', responseCode: 550, command: 'RCPT TO' }, 'refused', 'smtp_550'],
  [{ code: 'EENVELOPE', responseCode: 552, command: 'RCPT TO' }, 'refused', 'smtp_552'],
  [{ code: 'EMESSAGE', responseCode: 554, command: 'DATA' }, 'refused', 'smtp_554'],
  [{ code: 'EENVELOPE', responseCode: 450, command: 'RCPT TO' }, 'deferred', 'smtp_450'],
  [{ code: 'EMESSAGE', responseCode: 451, command: 'DATA' }, 'deferred', 'smtp_451'],
  [{ code: 'EENVELOPE', responseCode: 530, command: 'RCPT TO' }, 'deferred', 'smtp_530'],
  [{ code: 'EENVELOPE', responseCode: 550, command: 'MAIL FROM' }, 'deferred', 'smtp_550'],
  [{ code: 'EAUTH', responseCode: 535, command: 'AUTH PLAIN' }, 'deferred', 'smtp_535'],
  [{ code: 'EPROTOCOL', responseCode: 554, command: 'CONN' }, 'deferred', 'smtp_554'],
  [{ code: 'ETIMEDOUT', command: 'CONN' }, 'deferred', 'smtp_etimedout'],
  [{ code: 'ETIMEDOUT', responseCode: false, command: 'DATA' }, 'deferred', 'smtp_etimedout'],
  [{ code: 'a secret' }, 'deferred', 'smtp_unknown'],
  [{}, 'deferred', 'smtp_unknown'],
])('%j means %s, as %s', (fields, outcome, reason) => {
  const error = Object.assign(new Error('550 no such user ada@example.com'), fields)
  expect(judgeSmtpError(error)).toEqual({ outcome, reason })
})

it.each([null, undefined, 'text', 5])('takes %j for a passing failure', (thrown) => {
  expect(judgeSmtpError(thrown)).toEqual({ outcome: 'deferred', reason: 'smtp_unknown' })
})
