import type { Logger } from 'pino'
import type { QueueEvent } from '../../core/queue/delivery.ts'

/** Writes what the outbox reports to the log: ids, attempts and reply codes, and nobody's address. */
export function logMailEvents(logger: Logger): (event: QueueEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'sent':
        return logger.debug({ mail: event.id, attempt: event.attempt }, 'mail sent')
      case 'deferred':
        return logger.warn(
          { mail: event.id, attempt: event.attempt, reason: event.reason },
          'mail not sent, trying again',
        )
      case 'dropped':
        return logger.warn({ mail: event.id, attempt: event.attempt, reason: event.reason }, 'mail refused for good')
      case 'expired':
        return logger.warn({ mails: event.items }, 'mails expired before they could be sent')
      case 'store_lost':
        return logger.error({ err: event.error }, 'the outbox cannot reach its store')
      case 'store_back':
        return logger.info('the outbox reaches its store again')
    }
  }
}
