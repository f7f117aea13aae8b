import type { Audited } from '../../core/audit/audit-trail.ts'
import type { Chains } from '../../core/chains/chains.ts'
import { AuthError } from '../../core/errors.ts'
import { keyOf } from '../../core/identities/credential-key.ts'
import { importUser } from '../../core/identities/import-user.ts'
import type { Clock, RandomSource } from '../../core/ports.ts'
import type { Stores } from '../../core/stores/stores.ts'
import { explainConflict } from './explain-conflict.ts'
import { parseUserRow, type UserRow } from './parse-user-row.ts'
import { type RawRow, type RowFault, UnreadableInputError } from './row.ts'
import { SeenKeys } from './seen-keys.ts'

/** Rows under way at once: enough to keep a store busy, few enough that its answers come at once. */
const MAX_UNDER_WAY = 128

export interface ImportPorts extends Audited {
  readonly stores: Pick<Stores, 'identities' | 'imports'>
  readonly chains: Chains
  readonly clock: Clock
  readonly random: RandomSource
}

export interface ImportTerms {
  readonly projectId: string
  readonly isDryRun: boolean
  /** `fail` stops at the first row that cannot be imported; rows already under way are finished. */
  readonly onConflict: 'skip' | 'fail'
  /** Stops reading; what is under way is finished. */
  readonly signal: AbortSignal
  /** Told what is wrong with rows that were not imported, in the order of lines. */
  readonly onProblem: (problem: RowProblem) => void
  /** Told how many rows were read. */
  readonly onRow: (rows: number) => void
}

export interface RowProblem extends RowFault {
  readonly line: number
  readonly kind: 'malformed' | 'conflict'
}

/** What came of an import. A dry run says what would have. */
export interface ImportSummary {
  readonly rows: number
  readonly imported: number
  /** Were here, and something was added. */
  readonly completed: number
  readonly unchanged: number
  readonly malformed: number
  readonly conflicts: number
  /** 4mica sessions that go on here. */
  readonly openedSessions: number
  /** Why not all of the input was read. */
  readonly stopped: 'conflict' | 'interrupted' | 'unreadable' | 'store_unavailable' | null
  /** The kind of outage, as in the log. */
  readonly reason: string | null
}

type Verdict =
  | { readonly outcome: 'imported' | 'completed' | 'unchanged'; readonly openedSessions: number }
  | { readonly outcome: RowProblem['kind']; readonly faults: readonly RowFault[] }

/**
 * Imports every row that can be, many at once and reported in order; the run is one fact of the trail. Memory is bounded by the rows
 * under way, and 12 to 28 bytes for each id and credential of the input.
 *
 * @throws what the source of the rows throws
 */
export async function importRows(
  ports: ImportPorts,
  rows: AsyncIterable<RawRow>,
  { projectId, isDryRun, onConflict, signal, onProblem, onRow }: ImportTerms,
): Promise<ImportSummary> {
  const counts = { rows: 0, imported: 0, completed: 0, unchanged: 0, malformed: 0, conflicts: 0, openedSessions: 0 }
  const seen = new SeenKeys()
  const underWay: { readonly line: number; readonly verdict: Promise<Verdict> }[] = []
  let stopped: ImportSummary['stopped'] = null
  let reason: string | null = null

  /** Judged and sent on its way at once: which of two rows was first never depends on the store. */
  const judge = (row: RawRow): Promise<Verdict> => {
    const now = ports.clock.now()
    const parsed = 'fault' in row ? { faults: [row.fault] } : parseUserRow(row.value, { chains: ports.chains, now })
    if ('faults' in parsed) return Promise.resolve({ outcome: 'malformed', faults: parsed.faults })
    const repeats = findRepeats(seen, parsed, row.line)
    if (repeats.length > 0) return Promise.resolve({ outcome: 'conflict', faults: repeats })
    return importUser(ports, { projectId, imported: parsed.user, isDryRun }, now).then((result) =>
      result.outcome === 'conflict' ? { outcome: 'conflict', faults: [explainConflict(result, parsed)] } : result,
    )
  }
  const settleFirst = async (): Promise<void> => {
    const first = underWay.shift()
    if (first === undefined) return
    const verdict = await first.verdict.catch((error: unknown) => {
      if (!(error instanceof AuthError) || error.code !== 'store_unavailable') throw error
      stopped = 'store_unavailable'
      reason ??= error.reason
      return null
    })
    if (verdict === null) return
    if ('faults' in verdict) {
      counts[verdict.outcome === 'malformed' ? 'malformed' : 'conflicts'] += 1
      for (const fault of verdict.faults) onProblem({ line: first.line, kind: verdict.outcome, ...fault })
      if (onConflict === 'fail') stopped ??= 'conflict'
      return
    }
    counts[verdict.outcome] += 1
    counts.openedSessions += verdict.openedSessions
  }

  /** What is written stays, however the run ends. */
  const record = (end: string | null): void => {
    if (!isDryRun) ports.audit?.record({ event: 'users.imported', projectId, ...counts, stopped: end })
  }

  try {
    for await (const row of rows) {
      counts.rows += 1
      onRow(counts.rows)
      const verdict = judge(row)
      verdict.catch(() => {}) // It is heard when its turn comes.
      underWay.push({ line: row.line, verdict })
      if (underWay.length >= MAX_UNDER_WAY) await settleFirst()
      if (signal.aborted) stopped ??= 'interrupted'
      if (stopped !== null) break
    }
  } catch (error) {
    while (underWay.length > 0) await settleFirst()
    if (!(error instanceof UnreadableInputError)) {
      record('failed')
      throw error
    }
    onProblem({ line: error.line, kind: 'malformed', ...error.fault })
    stopped ??= 'unreadable'
  }
  while (underWay.length > 0) await settleFirst()
  record(stopped)
  return { ...counts, stopped, reason }
}

/** Ids and credentials that an earlier well-formed row has, imported or not. */
function findRepeats(seen: SeenKeys, { user, places }: UserRow, line: number): readonly RowFault[] {
  const faults: RowFault[] = []
  const look = (text: string, field: string): void => {
    const before = seen.note(text, line)
    if (before === null || before === line) return
    faults.push({ field, problem: `is on line ${before} already`, remedy: 'Keep one of the two rows, or merge them' })
  }
  if (user.id !== null) look(`user:${user.id}`, 'id')
  for (const [index, credential] of user.credentials.entries()) {
    const place = places[index] ?? ''
    look(keyOf(credential), place)
    if (credential.id !== null) look(`id:${credential.id}`, `${place}.id`)
  }
  for (const [index, { refreshTokenHash }] of user.sessions.entries())
    look(`session:${refreshTokenHash}`, `sessions[${index}]`)
  return faults
}
