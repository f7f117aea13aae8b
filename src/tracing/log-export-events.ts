import type { Logger } from 'pino'
import type { ExportEvent } from './watch-exports.ts'

/** Says once that traces are being lost, and once that they are not any more. */
export function logExportEvents(logger: Logger): (event: ExportEvent) => void {
  return (event) => {
    if (event.kind === 'lost') logger.warn({ reason: event.reason }, 'traces cannot reach their collector')
    else logger.info('traces reach their collector again')
  }
}
