import type { RandomSource } from '../../core/ports.ts'
import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load-config.ts'
import type { Environment } from '../config/read-environment.ts'
import type { Settings } from '../config/settings.ts'
import { CHECKS, type CheckName } from './checks.ts'
import { examineAuditLog, examineProjectsFile } from './files.ts'
import { type Finding, fail, ok, unknown, warn } from './finding.ts'
import { examineMail } from './mail.ts'
import { examineOrigins } from './origins.ts'
import { examineNodeEnv, examineProcess, type ProcessFacts } from './process.ts'
import { examinePublicUrl } from './public-url.ts'
import { examineRpc } from './rpc.ts'
import { examineStore } from './store.ts'
import { examineWebhooks } from './webhooks.ts'

/** No area takes longer, so that all is said within ten seconds even where everything hangs, milliseconds. */
const AREA_MS = 9_000

export interface DoctorPorts {
  readonly env: Environment
  readonly readFile: (path: string) => string
  readonly random: RandomSource
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly nodeVersion: string
}

/**
 * Looks at a set-up as somebody who knows it would: settings, process, store, mail, chains, the way in. The areas go side by side, each in
 * bounded time. It changes nothing: what it writes to the store is a probe that lives for seconds.
 */
export async function diagnose(ports: DoctorPorts): Promise<readonly Finding[]> {
  const { env, random, now, nodeVersion } = ports
  const facts: ProcessFacts = { nodeVersion, nodeEnv: env['NODE_ENV'] }
  const { settings, findings } = loadSettings(ports)
  const configPath = env['WALLETGATE_CONFIG']?.trim()
  const areas: readonly Promise<readonly Finding[]>[] = [
    examineProcess(facts),
    ...(configPath === undefined || configPath === ''
      ? []
      : [examineProjectsFile(configPath).then((finding) => [finding])]),
    ...(settings === null ? [] : examineSettings(settings, facts, env, { random, now })),
  ]
  return sort([...findings, ...(await Promise.all(areas)).flat()])
}

function examineSettings(
  settings: Settings,
  facts: ProcessFacts,
  env: Environment,
  ports: Pick<DoctorPorts, 'random' | 'now'>,
): readonly Promise<readonly Finding[]>[] {
  const isProduction = facts.nodeEnv === 'production'
  const hasSecret = (env['WALLETGATE_SECRET'] ?? '') !== ''
  return [
    Promise.resolve([examineNodeEnv(settings, facts), ...(isProduction ? examineOrigins(settings) : [])]),
    bounded('audit.log', examineAuditLog(settings)),
    bounded('redis.reachable', examineStore(settings, ports)),
    bounded('mail.reachable', examineMail(settings)),
    bounded('rpc.reachable', examineRpc(settings, ports)),
    bounded('public.reaches', examinePublicUrl(settings, { ...ports, hasSecret, isProduction })),
    bounded('webhooks', examineWebhooks(settings)),
  ]
}

function loadSettings({ env, readFile, random }: DoctorPorts): {
  readonly settings: Settings | null
  readonly findings: readonly Finding[]
} {
  try {
    const settings = loadConfig(env, readFile, random)
    const warnings = settings.warnings.map((sentence) => ({ ...warn('configuration', sentence), remedy: null }))
    return { settings, findings: warnings.length > 0 ? warnings : [ok('configuration', 'no fault')] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const faults = error.faults.map(({ name, problem, remedy }): Finding => {
      return { ...fail('configuration', problem, name), remedy: /[.?]$/.test(remedy) ? remedy : `${remedy}.` }
    })
    return {
      settings: null,
      findings: [
        ...faults,
        unknown('configuration', 'Store, mail, chains and the way in cannot be looked at before that'),
      ],
    }
  }
}

/** Findings of an area, or that it took too long. What was not foreseen is said, and hides no other area. */
function bounded(check: CheckName, work: Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve([fail(check, `No end after ${AREA_MS / 1000} s`)]), AREA_MS)
    void work
      .catch((error: unknown) => [
        fail(check, `The look itself failed (${error instanceof Error ? error.name : 'error'})`),
      ])
      .then(resolve)
      .finally(() => clearTimeout(timer))
  })
}

/** In the order of the table; a stable sort keeps what belongs together. */
function sort(findings: readonly Finding[]): readonly Finding[] {
  const order = Object.keys(CHECKS)
  return findings.toSorted((a, b) => order.indexOf(a.check) - order.indexOf(b.check))
}
