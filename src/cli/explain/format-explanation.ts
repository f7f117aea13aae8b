import { formatTable } from '../format-table.ts'
import { escapeText } from './escape.ts'
import type { ExplainedRefusal, Explanation } from './explanation.ts'

/** Lines of a text that cannot be read, to see what is in them. */
const MAX_LINES = 40
const MAX_CELL = 100

/** For people: the verdict in one line, what is behind it, and what was found beside what was expected. */
export function formatExplanation(explanation: Explanation, text: string): string {
  const { also, hints, notes } = explanation
  const paragraphs = [
    [
      formatVerdict(explanation),
      ...hints.map(({ says }) => `  ${escapeText(says, 300)}`),
      ...also.map((refusal) => `  also: ${formatRefusal(refusal)}`),
      ...notes.map(({ says }) => `  note: ${says}`),
    ].join('\n'),
    formatTable(rowsOf(explanation)).trimEnd(),
    explanation.form === 'message' && explanation.message === null ? formatLines(text) : '',
  ]
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`
}

function formatVerdict({ outcome, refusal, notes }: Explanation): string {
  if (refusal === null) {
    return notes.some(({ hint }) => hint === 'nonce_assumed')
      ? 'would be accepted, if its nonce is live'
      : 'would be accepted'
  }
  return `${outcome === 'refused' ? 'would be refused' : 'could not be checked'}: ${formatRefusal(refusal)}`
}

function formatRefusal({ code, reason, says, remedy }: ExplainedRefusal): string {
  const name = code === reason ? code : `${code}: ${reason}`
  return `${name}: ${says} — ${remedy}`
}

function rowsOf({ checks, account, signature, project, dialect, now }: Explanation): string[][] {
  const fields = checks.map(({ field, found, expected, isRight }) => [
    isRight === null ? '?' : isRight ? 'ok' : 'WRONG',
    field,
    found === null ? '(none)' : escapeText(found, MAX_CELL),
    `expected: ${escapeText(expected, MAX_CELL)}`,
  ])
  const facts = [
    ['account', account.id ?? 'unknown'],
    ['kind', account.contract === null ? account.kind : `${account.kind} (its chain says: ${account.contract})`],
    ['signature', describeSignature(signature)],
    ...(signature.signer === null ? [] : [['signer', `${signature.signer}, if it signed exactly this text`]]),
    ['project', `${project}, ${dialect}`],
    ['now', now],
  ]
  return [...fields, ...facts.map((row) => ['', ...row.map((cell) => escapeText(cell, MAX_CELL))])]
}

function describeSignature({ bytes, form }: Explanation['signature']): string {
  if (bytes === null) return 'not decoded'
  return form === null ? `${bytes} bytes, not of this text by a key of this account` : `${bytes} bytes, ${form}`
}

function formatLines(text: string): string {
  const lines = text.split('\n')
  const shown = lines
    .slice(0, MAX_LINES)
    .map((line, index) => `${String(index + 1).padStart(3)} |${escapeText(line, MAX_CELL)}|`)
  const rest = lines.length > MAX_LINES ? [`… ${lines.length} lines`] : []
  return ['the text, with what does not show itself spelled out:', ...shown, ...rest].join('\n')
}
