import type { Logger } from 'pino'
import { ConfigError } from '../config/config-error.ts'
import type { ReloadedConfig } from '../config/reload-config.ts'
import type { Settings } from '../config/settings.ts'

/** Told what came of reading the configuration again. */
export interface ReloadReport {
  applied(reloaded: ReloadedConfig, before: Settings): void
  /** It has faults, or could not be read. */
  refused(error: unknown): void
  /** It could not be put into force. */
  failed(error: unknown): void
  /** Asked while the process stops. */
  stopping(): void
  /** Asked of a process that has no file. */
  nothing(): void
}

/** Writes it to the log: names, places, ids of projects and remedies, and no value of any setting. */
export function reportReloads(logger: Logger): ReloadReport {
  return {
    applied({ projects, applied, waiting, isChanged, settings }, before) {
      if (isChanged) logger.info({ ...projects, settings: applied }, 'configuration reloaded')
      else logger.info('configuration reloaded: nothing has changed')
      if (waiting.length > 0)
        logger.warn({ settings: waiting }, 'configuration reloaded: these settings wait for a restart')
      for (const warning of settings.warnings) if (!before.warnings.includes(warning)) logger.warn(warning)
    },
    refused(error) {
      const faults = error instanceof ConfigError ? error.faults : null
      const detail = faults === null ? { err: error } : { faults: faults.length }
      logger.error(detail, 'configuration not reloaded, the one before stays: it has faults')
      // A line for each: a long one may be cut where several processes share a pipe.
      for (const { name, problem, remedy } of faults ?? [])
        logger.error({ name, problem, remedy }, 'fault in the configuration')
    },
    failed(error) {
      logger.error(
        { err: error },
        'configuration not reloaded, the one before stays: it could not be applied. Send SIGHUP again',
      )
    },
    stopping: () => logger.info('configuration not reloaded: stopping'),
    nothing: () => logger.info('SIGHUP: nothing to reload, because WALLETGATE_CONFIG is not set'),
  }
}
