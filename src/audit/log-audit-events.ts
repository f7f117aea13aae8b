import type { Logger } from 'pino'
import type { AuditWriterEvent } from './audit-writer.ts'

/** Writes what befalls the trail to the log: the trail itself may be what cannot be written. */
export function logAuditEvents(logger: Logger): (sink: string, event: AuditWriterEvent) => void {
  return (sink, event) => {
    switch (event.kind) {
      case 'sink_lost':
        return logger.error({ sink, err: event.error }, 'the audit trail cannot be written')
      case 'sink_back':
        return logger.info({ sink }, 'the audit trail is written again')
      case 'facts_lost':
        return logger.error({ sink, count: event.count }, 'the audit trail has lost facts')
    }
  }
}
