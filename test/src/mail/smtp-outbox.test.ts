import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Mail } from '../../../core/mail/mail.ts'
import { createOutbox, type Outbox, type OutboxSettings } from '../../../core/mail/outbox.ts'
import { magicLinkMail } from '../../../core/mail/templates.ts'
import type { QueueEvent } from '../../../core/queue/delivery.ts'
import { createMemoryOutboxStore } from '../../../core/stores/memory/memory-outbox-store.ts'
import type { OutboxStore } from '../../../core/stores/outbox-store.ts'
import { systemTimer } from '../../../core/timer.ts'
import { createSmtpTransport, SMTP_LIMITS } from '../../../src/mail/smtp-transport.ts'
import {
  address,
  codeMail,
  newPrefix,
  openTestRedis,
  random,
  redisOutbox,
  sealer,
  whenReady,
} from '../../core/mail/fixtures.ts'
import { freePort } from '../../support/redis-server.ts'
import { smtpReply, startSmtpSink } from './smtp-sink.ts'

const MINUTE = 60_000
const QUICK: Partial<OutboxSettings> = { firstRetryMs: 20, maxRetryMs: 200, pollMs: 20, closeGraceMs: 200 }
const clock = { now: () => new Date() }

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function openOutbox(options: {
  smtpUrl: string
  store?: OutboxStore
  settings?: Partial<OutboxSettings>
  limits?: Partial<typeof SMTP_LIMITS>
  from?: string
}): { outbox: Outbox; events: QueueEvent[]; post(mail: Mail, lifeMs?: number): Promise<string> } {
  const events: QueueEvent[] = []
  const { smtpUrl, from = 'My App <no-reply@auth.example.com>', store = createMemoryOutboxStore() } = options
  const outbox = createOutbox(
    {
      store,
      transport: createSmtpTransport({ smtpUrl, from }, { ...SMTP_LIMITS, ...options.limits }),
      sealer,
      clock,
      random,
      timer: systemTimer,
      report: (event) => void events.push(event),
    },
    { ...QUICK, ...options.settings },
  )
  closing.push(() => outbox.close())
  const post = (mail: Mail, lifeMs = MINUTE) =>
    outbox.post({ projectId: 'demo', mail, expiresAt: new Date(Date.now() + lifeMs) })
  return { outbox, events, post }
}

async function sink(options: Parameters<typeof startSmtpSink>[0] = {}) {
  const server = await startSmtpSink(options)
  closing.push(() => server.stop())
  return server
}

/** A server that does with its sockets what the test says. */
async function rawServer(onSocket: (socket: Socket, count: number) => void): Promise<{ url: string; server: Server }> {
  const sockets = new Set<Socket>()
  let count = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    count += 1
    onSocket(socket, count)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const at = server.address()
  if (at === null || typeof at === 'string') throw new Error('no port')
  return { url: `smtp://127.0.0.1:${at.port}`, server }
}

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 10_000, interval: 10 })

