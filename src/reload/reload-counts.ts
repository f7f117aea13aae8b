/**
 * What came of reading the configuration again:
 * - `applied`: it is in force.
 * - `unchanged`: it says what was in force already.
 * - `refused`: it has faults.
 * - `failed`: it could not be put into force, for example because the store did not answer.
 */
export const RELOAD_OUTCOMES = ['applied', 'unchanged', 'refused', 'failed'] as const
export type ReloadOutcome = (typeof RELOAD_OUTCOMES)[number]

/** Since the start. */
export interface ReloadCounts {
  readonly outcomes: Readonly<Record<ReloadOutcome, number>>
  /** Whether what was read last is in force. */
  readonly isLastInForce: boolean
  /** When what is in force was read, or found to be so still. */
  readonly lastSuccessAt: Date
}
