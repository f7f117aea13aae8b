import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { createSystemRandom } from '../../core/random.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger } from '../../src/logger.ts'
import { startServer } from '../../src/server.ts'
import { type SmtpSink, startSmtpSink } from '../src/mail/smtp-sink.ts'
import type { StoreName } from '../support/gateway.ts'
import { freePort } from '../support/redis-server.ts'

export interface RunningGateway {
  readonly origin: string
  readonly projectId: string
  readonly secretKey: string
  readonly smtp: SmtpSink
  stop(): Promise<void>
}

/** The whole server as its environment says, with a real mail server or its own mailbox, for an application at this origin. */
export async function startGateway(
  store: StoreName,
  appOrigin: string,
  mail: 'smtp' | 'local' = 'smtp',
): Promise<RunningGateway> {
  const [smtp, port] = await Promise.all([startSmtpSink(), freePort()])
  const origin = `http://localhost:${port}`
  const projectId = `browser-${randomUUID()}`
  const secretKey = `sk_test_${randomUUID().replaceAll('-', '').repeat(2)}`
  const settings = loadConfig(
    {
      PORT: String(port),
      HOST: 'localhost',
      PUBLIC_URL: origin,
      PROJECT_ID: projectId,
      PROJECT_NAME: 'An application',
      PROJECT_SECRET_KEY: secretKey,
      AUTH_JWT_SECRET: randomUUID(),
      ALLOWED_ORIGINS: appOrigin,
      ...(mail === 'smtp' && { SMTP_URL: smtp.url, MAIL_FROM: 'no-reply@example.test' }),
      ...(store === 'redis' && { REDIS_URL: inject('redisUrl'), WALLETGATE_SECRET: randomUUID() }),
    },
    () => '',
    createSystemRandom(),
  )
  const server = await startServer(settings, createLogger('silent'))
  return {
    origin,
    projectId,
    secretKey,
    smtp,
    async stop() {
      await server.stop()
      await smtp.stop()
    },
  }
}

/** The text of the newest mail to this address, once there are so many. */
export async function mailTo(smtp: SmtpSink, email: string, count = 1): Promise<string> {
  for (let waited = 0; waited < 10_000; waited += 10) {
    const mails = smtp.mails.filter(({ to }) => to.includes(email))
    if (mails.length >= count) return mails.at(-1)?.email.text ?? ''
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('no mail came')
}