describe('a mail that arrives', () => {
  it('says what was posted, in text and in HTML, with headers that say it is automatic', async () => {
    const server = await sink()
    const { outbox, post } = openOutbox({ smtpUrl: server.url })
    const mail = codeMail({ to: 'ada@example.com', projectName: 'Zażółć 東京 & Söhne', code: '048213' })
    await post(mail)
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    const [received] = server.mails
    expect(received).toMatchObject({ from: 'no-reply@auth.example.com', to: ['ada@example.com'] })
    const { email } = received ?? {}
    expect(email?.subject).toBe('Your sign-in code for Zażółć 東京 & Söhne')
    expect(email?.from).toEqual({ name: 'My App', address: 'no-reply@auth.example.com' })
    expect(email?.to).toEqual([{ name: '', address: 'ada@example.com' }])
    expect(email?.text?.trim()).toBe(mail.text.trim())
    expect(email?.html?.trim()).toBe(mail.html.trim())
    expect(email?.attachments).toEqual([])
    const headers = Object.fromEntries(email?.headers.map(({ key, value }) => [key, value]) ?? [])
    expect(headers['auto-submitted']).toBe('auto-generated')
    expect(headers['message-id']).toMatch(/^<[0-9a-f]{32}@auth\.example\.com>$/)
    expect(headers['x-mailer']).toBeUndefined()
    expect(headers['content-type']).toContain('multipart/alternative')
  })

  it('keeps a long link whole', async () => {
    const server = await sink()
    const { outbox, post } = openOutbox({ smtpUrl: server.url })
    const link = `https://app.example.com/callback?token=${'aZ0-_=.&'.repeat(150)}end`
    await post(magicLinkMail({ to: address('ada@example.com'), projectName: 'My App', link, validMinutes: 60 }))
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(server.mails[0]?.email.text).toContain(link)
    for (const line of server.mails[0]?.raw.split('\r\n') ?? []) expect(line.length).toBeLessThanOrEqual(998)
  })

  it('has one recipient and no header of a stranger’s, whatever is in the sealed mail', async () => {
    // The types and the templates keep such a mail from being made. The transport is the second wall.
    const server = await sink()
    const { outbox, post } = openOutbox({ smtpUrl: server.url })
    const mail = codeMail({ to: 'ada@example.com' })
    await post({ ...mail, subject: 'Hello\r\nBcc: eve@example.com\r\n\r\nbody' })
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(server.mails[0]?.to).toEqual(['ada@example.com'])
    expect(server.mails[0]?.email.bcc ?? []).toEqual([])
    expect(server.mails[0]?.raw).not.toMatch(/^bcc:/im)
  })

  it('travels over few connections that are kept', async () => {
    const server = await sink()
    const { outbox, post } = openOutbox({ smtpUrl: server.url })
    for (let index = 0; index < 20; index += 1) await post(codeMail())
    await eventually(() => expect(outbox.counters().sent).toBe(20))
    expect(server.connections()).toBeLessThanOrEqual(4)
    expect(new Set(server.mails.map(({ to }) => to[0])).size).toBe(20)
  })
})

describe('a server that is not there', () => {
  it('is not waited for; the mail arrives once it is', async () => {
    const port = await freePort()
    const { outbox, events, post } = openOutbox({ smtpUrl: `smtp://127.0.0.1:${port}` })
    const started = performance.now()
    expect(await post(codeMail({ to: 'ada@example.com' }))).toBe('accepted')
    expect(performance.now() - started).toBeLessThan(50)
    await eventually(() => expect(outbox.counters().retried).toBeGreaterThanOrEqual(2))
    const server = await sink({ port })
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(server.mails).toHaveLength(1)
    expect(events[0]).toMatchObject({ kind: 'deferred', reason: 'smtp_esocket' })
    expect(JSON.stringify(events)).not.toMatch(/ada|example|127\.0\.0\.1/)
  })

  it('gets no mail that expired meanwhile', async () => {
    const port = await freePort()
    const { outbox, post } = openOutbox({ smtpUrl: `smtp://127.0.0.1:${port}` })
    await post(codeMail(), 300)
    await eventually(() => expect(outbox.counters().dropped).toBe(1))
    const server = await sink({ port })
    await post(codeMail({ to: 'later@example.com' }))
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(server.mails.map(({ to }) => to)).toEqual([['later@example.com']])
  })
})

