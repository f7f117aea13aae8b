import { describe, expect, it } from 'vitest'
import { createMemoryOutboxStore } from '../../../core/stores/memory/memory-outbox-store.ts'
import type { StoreSettings } from '../../../src/config/settings.ts'
import { createLogger } from '../../../src/logger.ts'
import { createLocalMailTransport } from '../../../src/mail/local-mailbox.ts'
import { openMail } from '../../../src/mail/open-mail.ts'
import { codeMail, random, SECRET } from '../../core/mail/fixtures.ts'
import { TestClock } from '../../support/clock.ts'

const redis: StoreSettings = {
  kind: 'redis',
  connection: {
    mode: 'single',
    node: { host: 'redis.example.com', port: 6379 },
    access: { username: null, password: null, db: 0, tls: false },
  },
  waitReplicas: 0,
}
const { signal } = new AbortController()

function openLog() {
  const lines: Record<string, unknown>[] = []
  return { lines, logger: createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) }) }
}

describe('the local mailbox', () => {
  it('keeps the last fifty mails, newest first', async () => {
    const { logger } = openLog()
    const clock = new TestClock()
    const { send, mailbox } = createLocalMailTransport({ kind: 'memory' }, { logger, clock })
    for (let index = 0; index < 60; index += 1) {
      clock.advance(1000)
      expect(await send(codeMail({ to: `user${index}@example.com` }), { id: `id${index}`, signal })).toEqual({
        outcome: 'sent',
      })
    }
    const kept = mailbox.list()
    expect(kept).toHaveLength(50)
    expect(kept[0]).toMatchObject({ id: 'id59', to: 'user59@example.com', receivedAt: clock.now() })
    expect(kept.at(-1)?.id).toBe('id10')
    expect(mailbox.find('id9')).toBeNull()
    expect(mailbox.find('id10')?.to).toBe('user10@example.com')
  })

  it('writes each mail to the log in one line, with what a developer needs', async () => {
    const { lines, logger } = openLog()
    const { send } = createLocalMailTransport({ kind: 'memory' }, { logger, clock: new TestClock() })
    await send(codeMail({ to: 'ada@example.com', code: '739154' }), { id: 'a', signal })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ to: 'ada@example.com', subject: 'Your sign-in code for My App' })
    expect(lines[0]?.['text']).toContain('739154')
    expect(lines[0]?.['html']).toBeUndefined()
  })

  it('refuses to work with any other store', () => {
    const { logger } = openLog()
    // @ts-expect-error: the types already refuse it
    expect(() => createLocalMailTransport(redis, { logger, clock: new TestClock() })).toThrow(TypeError)
  })
})

describe('openMail', () => {
  const open = (settings: {
    mail?: { smtpUrl: string; from: string } | null
    store?: StoreSettings
    publicUrl?: string
  }) => {
    const { lines, logger } = openLog()
    const { mail = null, store = { kind: 'memory' }, publicUrl = 'http://localhost:8787' } = settings
    const server = {
      host: '127.0.0.1',
      port: 8787,
      publicUrl,
      workers: 1,
      drainDelaySeconds: 0,
      trustedProxies: [],
      metricsPort: null,
      rateLimits: 'on',
      logLevel: 'info',
      playground: false,
    } as const
    const parts = { store: createMemoryOutboxStore(), clock: { now: () => new Date() }, random, logger }
    return { lines, ...openMail({ mail, store, secrets: [SECRET], server }, parts) }
  }
  const post = (outbox: ReturnType<typeof open>['outbox']) =>
    outbox?.post({
      projectId: 'demo',
      mail: codeMail({ code: '739154' }),
      expiresAt: new Date(Date.now() + 60_000),
    })

  it('in memory mode without SMTP_URL: the mailbox and the log', async () => {
    const { outbox, mailbox, lines } = open({})
    expect(await post(outbox)).toBe('accepted')
    await expect.poll(() => mailbox?.list()).toHaveLength(1)
    expect(JSON.stringify(lines)).toContain('739154')
    await outbox?.close()
  })

  it.each(['https://auth.example.com', 'http://203.0.113.7:8787'])(
    'under %s: the log alone, for whoever read the page could sign in as anybody',
    async (publicUrl) => {
      const { outbox, mailbox, lines } = open({ publicUrl })
      expect(mailbox).toBeNull()
      await post(outbox)
      await expect.poll(() => JSON.stringify(lines)).toContain('739154')
      await outbox?.close()
    },
  )

  it('with Redis and without SMTP_URL: nothing that takes a mail', () => {
    expect(open({ store: redis })).toMatchObject({ outbox: null, mailbox: null })
  })

  it.each<StoreSettings>([{ kind: 'memory' }, redis])(
    'with SMTP_URL: no mailbox, and neither code nor address nor password in the log (%o)',
    async (store) => {
      const mail = { smtpUrl: 'smtp://user:hunter2@127.0.0.1:1', from: 'no-reply@example.com' }
      const { outbox, mailbox, lines } = open({ mail, store })
      expect(mailbox).toBeNull()
      await post(outbox)
      await expect.poll(() => lines).toMatchObject([{ level: 40, reason: 'smtp_esocket' }])
      expect(JSON.stringify(lines)).not.toMatch(/739154|@|hunter2|127\.0\.0\.1/)
      await outbox?.close()
    },
  )
})
