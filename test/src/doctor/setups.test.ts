import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import type { SMTPServerOptions } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { CHECKS } from '../../../src/doctor/checks.ts'
import { OLDEST_NODE } from '../../../src/doctor/process.ts'
import { createLogger } from '../../../src/logger.ts'
import { startServer } from '../../../src/server.ts'
import { type Anvil, startAnvil } from '../../support/evm/anvil.ts'
import { type Fault, honest, httpAnswer, spoiled, startFaultyRpc } from '../../support/evm/faulty-rpc.ts'
import { freePort } from '../../support/redis-server.ts'
import { smtpReply, startSmtpSink } from '../mail/smtp-sink.ts'
import { type Forwarding, startForwardingProxy } from './forwarding-proxy.ts'
import { type Env, examine, HUSH, of, opened, patientEnv, seenWrong, untrustedCertificate } from './patient.ts'

/** A first start: memory, and nothing said but this. */
const memory = async (env: Env = {}): Promise<Env> => ({ PORT: String(await freePort()), ...env })

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'walletgate-doctor-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A server of these settings, as `start` would run it. */
async function started(env: Env): Promise<void> {
  const settings = loadConfig(env, (path) => readFileSync(path, 'utf8'), createSystemRandom())
  await opened(startServer(settings, createLogger('silent')))
}

/** Listens on a port of this machine until the test ends. */
async function listening<T extends Server>(server: T): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Takes connections, and says nothing on them. */
const mute = () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
  })
  return listening(server)
}

describe('settings', () => {
  it('that cannot be used: every fault with its remedy, as a start lists them', async () => {
    const findings = await examine({
      PORT: HUSH,
      REDIS_URL: `redis://u:${HUSH}%@cache`,
      SMTP_URL: `smtp://u:${HUSH}@mail?verify=no`,
      WALLETGATE_SECRET: HUSH,
    })
    const faults = findings.filter(({ check, outcome }) => check === 'configuration' && outcome === 'fail')
    expect(faults.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(['PORT', 'REDIS_URL', 'SMTP_URL', 'WALLETGATE_SECRET', 'PROJECT_ID']),
    )
    expect(faults.every(({ remedy }) => remedy !== null)).toBe(true)
    expect(of(findings, 'node.version')).toHaveLength(1)
  })

  it('that are probably not meant', async () => {
    const findings = await examine(await memory({ RATE_LIMITS: 'off' }))
    expect(of(findings, 'configuration')).toContainEqual(expect.stringMatching(/^warn RATE_LIMITS is off/))
  })

  it('of production that let others in', async () => {
    const env = { ...(await patientEnv(inject('redisUrl'))), NODE_ENV: 'production' }
    const wrong = await examine({
      ...env,
      PUBLIC_URL: 'http://gate.example.invalid',
      ALLOWED_ORIGINS: 'http://app.example.invalid',
    })
    expect(of(wrong, 'public.https')).toEqual([expect.stringMatching(/^fail .*plain http/)])
    expect(of(wrong, 'origins')).toEqual([expect.stringMatching(/^fail http:\/\/app\.example\.invalid/)])
    const local = await examine({ ...env, ALLOWED_ORIGINS: 'https://app.example.invalid,http://localhost:3000' })
    expect(of(local, 'public.https')).toEqual([expect.stringMatching(/^warn PUBLIC_URL names this machine/)])
    expect(of(local, 'origins')).toEqual([expect.stringMatching(/^warn http:\/\/localhost:3000/)])
  })

  it('of a Redis deployment without NODE_ENV', async () => {
    expect(of(await examine(await patientEnv(inject('redisUrl'))), 'node.env')).toEqual(['warn NODE_ENV is not set'])
    expect(of(await examine(await memory()), 'node.env')).toEqual([expect.stringMatching(/^ok /)])
  })
})

describe('the process', () => {
  it('on an old Node.js', async () => {
    const findings = await examine(await memory(), { nodeVersion: 'v20.18.3' })
    expect(of(findings, 'node.version')).toEqual(['fail v20.18.3 is too old'])
    const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
    expect(engines.node).toBe(`>=${OLDEST_NODE.join('.')}`)
  })
})

