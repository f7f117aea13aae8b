import type { Outbox } from '../../../core/mail/outbox.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import type { MailSettings, ProjectSettings } from '../../../src/config/settings.ts'
import type { LocalMail, LocalMailbox } from '../../../src/mail/local-mailbox.ts'
import type { Answer } from '../../support/api-client.ts'
import { JSON_TYPE } from '../../support/api-client.ts'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, openTestGateway, type StoreName } from '../../support/gateway.ts'
import { codeIn, linkIn, mailsTo, openTestMail } from '../../support/mail.ts'
import { type Body, MoonKeyDoor, moonKeyProject, START } from './door.ts'
import { newEmail } from './endpoints.ts'

export const LINKS = '/v1/auth/magic_links'
export const CODES = '/v1/auth/otps'

const random = createSystemRandom()

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
  mailsTo(email: string, count = 1): Promise<readonly LocalMail[]> {
    return mailsTo(this.#mailbox, email, count)
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
  const { outbox, mailbox, close } = openTestMail(store, { clock, secrets, mail: options.mail })
  const projects = [moonKeyProject({}, options.project), moonKeyProject()] as const
  const gateway = await openTestGateway({ projects, stores, clock, secrets, mail: outbox })
  return {
    door: new EmailDoor(gateway, projects[0], outbox, mailbox),
    other: new EmailDoor(gateway, projects[1], outbox, mailbox),
    stores,
    async close() {
      await close()
      await gateway.close()
    },
  }
}
