import type { Finding, Outcome } from '../doctor/finding.ts'
import { formatTable } from './format-table.ts'

const SHOWN: Readonly<Record<Outcome, string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL', unknown: '?' }

/** A line for each finding; then what to do about each that is not good, once; then how many there were of each kind. */
export function formatFindings(findings: readonly Finding[], seconds: number): string {
  const rows = findings.map(({ outcome, check, subject, message }) => [
    SHOWN[outcome],
    check,
    subject === null ? message : `${subject}: ${message}`,
  ])
  const remedies = new Map(
    findings.flatMap(({ check, subject, remedy }) =>
      remedy === null ? [] : [[remedy, check === 'configuration' && subject !== null ? subject : check] as const],
    ),
  )
  const toDo = [...remedies].map(([remedy, check]) => [check, remedy])
  const count = (wanted: Outcome) => findings.filter(({ outcome }) => outcome === wanted).length
  const summary = `${count('fail')} failed, ${count('warn')} warned, ${count('ok')} ok, ${count('unknown')} could not be looked at; ${seconds.toFixed(1)} s`
  return [
    formatTable(rows),
    ...(toDo.length === 0 ? [] : ['\nWhat to do:\n', formatTable(toDo)]),
    `\n${summary}\n`,
  ].join('')
}