describe('files', () => {
  it('of projects that everybody can read', async () => {
    const path = join(folder(), 'projects.json')
    const project = { id: 'a', name: 'A', allowedOrigins: ['https://a.example'], walletkit: { projectId: 'a' } }
    writeFileSync(path, JSON.stringify({ projects: [project] }))
    chmodSync(path, 0o644)
    const env = await memory({ WALLETGATE_CONFIG: path })
    expect(of(await examine(env), 'projects.file')).toEqual([expect.stringMatching(/^warn .*\(mode 0644\)/)])
    chmodSync(path, 0o640)
    expect(of(await examine(env), 'projects.file')).toEqual(['ok mode 0640'])
  })

  it('of facts that cannot be written', async () => {
    const path = folder()
    const say = async (log: string) => of(await examine(await memory({ AUDIT_LOG: join(path, log) })), 'audit.log')
    expect(await say('no/such/folder/facts.log')).toEqual(['fail It cannot be written (enoent)'])
    mkdirSync(join(path, 'facts'))
    expect(await say('facts')).toEqual(['fail It cannot be written (eisdir)'])
    expect(await say('facts.log')).toEqual([expect.stringMatching(/^ok|^warn Its disk/)])
    expect(existsSync(join(path, 'facts.log'))).toBe(false)
  })
})

describe('a mail server', () => {
  const say = async (smtpUrl: string, from = 'no-reply@example.com') =>
    examine(await memory({ SMTP_URL: smtpUrl, MAIL_FROM: from }))

  it('that is well, and sends nothing for it', async () => {
    const rcpts: string[] = []
    const heard: string[] = []
    const sink = await opened(
      startSmtpSink({
        authOptional: false,
        onAuth: ({ username = '', password = '' }, _, done) => {
          heard.push(`${username}:${password}`)
          done(null, { user: username })
        },
        onMailFrom: ({ address }, _, done) => {
          heard.push(address)
          done()
        },
        onRcptTo: ({ address }, _, done) => {
          rcpts.push(address)
          done()
        },
      }),
    )
    const findings = await say(`smtp://u:${HUSH}@127.0.0.1:${sink.port}`, 'My App <gate@example.com>')
    expect(findings.filter(({ check }) => check.startsWith('mail.')).map(({ outcome }) => outcome)).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ])
    expect(heard).toEqual([`u:${HUSH}`, 'gate@example.com'])
    expect([rcpts, sink.heard]).toEqual([[], []])
  })

  it('that is not there, or says nothing', async () => {
    const [gone, silent] = await Promise.all([
      say(`smtp://127.0.0.1:${await freePort()}`),
      say(`smtp://127.0.0.1:${await mute()}`),
    ])
    expect(of(gone, 'mail.reachable')).toEqual([expect.stringMatching(/^fail .*\(econnrefused\)/)])
    expect(of(silent, 'mail.reachable')).toEqual([expect.stringMatching(/^fail .*does not answer/)])
  })

  it('that refuses the password, or wants one', async () => {
    const sink = await opened(
      startSmtpSink({ authOptional: false, onAuth: (_, __, done) => done(smtpReply(535, `no ${HUSH}`)) }),
    )
    expect(of(await say(`smtp://u:${HUSH}@127.0.0.1:${sink.port}`), 'mail.auth')).toEqual([
      expect.stringMatching(/^fail It refuses the user or the password \(535\)/),
    ])
    expect(of(await say(sink.url), 'mail.auth')).toEqual(['fail It wants a user and a password'])
  })

  it.each<[string, string, SMTPServerOptions, RegExp]>([
    ['has no STARTTLS', 'smtp://HOST?requireTLS=true', {}, /^fail It does not speak the TLS/],
    ['does not begin with TLS', 'smtps://HOST', {}, /^fail It does not speak the TLS/],
    [
      'shows a certificate that nobody trusts',
      'smtps://HOST',
      { secure: true },
      /^fail Its certificate is not accepted/,
    ],
    [
      'shows one after STARTTLS',
      'smtp://HOST?requireTLS=true',
      { disabledCommands: [] },
      /^fail Its certificate is not accepted/,
    ],
  ])('that %s', async (_, url, options, expected) => {
    const sink = await opened(startSmtpSink({ ...options, ...untrustedCertificate() }))
    const findings = await say(url.replace('HOST', `localhost:${sink.port}`))
    expect(of(findings, 'mail.tls')).toEqual([expect.stringMatching(expected)])
  })

  it('that does not let us send as MAIL_FROM', async () => {
    const sink = await opened(startSmtpSink({ onMailFrom: (_, __, done) => done(smtpReply(553, 'not yours')) }))
    expect(of(await say(sink.url), 'mail.sender')).toEqual([expect.stringMatching(/^fail .*MAIL_FROM \(553\)/)])
  })
})

