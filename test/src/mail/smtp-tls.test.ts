import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SMTPServerOptions } from 'smtp-server'
import { afterAll, expect, it } from 'vitest'
import { createSelfSignedCertificate } from '../../../core/tokens/self-signed-certificate.ts'
import { startSmtpSink } from './smtp-sink.ts'

const directory = mkdtempSync(join(tmpdir(), 'walletgate-smtp-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const certificate = createSelfSignedCertificate({
  privateKey,
  commonName: 'localhost',
  notBefore: new Date(Date.now() - 60_000),
  serial: randomBytes(16),
})
const cert = `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const certificateFile = join(directory, 'ca.pem')
writeFileSync(certificateFile, cert)

/** Node reads the authorities it trusts once, at its start. */
async function sendOne(smtpUrl: string, trusted: boolean): Promise<unknown> {
  const script = new URL('./send-one.ts', import.meta.url).pathname
  const env = trusted ? { ...process.env, NODE_EXTRA_CA_CERTS: certificateFile } : process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, smtpUrl], { env })
  return JSON.parse(stdout)
}

const credentials = (seen: string[]): SMTPServerOptions => ({
  authOptional: false,
  onAuth({ username = '', password = '' }, _session, done) {
    seen.push(`${username}:${password}`)
    done(null, { user: username })
  },
})

it.each<[string, string, SMTPServerOptions]>([
  ['STARTTLS', 'smtp', { disabledCommands: [] }],
  ['TLS from the first byte', 'smtps', { secure: true }],
])('%s to a server whose certificate is trusted: logs in and delivers', async (_, scheme, options) => {
  const seen: string[] = []
  const server = await startSmtpSink({ ...options, ...credentials(seen), key, cert })
  const smtpUrl = `${scheme}://user:secret@localhost:${server.port}${scheme === 'smtp' ? '?requireTLS=true' : ''}`
  expect(await sendOne(smtpUrl, true)).toEqual({ outcome: 'sent' })
  expect(server.mails).toMatchObject([{ secure: true, to: ['ada@example.com'] }])
  expect(seen).toEqual(['user:secret'])

  expect(await sendOne(smtpUrl, false)).toMatchObject({ outcome: 'deferred' })
  expect(seen).toHaveLength(1)
  await server.stop()
})
