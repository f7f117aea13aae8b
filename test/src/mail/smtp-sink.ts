import { once } from 'node:events'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly email: Email
  readonly secure: boolean
}

export interface SmtpSink {
  readonly port: number
  readonly url: string
  /** What the server took responsibility for, in order. */
  readonly mails: ReceivedMail[]
  /** Every mail it received in full, whatever it answered. */
  readonly heard: string[]
  /** How many connections were opened. */
  readonly connections: () => number
  /** Stops listening and cuts every connection. */
  stop(): Promise<void>
}

/** A real mail server on a free or given port. `accept` decides about a mail that was received in full. */
export async function startSmtpSink(
  options: SMTPServerOptions & {
    readonly port?: number
    readonly accept?: (attempt: number) => Error | null | 'stall'
  } = {},
): Promise<SmtpSink> {
  const mails: ReceivedMail[] = []
  const heard: string[] = []
  let connections = 0
  const { port = 0, accept = () => null, ...rest } = options
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 1,
    logger: false,
    onConnect(_, done) {
      connections += 1
      done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks).toString('utf8')
        heard.push(raw)
        const verdict = accept(heard.length)
        if (verdict === 'stall') return
        if (verdict !== null) return done(verdict)
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw,
          email: await PostalMime.parse(raw),
          secure: session.secure,
        })
        done()
      })
    },
    ...rest,
  })
  // A client that cuts the connection is part of the tests.
  server.on('error', () => {})
  const listener = server.listen(port, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    heard,
    connections: () => connections,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** A reply with this code. */
export function smtpReply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode })
}