describe('RPC servers', () => {
  let anvil: Anvil
  beforeAll(async () => {
    anvil = await startAnvil(31_337)
  })
  afterAll(() => anvil.stop())
  const say = async (...urls: string[]) =>
    examine(await memory({ EVM_RPC_URLS: JSON.stringify({ 'eip155:31337': urls }) }))
  const sayOf = async (fault: Fault) => say((await opened(startFaultyRpc(anvil.url, fault))).url)

  it('that are well', async () => {
    const findings = await say(anvil.url)
    for (const check of ['rpc.reachable', 'rpc.chain', 'rpc.calls', 'rpc.head'] as const) {
      expect(of(findings, check)).toEqual([expect.stringMatching(/^ok eip155:31337, server 1: /)])
    }
  })

  it('that are not there, or never answer: each by its place, with no part of its URL', async () => {
    const findings = await say(
      anvil.url,
      `http://127.0.0.1:${await freePort()}/${HUSH}`,
      `http://127.0.0.1:${await mute()}/${HUSH}`,
    )
    expect(of(findings, 'rpc.reachable')).toEqual([
      'ok eip155:31337, server 1: answers',
      'fail eip155:31337, server 2: No answer that can be used (rpc_unreachable)',
      'fail eip155:31337, server 3: No answer that can be used (rpc_timeout)',
    ])
  })

  it('that serve another chain', async () => {
    const findings = await examine(await memory({ EVM_RPC_URLS: JSON.stringify({ 'eip155:1': anvil.url }) }))
    expect(of(findings, 'rpc.chain')).toEqual(['fail eip155:1, server 1: It serves another chain'])
  })

  it('that refuse our call', async () => {
    const error = { code: -32_601, message: 'contract creation is not allowed' }
    const refusing: Fault = (exchange) =>
      exchange.body.method === 'eth_call'
        ? void exchange.socket.write(httpAnswer(JSON.stringify({ jsonrpc: '2.0', id: exchange.body.id, error })))
        : honest(exchange)
    expect(of(await sayOf(refusing), 'rpc.calls')).toEqual([expect.stringMatching(/^fail .*refuses our eth_call/)])
  })

  it('that are slow', async () => {
    const slow: Fault = async (exchange) => {
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      await honest(exchange)
    }
    expect(of(await sayOf(slow), 'rpc.speed')).toEqual([expect.stringMatching(/^warn .*: \d+ ms/)])
  })

  it('that are stuck, or ahead of our clock', async () => {
    const at = (seconds: number) =>
      spoiled((text) => text.replace(/"timestamp":"0x[0-9a-f]+"/, `"timestamp":"0x${seconds.toString(16)}"`))
    const now = Math.round(Date.now() / 1000)
    expect(of(await sayOf(at(now - 7_200)), 'rpc.head')).toEqual([expect.stringMatching(/^warn .*: 72\d\d s old/)])
    // Another name of this machine: a chain elsewhere does not stand still while nobody uses it.
    const elsewhere = (await opened(startFaultyRpc(anvil.url, at(now - 7_200)))).url.replace('127.0.0.1', '0.0.0.0')
    expect(of(await say(elsewhere), 'rpc.head')).toEqual([expect.stringMatching(/^fail .*: 72\d\d s old/)])
    expect(of(await sayOf(at(now + 600)), 'rpc.head')).toEqual([expect.stringMatching(/^warn .*ahead of our clock/)])
  })
})

