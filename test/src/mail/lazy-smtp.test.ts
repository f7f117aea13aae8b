import { expect, it, vi } from 'vitest'
import { createSmtpTransport } from '../../../src/mail/smtp-transport.ts'
import { codeMail } from '../../core/mail/fixtures.ts'

const { loads } = vi.hoisted(() => ({ loads: [] as string[] }))
vi.mock('nodemailer', () => {
  loads.push('nodemailer')
  return { createTransport: () => ({ sendMail: async () => ({}), close() {} }) }
})

it('loads the mail client with the first mail, not before', async () => {
  const idle = createSmtpTransport({ smtpUrl: 'smtp://localhost', from: 'a@example.com' })
  await idle.close()
  expect(loads).toEqual([])
  const used = createSmtpTransport({ smtpUrl: 'smtp://localhost', from: 'a@example.com' })
  const attempt = { id: 'a', signal: new AbortController().signal }
  expect(await used.send(codeMail(), attempt)).toEqual({ outcome: 'sent' })
  expect(loads).toEqual(['nodemailer'])
})