describe('a server that falls silent', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['before its greeting', () => {}],
    ['after its greeting', (socket) => socket.write('220 ready\r\n')],
  ])('%s is left, and asked again', async (_, silence) => {
    const { url } = await rawServer((socket, count) => {
      if (count <= 1) return silence(socket)
      speak(socket)
    })
    const limits = { greetingTimeoutMs: 150, socketTimeoutMs: 150 }
    const { outbox, events, post } = openOutbox({ smtpUrl: url, limits })
    await post(codeMail())
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(events[0]).toMatchObject({ kind: 'deferred', reason: 'smtp_etimedout' })
  })

  it('after the whole mail is left, and the mail sent again under the same Message-ID', async () => {
    const server = await sink({ accept: (attempt) => (attempt === 1 ? 'stall' : null) })
    const { outbox, post } = openOutbox({ smtpUrl: server.url, limits: { socketTimeoutMs: 500 } })
    await post(codeMail())
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(server.mails).toHaveLength(1)
    const ids = server.heard.map((raw) => /^message-id: (.+)$/im.exec(raw)?.[1])
    expect(ids.length).toBeGreaterThanOrEqual(2)
    expect(ids[0]).toMatch(/^<[0-9a-f]{32}@/)
    expect(new Set(ids).size).toBe(1)
  })

  it('by trickling, which no silence betrays, is left at the deadline', async () => {
    const { url } = await rawServer((socket, count) => {
      if (count > 1) return speak(socket)
      socket.write('220 ready\r\n')
      socket.once('data', () => {
        const trickle = setInterval(() => socket.write('250-still thinking\r\n'), 20)
        socket.once('close', () => clearInterval(trickle))
      })
    })
    const settings = { sendDeadlineMs: 300, leaseMs: 5000 }
    const { outbox, events, post } = openOutbox({ smtpUrl: url, settings })
    await post(codeMail())
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(events[0]).toMatchObject({ kind: 'deferred', reason: 'smtp_eabort' })
  })
})

describe('a server that refuses', () => {
  it.each([
    ['for now after the mail', { accept: (attempt: number) => (attempt <= 2 ? smtpReply(451, 'try later') : null) }],
  ])('%s is asked again', async (_, options) => {
    const server = await sink(options)
    const { outbox, events, post } = openOutbox({ smtpUrl: server.url })
    await post(codeMail({ to: 'ada@example.com' }))
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(outbox.counters()).toMatchObject({ retried: 2, dropped: 0 })
    expect(events.slice(0, 2)).toMatchObject([{ reason: 'smtp_451' }, { reason: 'smtp_451' }])
    expect(server.mails).toHaveLength(1)
  })

  it('the recipient for now (greylisting) is asked again', async () => {
    let asked = 0
    const server = await sink({
      onRcptTo(_address, _session, done) {
        asked += 1
        done(asked <= 2 ? smtpReply(450, 'greylisted, ada@example.com') : null)
      },
    })
    const { outbox, events, post } = openOutbox({ smtpUrl: server.url })
    await post(codeMail({ to: 'ada@example.com' }))
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(server.mails).toHaveLength(1)
    expect(JSON.stringify(events)).not.toContain('ada')
  })

  it('the recipient for good is believed, and others get their mail', async () => {
    const server = await sink({
      onRcptTo({ address: to }, _session, done) {
        done(to.startsWith('nobody') ? smtpReply(550, `no such user ${to}`) : null)
      },
    })
    const { outbox, events, post } = openOutbox({ smtpUrl: server.url, settings: { concurrency: 1 } })
    await post(codeMail({ to: 'nobody@example.com' }))
    await post(codeMail({ to: 'ada@example.com' }))
    await eventually(() => expect(outbox.counters()).toMatchObject({ sent: 1, dropped: 1, retried: 0 }))
    expect(server.mails.map(({ to }) => to)).toEqual([['ada@example.com']])
    expect(events).toContainEqual(expect.objectContaining({ kind: 'dropped', reason: 'smtp_550', attempt: 1 }))
    expect(JSON.stringify(events)).not.toMatch(/nobody|example/)
    expect(await outbox.waiting()).toBe(0)
  })

  it('the mail for good is believed', async () => {
    const server = await sink({ accept: () => smtpReply(554, 'smells of spam') })
    const { outbox, post } = openOutbox({ smtpUrl: server.url })
    await post(codeMail())
    await eventually(() => expect(outbox.counters()).toMatchObject({ sent: 0, dropped: 1, retried: 0 }))
    expect(server.mails).toEqual([])
  })

  it('the sender, whatever the code, is asked again: that is a setting, not the recipient', async () => {
    let isFixed = false
    const server = await sink({
      onMailFrom(_address, _session, done) {
        done(isFixed ? null : smtpReply(550, 'sender not allowed'))
      },
    })
    const { outbox, post } = openOutbox({ smtpUrl: server.url })
    await post(codeMail())
    await eventually(() => expect(outbox.counters().retried).toBeGreaterThanOrEqual(2))
    expect(outbox.counters().dropped).toBe(0)
    isFixed = true
    await eventually(() => expect(outbox.counters().sent).toBe(1))
  })

  it('the login is asked again, and the password stays out of every report', async () => {
    let isFixed = false
    const seen: string[] = []
    const server = await sink({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth({ username = '', password = '' }, _session, done) {
        seen.push(`${username}:${password}`)
        done(null, isFixed ? { user: username } : {})
      },
    })
    const smtpUrl = `smtp://user%40host:p%3Ass%25@127.0.0.1:${server.port}`
    const { outbox, events, post } = openOutbox({ smtpUrl })
    await post(codeMail())
    await eventually(() => expect(outbox.counters().retried).toBeGreaterThanOrEqual(1))
    expect(events[0]).toMatchObject({ kind: 'deferred', reason: 'smtp_535' })
    isFixed = true
    await eventually(() => expect(outbox.counters().sent).toBe(1))
    expect(new Set(seen)).toEqual(new Set(['user@host:p:ss%']))
    expect(JSON.stringify(events)).not.toMatch(/p:ss|p%3A|user/)
  })

  it('TLS gets neither password nor mail when TLS is required', async () => {
    const seen: string[] = []
    const server = await sink({
      allowInsecureAuth: true,
      onAuth({ username = '' }, _session, done) {
        seen.push(username)
        done(null, { user: username })
      },
    })
    const smtpUrl = `smtp://user:secret@127.0.0.1:${server.port}?requireTLS=true`
    const { outbox, post } = openOutbox({ smtpUrl })
    await post(codeMail())
    await eventually(() => expect(outbox.counters().retried).toBeGreaterThanOrEqual(2))
    expect(seen).toEqual([])
    expect(server.mails).toEqual([])
  })

  it('to prove who it is gets nothing: a certificate nobody vouches for', async () => {
    // The certificate that smtp-server brings along.
    const server = await sink({ disabledCommands: [] })
    const { outbox, events, post } = openOutbox({ smtpUrl: server.url })
    await post(codeMail())
    await eventually(() => expect(outbox.counters().retried).toBeGreaterThanOrEqual(2))
    expect(events[0]).toMatchObject({ kind: 'deferred' })
    expect(server.mails).toEqual([])
  })
})