describe('the way in', () => {
  it('leads here: this server proves itself, without a proxy in between', async () => {
    const env = await patientEnv(inject('redisUrl'))
    await started(env)
    const findings = await examine(env)
    expect(of(findings, 'server.port')).toEqual(['ok this server listens'])
    expect(of(findings, 'public.reaches')).toEqual(['ok this deployment'])
    expect(of(findings, 'public.proxies')).toEqual([expect.stringMatching(/^ok none in front/)])
    expect(of(findings, 'clock')).toContain('ok the server: as ours')
  })

  it('leads to a server whose clock is wrong', async () => {
    const env = await patientEnv(inject('redisUrl'))
    await started(env)
    const findings = await examine(env, { now: () => Date.now() + 60_000 })
    expect(of(findings, 'clock')).toContain('fail the server: 60 s behind ours')
  })

  it('leads to another Walletgate, or one that cannot be told from ours', async () => {
    const env = await patientEnv(inject('redisUrl'))
    await started(env)
    const other = {
      ...env,
      PROJECT_ID: 'doctor-other',
      WALLETGATE_SECRET: `${HUSH}-${randomBytes(32).toString('hex')}`,
    }
    const findings = await examine(other)
    expect(of(findings, 'server.port')).toEqual(['fail A Walletgate with another secret listens'])
    expect(of(findings, 'public.reaches')).toEqual([expect.stringMatching(/^fail Another Walletgate answers/)])

    const first = await memory()
    await started(first)
    expect(of(await examine(first), 'public.reaches')).toEqual([expect.stringMatching(/^unknown A Walletgate answers/)])
  })

  it('leads to something else, which has taken our port', async () => {
    const port = await listening(createHttpServer((_, answer) => void answer.writeHead(404).end('nothing here')))
    const findings = await examine({ ...(await patientEnv(inject('redisUrl'))), PORT: String(port) })
    expect(of(findings, 'server.port')).toEqual(['fail Something else listens'])
    expect(of(findings, 'public.reaches')).toEqual([expect.stringMatching(/^fail .*no Walletgate \(status 404\)/)])
  })

  it('leads nowhere', async () => {
    const env = await patientEnv(inject('redisUrl'))
    const elsewhere = { ...env, PUBLIC_URL: `http://127.0.0.1:${await freePort()}` }
    expect(of(await examine(elsewhere), 'public.reaches')).toEqual([
      expect.stringMatching(/^warn .*no server runs on this machine/),
    ])
    await started(env)
    expect(of(await examine(elsewhere), 'public.reaches')).toEqual([expect.stringMatching(/^fail Nobody answers/)])
    const unnamed = { ...env, PUBLIC_URL: 'https://gate.example.invalid' }
    expect(of(await examine(unnamed), 'public.reaches')).toEqual([expect.stringMatching(/^fail Nobody answers/)])
  })

  it('shows the metrics too', async () => {
    // Another name of this machine, which is none of those that mean it.
    const port = String(await freePort())
    const patient = {
      ...(await patientEnv(inject('redisUrl'))),
      HOST: '0.0.0.0',
      PORT: port,
      PUBLIC_URL: `http://0.0.0.0:${port}`,
      METRICS_PORT: String(await freePort()),
    }
    expect(of(await examine(patient), 'metrics.port')).toEqual([expect.stringMatching(/^ok does not answer/)])
    await started(patient)
    expect(of(await examine(patient), 'metrics.port')).toEqual([expect.stringMatching(/^warn It answers/)])
  })
})

describe('proxies in front', () => {
  /** A server behind proxies, the innermost first, and what is said of TRUSTED_PROXIES. */
  async function say(
    trusted: string,
    ...chain: { readonly forwarding: Forwarding; readonly address?: string }[]
  ): Promise<readonly string[]> {
    const own = await freePort()
    const env = { ...(await patientEnv(inject('redisUrl'))), PORT: String(own), TRUSTED_PROXIES: trusted }
    let target = { host: '127.0.0.1', port: own }
    for (const link of chain) {
      const { port } = await opened(startForwardingProxy(target, link))
      target = { host: link.address ?? '127.0.0.1', port }
    }
    const patient = { ...env, PUBLIC_URL: `http://${target.host}:${target.port}` }
    await started(patient)
    return of(await examine(patient), 'public.proxies')
  }
  const INNER = { forwarding: 'append', address: '127.0.0.2' } as const
  const OUTER = { forwarding: 'append', address: '127.0.0.3' } as const

  it('that are trusted', async () => {
    expect(await say('127.0.0.2', INNER)).toEqual([expect.stringMatching(/^ok 1 in front/)])
    expect(await say('127.0.0.2,127.0.0.3', INNER, { ...OUTER, forwarding: 'replace' })).toEqual([
      expect.stringMatching(/^ok 2 in front/),
    ])
  })

  it.each([
    ['', 'nobody'],
    ['10.0.0.0/8', 'others'],
  ])('of which TRUSTED_PROXIES %j names %s', async (trusted) => {
    expect(await say(trusted, INNER)).toEqual([
      expect.stringMatching(/^fail .*127\.0\.0\.2, which TRUSTED_PROXIES does not name/),
    ])
  })

  it('of which the outer one is not trusted', async () => {
    expect(await say('127.0.0.2', INNER, OUTER)).toEqual([expect.stringMatching(/^fail 127\.0\.0\.3 is a proxy too/)])
  })

  it('that pass on what callers claim', async () => {
    expect(await say('127.0.0.2', { ...INNER, forwarding: 'pass' })).toEqual([
      expect.stringMatching(/^fail .*made up was believed/),
    ])
  })

  it('that say nothing of whom they speak for', async () => {
    expect(await say('127.0.0.2', { ...INNER, forwarding: 'drop' })).toEqual([
      expect.stringMatching(/^fail .*sends no X-Forwarded-For/),
    ])
    expect(await say('', { ...INNER, forwarding: 'drop' })).toEqual([
      expect.stringMatching(/^warn .*without X-Forwarded-For/),
    ])
  })

  it('that cannot be judged from one of their own addresses', async () => {
    expect(await say('127.0.0.0/8', INNER)).toEqual([expect.stringMatching(/^unknown .*look from outside/)])
    expect(await say('127.0.0.0/8')).toEqual([expect.stringMatching(/^unknown .*look from outside/)])
  })
})

