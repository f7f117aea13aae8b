import { CHECKS, type CheckName } from './checks.ts'

/** `unknown`: it could not be looked at, which is neither good nor bad. */
export type Outcome = 'ok' | 'warn' | 'fail' | 'unknown'

/** What one check found. No text holds a value that may be secret. */
export interface Finding {
  readonly check: CheckName
  readonly outcome: Outcome
  /** Which of several: a chain’s server, a node, a webhook. */
  readonly subject: string | null
  readonly message: string
  /** Null where nothing is to be done. */
  readonly remedy: string | null
}

export function ok(check: CheckName, message: string, subject: string | null = null): Finding {
  return { check, outcome: 'ok', subject, message, remedy: null }
}

export function warn(check: CheckName, message: string, subject: string | null = null): Finding {
  return { check, outcome: 'warn', subject, message, remedy: CHECKS[check].remedy }
}

export function fail(check: CheckName, message: string, subject: string | null = null): Finding {
  return { check, outcome: 'fail', subject, message, remedy: CHECKS[check].remedy }
}

export function unknown(check: CheckName, message: string, subject: string | null = null): Finding {
  return { check, outcome: 'unknown', subject, message, remedy: null }
}
