import type { DestinationStream } from 'pino'
import type { AuditSink } from './audit-writer.ts'

/** Lines among those of the log, through the same stream: two that write to one pipe would cut each other's lines. */
export function createStdoutSink(stream: DestinationStream): AuditSink {
  return {
    name: 'stdout',
    async append(lines) {
      // One by one: what is written at once must fit what a pipe takes at once.
      for (const line of lines) stream.write(`${line}\n`)
    },
    // The log is flushed later than this.
    async close() {},
  }
}
