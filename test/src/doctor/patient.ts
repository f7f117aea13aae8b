import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, expect } from 'vitest'
import { createSystemRandom } from '../../../core/random.ts'
import { createSelfSignedCertificate } from '../../../core/tokens/self-signed-certificate.ts'
import type { CheckName } from '../../../src/doctor/checks.ts'
import { type DoctorPorts, diagnose } from '../../../src/doctor/diagnose.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { freePort } from '../../support/redis-server.ts'

/** Stands in every password, key and secret of these tests, and in no finding. */
export const HUSH = 'hunter2'

export type Env = Readonly<Record<string, string>>

/** Settings of a deployment with this Redis; no other test uses its project. */
export async function patientEnv(redisUrl: string): Promise<Env> {
  return {
    REDIS_URL: redisUrl,
    PORT: String(await freePort()),
    PROJECT_ID: `doctor-${randomUUID()}`,
    WALLETGATE_SECRET: `${HUSH}-${randomBytes(32).toString('hex')}`,
    PROJECT_SECRET_KEY: `sk_live_${HUSH}${randomBytes(24).toString('hex')}`,
    AUTH_JWT_SECRET: `${HUSH}-${randomBytes(32).toString('hex')}`,
  }
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Stopped when the test ends. */
export async function opened<T extends { stop(): unknown }>(opening: Promise<T>): Promise<T> {
  const thing = await opening
  closers.push(() => thing.stop())
  return thing
}

/** Every check that any test of this file has seen go wrong. */
export const seenWrong = new Set<CheckName>()

/** What the doctor says of these settings. */
export async function examine(env: Env, ports: Partial<DoctorPorts> = {}): Promise<readonly Finding[]> {
  const findings = await diagnose({
    env,
    readFile: (path) => readFileSync(path, 'utf8'),
    random: createSystemRandom(),
    now: Date.now,
    nodeVersion: process.version,
    ...ports,
  })
  expect(JSON.stringify(findings)).not.toContain(HUSH)
  for (const { check, outcome, remedy } of findings) {
    if (outcome === 'ok' || outcome === 'unknown') continue
    seenWrong.add(check)
    // A warning of the configuration is a sentence of its own.
    if (check !== 'configuration') expect(remedy).toMatch(/.\.$/)
  }
  return findings
}

/** Findings of one check as lines, `outcome subject: message`. */
export function of(findings: readonly Finding[], check: CheckName): readonly string[] {
  return findings
    .filter((finding) => finding.check === check)
    .map(({ outcome, subject, message }) => `${outcome} ${subject === null ? '' : `${subject}: `}${message}`)
}

/** A certificate for localhost that nobody has been told to trust, in PEM. */
export function untrustedCertificate(): { readonly key: string; readonly cert: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = createSelfSignedCertificate({
    privateKey,
    commonName: 'localhost',
    notBefore: new Date(Date.now() - 60_000),
    serial: randomBytes(16),
  })
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
  }
}