describe('a server that is killed in the middle', () => {
  it('is not hammered when it always hangs up: the next attempt is the outbox’s, with its delays', async () => {
    let connections = 0
    const { url } = await rawServer((socket, count) => {
      connections = count
      socket.destroy()
    })
    const { outbox, post } = openOutbox({ smtpUrl: url })
    await post(codeMail())
    await eventually(() => expect(outbox.counters().retried).toBeGreaterThanOrEqual(2))
    expect(connections).toBeLessThanOrEqual(2 * (outbox.counters().retried + 1))
  })

  it('gets every mail in the end', async () => {
    const { url } = await rawServer((socket, count) => {
      if (count > 4) return speak(socket)
      // Cut after ever more of the conversation.
      socket.write('220 ready\r\n')
      let heard = 0
      socket.on('data', () => {
        heard += 1
        if (heard >= count) socket.destroy()
        else socket.write(heard === 4 ? '354 go on\r\n' : '250 fine\r\n')
      })
    })
    const { outbox, post } = openOutbox({ smtpUrl: url, settings: { concurrency: 1 } })
    for (let index = 0; index < 3; index += 1) await post(codeMail())
    await eventually(() => expect(outbox.counters()).toMatchObject({ sent: 3, dropped: 0 }))
    expect(await outbox.waiting()).toBe(0)
  })

  it('and comes back gets what it had not taken', async () => {
    const port = await freePort()
    const first = await startSmtpSink({ port, accept: () => 'stall' })
    const { outbox, post } = openOutbox({ smtpUrl: `smtp://127.0.0.1:${port}` })
    for (let index = 0; index < 6; index += 1) await post(codeMail({ to: `user${index}@example.com` }))
    await eventually(() => expect(first.connections()).toBeGreaterThanOrEqual(4))
    await first.stop()
    const second = await sink({ port })
    await eventually(() => expect(outbox.counters().sent).toBe(6))
    expect(second.mails.map(({ to }) => to[0]).toSorted()).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => `user${n}@example.com`),
    )
  })
})

