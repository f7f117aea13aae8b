import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

/** A mail server that hands codes to whoever waits for them, and keeps nothing. */
export interface CodeMailbox {
  readonly url: string
  /** The code of the next mail to this address. Ask before it is sent. */
  nextCode(address: string): Promise<string>
  stop(): Promise<void>
}

/** A mail that does not come within this is lost, milliseconds. */
const MAIL_LIMIT_MS = 30_000

/** Listens on any free port. */
export async function openCodeMailbox(): Promise<CodeMailbox> {
  const waiting = new Map<string, (mail: string) => void>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 1,
    logger: false,
    async onData(stream, { envelope }, done) {
      const mail = await text(stream)
      for (const { address } of envelope.rcptTo) waiting.get(address)?.(mail)
      done()
    },
  })
  const listener = server.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const bound = listener.address()
  if (bound === null || typeof bound === 'string') throw new Error('the mailbox has no port')
  return {
    url: `smtp://127.0.0.1:${bound.port}`,
    nextCode(address) {
      const mail = new Promise<string>((resolve, reject) => {
        const lost = setTimeout(() => reject(new Error('a mail did not come')), MAIL_LIMIT_MS)
        waiting.set(address, (text) => {
          clearTimeout(lost)
          resolve(text)
        })
      })
      return mail.then(readCode).finally(() => waiting.delete(address))
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function readCode(mail: string): string {
  const code = /^\s*(\d{6})\s*$/m.exec(mail)?.[1]
  if (code === undefined) throw new Error('a mail without a code')
  return code
}
