import { randomBytes, randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { Program } from '../../e2e/support/program.ts'
import { type SmtpSink, startSmtpSink } from '../../src/mail/smtp-sink.ts'
import { type Build, buildProgram } from '../../support/build.ts'
import type { StoreName } from '../../support/gateway.ts'
import { freePort } from '../../support/redis-server.ts'

/** What the process holds after a garbage collection. */
export interface Vitals {
  readonly count: number
  readonly rss: number
  readonly heapUsed: number
  /** Of `process.getActiveResourcesInfo()`. */
  readonly resources: readonly string[]
}

/** The built program as its users run it, on a port of its own, with no limits on how often one may ask. */
export class Target {
  readonly port: number
  readonly metricsPort: number
  readonly projectId: string
  readonly secretKey: string
  readonly publicKey: string
  /** An origin that the project allows, and none of ours. */
  readonly appOrigin = 'https://app.example.test'
  /** Null: mails are in the local mailbox. */
  readonly smtp: SmtpSink | null
  readonly program: Program
  readonly #build: Build
  #vitals = 0

  private constructor(
    build: Build,
    smtp: SmtpSink | null,
    [port, metricsPort]: readonly [number, number],
    env: Readonly<Record<string, string>>,
  ) {
    this.#build = build
    this.smtp = smtp
    this.port = port
    this.metricsPort = metricsPort
    this.projectId = `app_${randomBytes(13).toString('hex')}x`
    this.secretKey = `sk_test_${randomBytes(24).toString('hex')}`
    this.publicKey = `pk_test_${randomBytes(24).toString('hex')}`
    this.program = new Program(build.entry, {
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      PROJECT_ID: this.projectId,
      PROJECT_SECRET_KEY: this.secretKey,
      PROJECT_PUBLIC_KEY: this.publicKey,
      AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
      ALLOWED_ORIGINS: this.appOrigin,
      RATE_LIMITS: 'off',
      NODE_OPTIONS: `--import=${new URL('vitals.mjs', import.meta.url).href}`,
      ...env,
    })
  }

  /** Resolves when it serves. With Redis, mails go to a mail server, since there is no local mailbox; else where it is said. */
  static async start(
    store: StoreName,
    mail: 'smtp' | 'mailbox' = store === 'redis' ? 'smtp' : 'mailbox',
  ): Promise<Target> {
    const smtp = mail === 'smtp' ? await startSmtpSink() : null
    const env = {
      ...(smtp !== null && { SMTP_URL: smtp.url, MAIL_FROM: 'no-reply@example.test' }),
      ...(store === 'redis' && {
        REDIS_URL: inject('redisUrl'),
        WALLETGATE_SECRET: randomUUID() + randomUUID(),
        PLAYGROUND: 'on',
      }),
    }
    const [build, port, metricsPort] = await Promise.all([buildProgram(), freePort(), freePort()])
    const target = new Target(build, smtp, [port, metricsPort], env)
    await target.program.port()
    return target
  }

  get origin(): string {
    return `http://localhost:${this.port}`
  }

  /** Collects garbage first. */
  vitals(): Promise<Vitals> {
    this.#vitals += 1
    const wanted = this.#vitals
    this.program.signal('SIGUSR2')
    return this.program.until(() => {
      const last = this.program.stderr.match(/^vitals \{.*\}$/gm)?.at(-1)
      const vitals = last === undefined ? undefined : (JSON.parse(last.slice('vitals '.length)) as Vitals)
      return vitals !== undefined && vitals.count >= wanted ? vitals : undefined
    }, 'vitals')
  }

  /** Every log line so far: those of requests that are answered when this is called are among them. */
  async logged(): Promise<readonly Record<string, unknown>[]> {
    const marker = `marker-${randomUUID()}`
    await fetch(`${this.origin}/healthz`, { headers: { 'x-request-id': marker } })
    await this.program.until(() => (this.program.stdout.includes(marker) ? true : undefined), 'the log')
    return this.program.logs
  }

  /** What the process said on its standard error besides. */
  get complaints(): string {
    return this.program.stderr.replaceAll(/^vitals \{.*\}\n/gm, '')
  }

  async stop(): Promise<void> {
    await this.program.stop()
    await this.smtp?.stop()
    await this.#build.remove()
  }
}