describe('over Redis', () => {
  const client = openTestRedis()
  const other = openTestRedis()
  beforeAll(async () => void (await Promise.all([client, other].map(whenReady))))
  afterAll(() => {
    client.disconnect()
    other.disconnect()
  })

  it('two processes deliver each of 200 mails once', async () => {
    const server = await sink()
    const prefix = newPrefix()
    const processes = [client, other].map((redis) =>
      openOutbox({ smtpUrl: server.url, store: redisOutbox(redis, prefix) }),
    )
    const addresses = Array.from({ length: 200 }, (_, index) => `user${index}@example.com`)
    await Promise.all(addresses.map((to, index) => processes[index % 2]?.post(codeMail({ to }))))
    const sent = () => processes.map(({ outbox }) => outbox.counters().sent)
    await eventually(() => expect(sent().reduce((a, b) => a + b)).toBe(200))
    expect(server.mails.map(({ to }) => to[0]).toSorted()).toEqual(addresses.toSorted())
    for (const count of sent()) expect(count).toBeGreaterThan(0)
    expect(await processes[0]?.outbox.waiting()).toBe(0)
  })

  it('keeps neither code nor address where Redis or a dump of it shows them', async () => {
    const prefix = newPrefix()
    const port = await freePort()
    const { outbox, post } = openOutbox({ smtpUrl: `smtp://127.0.0.1:${port}`, store: redisOutbox(client, prefix) })
    const to = 'grace.hopper@navy.example'
    await post(codeMail({ to, code: '604918', projectName: 'Compiler' }))
    await eventually(() => expect(outbox.counters().retried).toBeGreaterThanOrEqual(1))
    const keys = await client.keys(`${prefix}:*`)
    expect(keys).toHaveLength(3)
    const contents = await Promise.all(
      keys.map(async (key) => {
        const dump = await client.dumpBuffer(key)
        const fields = key.endsWith('queue')
          ? await client.zrangebyscore(key, '-inf', '+inf')
          : Object.values(await client.hgetall(key))
        const decoded = fields.map((field) => Buffer.from(field, 'base64').toString('latin1'))
        return [key, dump?.toString('latin1') ?? '', ...fields, ...decoded].join('\n')
      }),
    )
    expect(contents.join('\n')).not.toMatch(/604918|grace|hopper|navy|Compiler|demo/)
    // The scan sees what is there: the same, in the clear, would be found.
    expect(contents.join('\n')).toContain('outbox')
  })

  it('a mail outlives the process that accepted it', async () => {
    const prefix = newPrefix()
    const port = await freePort()
    const first = openOutbox({ smtpUrl: `smtp://127.0.0.1:${port}`, store: redisOutbox(client, prefix) })
    await first.post(codeMail({ to: 'ada@example.com' }))
    await eventually(() => expect(first.outbox.counters().retried).toBeGreaterThanOrEqual(1))
    await first.outbox.close()
    const server = await sink({ port })
    const second = openOutbox({ smtpUrl: server.url, store: redisOutbox(other, prefix) })
    await eventually(() => expect(second.outbox.counters().sent).toBe(1))
    expect(server.mails.map(({ to }) => to)).toEqual([['ada@example.com']])
  })
})

/** The least of SMTP that takes a mail. */
function speak(socket: Socket): void {
  socket.write('220 ready\r\n')
  let buffered = ''
  let isInData = false
  socket.on('data', (chunk) => {
    buffered += chunk.toString()
    for (;;) {
      const end = buffered.indexOf(isInData ? '\r\n.\r\n' : '\r\n')
      if (end < 0) return
      const line = buffered.slice(0, end)
      buffered = buffered.slice(end + (isInData ? 5 : 2))
      if (isInData) {
        isInData = false
        socket.write('250 taken\r\n')
      } else if (/^DATA/i.test(line)) {
        isInData = true
        socket.write('354 go on\r\n')
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
      else socket.write('250 fine\r\n')
    }
  })
}
