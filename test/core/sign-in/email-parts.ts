import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { createApiKeyFinder } from '../../../core/api-keys/find-api-key.ts'
import { createChains } from '../../../core/chains/chains.ts'
import type { Core, CorePorts } from '../../../core/core.ts'
import { createCore } from '../../../core/core.ts'
import type { Mail } from '../../../core/mail/mail.ts'
import type { Outbox } from '../../../core/mail/outbox.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { createSessionTokens } from '../../../core/sessions/session-token.ts'
import { createCodeHashes } from '../../../core/sign-in/code-hashes.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { createStaticKeyRing } from '../../../core/tokens/key-ring.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestStores, type StoreName } from '../../support/gateway.ts'

/** An outbox that delivers nothing and remembers everything. */
export class TestOutbox implements Outbox {
  readonly mails: { readonly mail: Mail; readonly expiresAt: Date }[] = []
  outcome: 'accepted' | 'flooded' = 'accepted'

  async post({ mail, expiresAt }: Parameters<Outbox['post']>[0]): Promise<'accepted' | 'flooded'> {
    if (this.outcome === 'accepted') this.mails.push({ mail, expiresAt })
    return this.outcome
  }

  counters(): never {
    throw new Error('nobody asks')
  }

  async waiting(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {}

  /** The six digits of the newest mail. */
  get code(): string {
    return /^\d{6}$/m.exec(this.mails.at(-1)?.mail.text ?? '')?.[0] ?? 'no code'
  }

  /** The link of the newest mail. */
  get link(): string {
    return /^https?:\S+$/m.exec(this.mails.at(-1)?.mail.text ?? '')?.[0] ?? 'no link'
  }
}

export const SECRETS = [new TextEncoder().encode('a secret for tests, of at least 32 bytes')]

export interface EmailParts {
  readonly core: Core
  readonly stores: Stores
  readonly clock: TestClock
  readonly outbox: TestOutbox
  readonly projectId: string
  readonly ports: CorePorts
  close(): Promise<void>
}

/** A core with an outbox that a test reads, over stores of this kind. */
export async function openEmailParts(
  store: StoreName,
  wrap: (stores: Stores) => Stores = (stores) => stores,
): Promise<EmailParts> {
  const opened = openTestStores(store, inject('redisUrl'))
  const stores = wrap(opened)
  const outbox = new TestOutbox()
  const clock = new TestClock()
  const ports = {
    chains: await createChains(),
    contractAccounts: null,
    stores,
    keys: createStaticKeyRing([]),
    apiKeys: createApiKeyFinder({ ...stores, clock }),
    sessionTokens: createSessionTokens(SECRETS),
    codeHashes: createCodeHashes(SECRETS),
    mail: outbox,
    clock,
    random: createSystemRandom(),
  }
  const projectId = `test-${randomUUID()}`
  return { core: createCore(ports), stores, clock, outbox, projectId, ports, close: () => opened.close() }
}

export const newEmail = (): string => `${randomUUID()}@example.test`
export const PLAIN = { kind: 'plain', ttlSeconds: 3600, device: null } as const
export const NONE = { kind: 'none' } as const

/** The refusal of this act, as its code. */
export async function refusalOf(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? String(error),
  )
}
