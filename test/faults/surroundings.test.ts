import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { post, prove, signIn } from '../e2e/support/client.ts'
import { startSmtpSink } from '../src/mail/smtp-sink.ts'
import { freePort, startRedisServer } from '../support/redis-server.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { type Gateways, readiness, useGateways } from './support/gateways.ts'
import { timeFor } from './support/rounds.ts'

const SHIFTED = `--require ${fileURLToPath(new URL('./support/shift-clock.cjs', import.meta.url))}`
const HOUR_MS = 60 * 60 * 1_000

describe('what surrounds a server', () => {
  const { start, cleanUp } = useGateways()

  async function startRedis(args: readonly string[] = []) {
    const redis = await startRedisServer({ args })
    cleanUp(() => redis.stop())
    return redis
  }

  /** Two processes of one service, of which these clocks are so far off. */
  async function startWithClocks(first: number, second: number): Promise<Gateways> {
    const { url } = await startRedis()
    return start({ REDIS_URL: url, NODE_OPTIONS: SHIFTED }, { each: [first, second].map(clockOf) })
  }
  const clockOf = (shift: number) => ({ CLOCK_SHIFT_MS: String(shift) })

  describe('clocks', () => {
    it('the clocks of two servers are 20 seconds apart, and an hour ahead of Redis’s', {
      timeout: timeFor(10),
    }, async () => {
      const workload = await (await startWithClocks(HOUR_MS, HOUR_MS + 20_000)).work()
      await workload.recovers()
      await workload.endsWell()
    })

    it('the clock of one server is an hour ahead, and is set right', { timeout: timeFor(10) }, async () => {
      const gateways = await startWithClocks(0, HOUR_MS)
      const [right = 0, wrong = 0] = gateways.ports
      const early = await signIn(right, newEthereumWallet())
      const proof = await prove(right, newEthereumWallet())
      // It takes what is good for expired: a refusal, and nothing is spent or destroyed by it.
      expect((await post(wrong, '/auth/verify', proof)).status).toBe(401)
      expect((await post(right, '/auth/verify', proof)).status).toBe(200)
      expect((await post(wrong, '/auth/verify', proof)).status).toBe(401)
      // What it issues is of the future to everybody else.
      const future = await prove(wrong, newEthereumWallet())
      expect((await post(right, '/auth/verify', future)).status).toBe(401)
      gateways.programs[1]?.signal('SIGUSR2')
      expect((await post(wrong, '/auth/refresh', { refresh_token: early.refresh_token })).status).toBe(200)
      const workload = await gateways.work()
      await workload.endsWell()
    })
  })

  it('the disk of the audit trail is full', { timeout: timeFor(10) }, async () => {
    const { url } = await startRedis()
    const gateways = await start({ REDIS_URL: url, AUDIT_LOG: '/dev/full' }, { count: 1 })
    const workload = await gateways.work()
    await workload.recovers()
    expect(workload.history.counts.outage).toBe(0)
    await workload.endsWell()
    const [program] = gateways.programs
    expect(await program?.logged('the audit trail cannot be written')).toMatchObject([{ err: { code: 'ENOSPC' } }])
    expect(await program?.stop()).toEqual({ code: 0, signal: null })
    // What did not get through is counted where somebody looks.
    expect(await program?.logged('the audit trail has lost facts')).toMatchObject([{ count: expect.any(Number) }])
  })

  it('the mail server is down', { timeout: timeFor(10) }, async () => {
    const { url } = await startRedis()
    const port = await freePort()
    const mail = { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'My App <no-reply@example.test>' }
    const gateways = await start({ REDIS_URL: url, ...mail }, { count: 1 })
    const headers = { authorization: `Bearer ${gateways.credentials.secretKey}` }
    const asked = await post(
      gateways.ports[0] ?? 0,
      '/v1/auth/otps/email/login_or_create',
      { email: 'ada@example.test' },
      headers,
    )
    expect(asked.status).toBe(200)
    const workload = await gateways.work()
    await workload.recovers()
    expect(workload.history.counts.outage).toBe(0)
    await workload.endsWell()
    const server = await startSmtpSink({ port })
    cleanUp(() => server.stop())
    await expect.poll(() => server.mails.length, { timeout: 15_000 }).toBe(1)
  })

  describe('TLS to Redis', () => {
    /** A private authority, and a Redis whose certificate of that authority is for this name. */
    async function startTls(name: string) {
      const directory = mkdtempSync(join(tmpdir(), 'walletgate-tls-'))
      cleanUp(() => rmSync(directory, { recursive: true, force: true }))
      const at = (file: string) => join(directory, file)
      const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore', cwd: directory })
      const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
      openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority')
      const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
      const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key']
      openssl('req', '-x509', ...newKey, ...signer, ...subject, '-keyout', 'redis.key', '-out', 'redis.pem')
      const port = await freePort()
      const files = [
        '--tls-cert-file',
        at('redis.pem'),
        '--tls-key-file',
        at('redis.key'),
        '--tls-ca-cert-file',
        at('ca.pem'),
      ]
      await startRedis(['--tls-port', String(port), '--tls-auth-clients', 'no', ...files])
      return { REDIS_URL: `rediss://localhost:${port}`, authority: at('ca.pem') }
    }

    it('Redis’s certificate is of a private authority that is known', { timeout: timeFor(5) }, async () => {
      const { authority, REDIS_URL } = await startTls('localhost')
      const gateways = await start({ REDIS_URL, NODE_EXTRA_CA_CERTS: authority })
      await (await gateways.work()).endsWell()
    })

    it('Redis’s certificate is of nobody known', { timeout: timeFor(5) }, async () => {
      const { REDIS_URL } = await startTls('localhost')
      const { ports } = await start({ REDIS_URL }, { count: 1, isBroken: true })
      expect(await readiness(ports[0] ?? 0)).toBe(503)
      expect((await post(ports[0] ?? 0, '/auth/nonce', { address: newEthereumWallet().address })).status).toBe(500)
    })

    it('Redis’s certificate is for another name', { timeout: timeFor(5) }, async () => {
      const { authority, REDIS_URL } = await startTls('elsewhere.example.test')
      const { ports } = await start({ REDIS_URL, NODE_EXTRA_CA_CERTS: authority }, { count: 1, isBroken: true })
      expect(await readiness(ports[0] ?? 0)).toBe(503)
    })
  })
})
