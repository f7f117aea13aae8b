import { inject, vi } from 'vitest'
import type { Outbox } from '../../../core/mail/outbox.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { createMemoryOutboxStore } from '../../../core/stores/memory/memory-outbox-store.ts'
import { connectRedis } from '../../../core/stores/redis/connect-redis.ts'
import { createRedisOutboxStore } from '../../../core/stores/redis/redis-outbox-store.ts'
import { RedisSteps } from '../../../core/stores/redis/redis-steps.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import type { MailSettings, ProjectSettings } from '../../../src/config/settings.ts'
import { createLogger } from '../../../src/logger.ts'
import type { LocalMail, LocalMailbox } from '../../../src/mail/local-mailbox.ts'
import { openMail } from '../../../src/mail/open-mail.ts'
import type { Answer } from '../../support/api-client.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestGateway, type StoreName } from '../../support/gateway.ts'
import { type Body, JSON_TYPE, MoonKeyDoor, moonKeyProject, openStoresForTests, START } from './door.ts'
import { newEmail } from './endpoints.ts'

export const LINKS = '/v1/auth/magic_links'
export const CODES = '/v1/auth/otps'

const random = createSystemRandom()
const ACCESS = { username: null, password: null, db: 0, tls: false }

/** A MoonKey App whose mails a test reads, through the outbox that a server would have. */
export class EmailDoor extends MoonKeyDoor {
  readonly outbox: Outbox
  /** Null when mails go to a mail server. */
  readonly #mailbox: LocalMailbox | null

  constructor(gateway: MoonKeyDoor['gateway'], project: ProjectSettings, outbox: Outbox, mailbox: LocalMailbox | null) {
    super(gateway, project)
    this.outbox = outbox
    this.#mailbox = mailbox
  }

  /** With the public key, as a page calls. */
  publicPost(path: string, value: unknown): Promise<Answer> {
    const headers = { ...JSON_TYPE, authorization: `PublicToken ${this.publicKey}` }
    return this.send(path, { headers, body: JSON.stringify(value) })
  }

  /** The mails to this address so far, oldest first, once there are so many. */
  async mailsTo(email: string, count = 1): Promise<readonly LocalMail[]> {
    const mails = () => [...(this.#mailbox?.list() ?? [])].reverse().filter(({ to }) => to === email)
    await vi.waitUntil(() => mails().length >= count, { timeout: 5_000, interval: 2 })
    return mails()
  }

  async codeTo(email: string, count = 1): Promise<string> {
    return codeIn((await this.mailsTo(email, count)).at(-1)?.text ?? '')
  }

  async linkTo(email: string, count = 1): Promise<URL> {
    return linkIn((await this.mailsTo(email, count)).at(-1)?.text ?? '')
  }

  /** Asks for a link, and returns the token in the mail. */
  async mailedToken(email = newEmail(), more: Body = {}): Promise<string> {
    const earlier = this.#mailbox?.list().filter(({ to }) => to === email).length ?? 0
    await this.ok(`${LINKS}/email/login_or_create`, { email, ...more })
    return (await this.linkTo(email, earlier + 1)).searchParams.get('token') ?? ''
  }

  /** Asks for a code: the id to show beside it, and the code in the mail. */
  async mailedCode(email = newEmail(), more: Body = {}): Promise<{ method_id: string; otp: string }> {
    const earlier = this.#mailbox?.list().filter(({ to }) => to === email).length ?? 0
    const { email_id: id } = await this.ok(`${CODES}/email/login_or_create`, { email, ...more })
    return { method_id: String(id), otp: await this.codeTo(email, earlier + 1) }
  }

  /** The body of an answer that must be 200. */
  async ok(path: string, value: unknown): Promise<Body> {
    const { status, body, text } = await this.post(path, value)
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
    return body as Body
  }
}

export function codeIn(text: string): string {
  const code = /^\d{6}$/m.exec(text)?.[0]
  if (code === undefined) throw new Error(`no code in: ${text}`)
  return code
}

export function linkIn(text: string): URL {
  return new URL(/^https?:\S+$/m.exec(text)?.[0] ?? 'no link')
}

export interface EmailGateway {
  readonly door: EmailDoor
  /** The other App behind the same gateway. */
  readonly other: EmailDoor
  readonly stores: Stores
  close(): Promise<void>
}

/** A gateway with two Apps that sends mail: to the local mailbox, or to a mail server. */
export async function openEmailGateway(
  store: StoreName,
  options: { mail?: MailSettings; wrap?: (stores: Stores) => Stores; project?: Partial<ProjectSettings> } = {},
): Promise<EmailGateway> {
  const clock = new TestClock(START)
  const stores = (options.wrap ?? ((each) => each))(openStoresForTests(store))
  const secrets = [random.bytes(32)]
  const { outboxStore, disconnect } = openOutboxStore(store)
  const { outbox, mailbox } = openMail(
    {
      mail: options.mail ?? null,
      store: { kind: 'memory' },
      secrets,
      server: { ...SERVER, publicUrl: 'http://localhost:8787' },
    },
    { store: outboxStore, clock, random, logger: createLogger('silent') },
  )
  if (outbox === null) throw new Error('no outbox')
  const projects = [moonKeyProject({}, options.project), moonKeyProject()] as const
  const gateway = await openTestGateway({ projects, stores, clock, secrets, mail: outbox })
  return {
    door: new EmailDoor(gateway, projects[0], outbox, mailbox),
    other: new EmailDoor(gateway, projects[1], outbox, mailbox),
    stores,
    async close() {
      await outbox.close()
      disconnect()
      await gateway.close()
    },
  }
}

const SERVER = {
  host: '127.0.0.1',
  port: 8787,
  workers: 1,
  trustedProxies: [],
  metricsPort: null,
  rateLimits: 'on',
  logLevel: 'silent',
} as const

/** An outbox of this gateway alone: another's could not open its mails, and has another clock. */
function openOutboxStore(store: StoreName) {
  if (store === 'memory') return { outboxStore: createMemoryOutboxStore(), disconnect: () => {} }
  const { hostname: host, port } = new URL(inject('redisUrl'))
  const client = connectRedis({ mode: 'single', node: { host, port: Number(port) }, access: ACCESS })
  const prefix = `test-${Buffer.from(random.bytes(9)).toString('base64url')}`
  return { outboxStore: createRedisOutboxStore(new RedisSteps(client), prefix), disconnect: () => client.disconnect() }
}