describe('webhooks', () => {
  async function say(env: Env, ...webhooks: readonly object[]) {
    const path = join(folder(), 'projects.json')
    const project = { id: 'a', name: 'A', allowedOrigins: ['https://a.example'], walletkit: { projectId: 'a' } }
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    const list = webhooks.map((webhook) => ({ secret, ...webhook }))
    writeFileSync(path, JSON.stringify({ projects: [{ ...project, webhooks: list }] }), { mode: 0o600 })
    return of(await examine({ ...(await memory()), ...env, WALLETGATE_CONFIG: path }), 'webhooks')
  }

  it('that nobody takes, that are private, whose certificate nobody trusts; and nothing is said to any', async () => {
    const heard: string[] = []
    const tls = createTlsServer(untrustedCertificate(), (socket) =>
      socket.on('data', (data) => heard.push(String(data))),
    )
    tls.on('tlsClientError', () => {})
    const plain = createServer((socket) => socket.on('data', (data) => heard.push(String(data))))
    const [tlsPort, plainPort] = [await listening(tls), await listening(plain)]
    expect(
      await say(
        {},
        { url: `https://127.0.0.1:${await freePort()}/${HUSH}`, privateNetwork: true },
        { url: `https://localhost:${tlsPort}/${HUSH}`, privateNetwork: true },
        { url: `http://localhost:${plainPort}/${HUSH}`, privateNetwork: true },
        { url: 'https://hooks.example.invalid' },
      ),
    ).toEqual([
      'fail webhooks[0] of a: It cannot be connected to (econnrefused)',
      expect.stringMatching(/^fail webhooks\[1\] of a: Its certificate is not accepted/),
      'ok webhooks[2] of a: can be connected to',
      expect.stringMatching(/^fail webhooks\[3\] of a: It cannot be connected to \((enotfound|eai_again)\)/),
    ])
    const deployed = { REDIS_URL: inject('redisUrl'), WALLETGATE_SECRET: `${HUSH}-${'x'.repeat(32)}` }
    expect(await say(deployed, { url: `https://localhost:${tlsPort}/${HUSH}` })).toEqual([
      expect.stringMatching(/^fail webhooks\[0\] of a: Its address is not public/),
    ])
    expect(heard).toEqual([])
  })
})

it('ends within its time when everything hangs', async () => {
  const url = `http://127.0.0.1:${await mute()}`
  const path = join(folder(), 'projects.json')
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const webhooks = [{ url: `https://127.0.0.1:${await mute()}`, secret, privateNetwork: true }]
  const project = {
    id: 'a',
    name: 'A',
    allowedOrigins: ['https://a.example'],
    walletkit: { projectId: 'a' },
    webhooks,
    evmRpcUrls: { 'eip155:1': url },
  }
  writeFileSync(path, JSON.stringify({ projects: [project] }), { mode: 0o600 })
  const startedAt = performance.now()
  const findings = await examine({
    WALLETGATE_CONFIG: path,
    REDIS_URL: `redis://127.0.0.1:${await mute()}`,
    WALLETGATE_SECRET: 'x'.repeat(40),
    SMTP_URL: `smtps://localhost:${await mute()}`,
    MAIL_FROM: 'a@example.com',
    PUBLIC_URL: url,
    PORT: String(await mute()),
  })
  for (const check of ['redis.reachable', 'mail.reachable', 'rpc.reachable', 'public.reaches', 'webhooks'] as const) {
    expect(of(findings, check)).toEqual([expect.stringMatching(/^fail /)])
  }
  // Ten are promised; a busy machine gets more.
  expect(performance.now() - startedAt).toBeLessThan(20_000)
}, 30_000)

afterAll(() => {
  // No check without a set-up that it names. Redis's are next door, and the limit of files takes a process of its own.
  const checks = Object.keys(CHECKS).filter((check) => !/^(?:redis\.|keys$|process\.files$)/.test(check))
  expect(checks.filter((check) => ![...seenWrong].some((seen) => seen === check))).toEqual([])
})
