import type { Clock, RandomSource } from '../../core/ports.ts'
import type { Stores } from '../../core/stores/stores.ts'
import { systemTimer } from '../../core/timer.ts'
import type { Audit } from '../audit/open-audit.ts'
import type { Settings } from '../config/settings.ts'

interface Ports {
  readonly stores: Pick<Stores, 'queue'>
  readonly clock: Clock
  readonly random: RandomSource
}

/**
 * The trail of a command, null where none is kept and nobody is told. Standard output belongs to what the command prints, so a trail that
 * goes there has only what the server does; webhooks are queued here, and delivered by the server.
 * @throws {ConfigError} when the file cannot be opened
 */
export async function openCommandAudit(settings: Settings, { stores, clock, random }: Ports): Promise<Audit | null> {
  const { log, stream } = settings.audit
  const audit = { log: log === '-' ? null : log, stream }
  if (audit.log === null && audit.stream === null && settings.webhooks.length === 0) return null
  const [{ openAudit }, { openWebhooks }] = await Promise.all([
    import('../audit/open-audit.ts'),
    import('../webhooks/open-webhooks.ts'),
  ])
  const report = (where: string, { kind }: { readonly kind: string }) =>
    process.stderr.write(`the audit trail (${where}) is not complete: ${kind}\n`)
  const { secrets, webhooks: endpoints } = settings
  const ports = { queue: stores.queue, clock, random, timer: systemTimer, secrets, report, delivers: false }
  const webhooks = openWebhooks(endpoints, ports)
  const listeners = webhooks === null ? [] : [webhooks]
  return openAudit({ ...settings, audit }, listeners, { clock, random, report, stdout: process.stdout })
}
