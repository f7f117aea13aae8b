import type { Logger } from 'pino'
import type { WebhookEvent } from './open-webhooks.ts'

/** Writes what befalls deliveries to the log: ids, attempts and codes, and nobody's URL. */
export function logWebhookEvents(logger: Logger): (endpoint: string, event: WebhookEvent) => void {
  return (endpoint, event) => {
    switch (event.kind) {
      case 'sent':
        return logger.debug({ endpoint, webhook: event.id, attempt: event.attempt }, 'webhook delivered')
      case 'deferred':
        return logger.warn(
          { endpoint, webhook: event.id, attempt: event.attempt, reason: event.reason },
          'webhook not delivered, trying again',
        )
      case 'dropped':
        return logger.warn(
          { endpoint, webhook: event.id, attempt: event.attempt, reason: event.reason },
          'webhook refused for good',
        )
      case 'expired':
        return logger.warn({ endpoint, webhooks: event.items }, 'webhooks expired before they could be delivered')
      case 'lost':
        return logger.error({ endpoint, err: event.error }, 'webhook lost: it could not be queued')
      case 'store_lost':
        return logger.error({ endpoint, err: event.error }, 'webhooks cannot reach their store')
      case 'store_back':
        return logger.info({ endpoint }, 'webhooks reach their store again')
    }
  }
}
