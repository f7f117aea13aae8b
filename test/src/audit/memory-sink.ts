import { createSystemRandom } from '../../../core/random.ts'
import type { AuditRecord } from '../../../src/audit/audit-record.ts'
import type { AuditSink } from '../../../src/audit/audit-writer.ts'
import { type Audit, createAudit } from '../../../src/audit/open-audit.ts'
import { TestClock } from '../../support/clock.ts'
import { TestTimer } from './test-timer.ts'

export interface TestAudit {
  readonly audit: Audit
  readonly timer: TestTimer
  /** Every line so far, as text. */
  lines(): Promise<readonly string[]>
  /** The facts since the last look. */
  facts(): Promise<readonly AuditRecord[]>
  /** The names of the events since the last look. */
  events(): Promise<readonly string[]>
}

/** A trail that a test reads. */
export function openTestAudit(clock: TestClock = new TestClock()): TestAudit {
  const lines: string[] = []
  const sink: AuditSink = {
    name: 'file',
    async append(batch) {
      lines.push(...batch)
    },
    async close() {},
  }
  const timer = new TestTimer()
  const audit = createAudit([sink], [], { clock, random: createSystemRandom(), timer, report: () => {} })
  let read = 0
  /** What was recorded is written within a turn of the event loop. */
  const settled = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return lines
  }
  const facts = async () => {
    const fresh = (await settled()).slice(read)
    read += fresh.length
    return fresh.map((line) => JSON.parse(line) as AuditRecord)
  }
  return {
    audit,
    timer,
    lines: settled,
    facts,
    events: async () => (await facts()).map(({ event }) => event),
  }
}
