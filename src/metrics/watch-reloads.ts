import type { Registry } from 'prom-client'
import { RELOAD_OUTCOMES, type ReloadCounts } from '../reload/reload-counts.ts'

/** Shows what came of reading the configuration again. In the one process that reads it: a supervisor, or a server without one. */
export function watchReloads(client: typeof import('prom-client'), registry: Registry, reloads: ReloadCounts): void {
  const registers = [registry]
  new client.Counter({
    name: 'walletgate_config_reloads_total',
    help: 'Times the configuration was read again: applied, unchanged, refused (it has faults), failed (it could not be applied).',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset()
      for (const outcome of RELOAD_OUTCOMES) this.inc({ outcome }, reloads.outcomes[outcome])
    },
  })
  new client.Gauge({
    name: 'walletgate_config_last_reload_successful',
    help: '1 when the configuration that was read last is in force, 0 when an older one is.',
    registers,
    collect() {
      this.set(reloads.isLastInForce ? 1 : 0)
    },
  })
  new client.Gauge({
    name: 'walletgate_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration in force was read, or last found to be unchanged.',
    registers,
    collect() {
      this.set(reloads.lastSuccessAt.getTime() / 1000)
    },
  })
}
