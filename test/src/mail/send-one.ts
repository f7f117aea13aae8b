/* A process that trusts the certificate authority it was started with, and sends one mail. Arguments: URL. */
import { parseEmailAddress } from '../../../core/mail/email-address.ts'
import { signInCodeMail } from '../../../core/mail/templates.ts'
import { createSmtpTransport } from '../../../src/mail/smtp-transport.ts'

const [, , smtpUrl = ''] = process.argv
const to = parseEmailAddress('ada@example.com')
if (to === null) throw new Error('no address')
const mail = signInCodeMail({ to, projectName: 'My App', code: '048213', validMinutes: 10 })
const transport = createSmtpTransport({ smtpUrl, from: 'no-reply@example.com' })
const delivery = await transport.send(mail, { id: 'one', signal: new AbortController().signal })
await transport.close()
process.stdout.write(JSON.stringify(delivery))
