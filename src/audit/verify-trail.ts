import { parseAccountId } from '../../core/accounts/account.ts'
import type { Chains } from '../../core/chains/chains.ts'

/**
 * - `valid`: the account signed the message.
 * - `invalid`: it did not, or the signature is none.
 * - `unchecked`: a contract account; only its chain can tell, as it stood then.
 * - `malformed`: a line of the trail that cannot be read: cut off, or altered.
 */
export type ProofVerdict = 'valid' | 'invalid' | 'unchecked' | 'malformed'

export interface CheckedLine {
  /** From 1. */
  readonly line: number
  readonly verdict: ProofVerdict
  readonly id: string | null
  readonly event: string | null
  readonly account: string | null
}

export interface TrailSummary {
  readonly valid: number
  readonly invalid: number
  readonly unchecked: number
  readonly malformed: number
  /** Facts without a proof. */
  readonly withoutProof: number
  /** Lines of a log that a trail stands in. */
  readonly other: number
}

/** Of a trail's line. Anything else is somebody else's. */
const BEGINNING = '{"audit":'
/** A body of 64 KiB in which every character is escaped, and room for the rest. */
const MAX_LINE_LENGTH = 1024 * 1024

/**
 * Verifies every proof among these lines, with nothing but the lines: no server, no store, no network. Gives each line that has a
 * proof or cannot be read to `tell`.
 */
export async function verifyTrail(
  lines: AsyncIterable<string>,
  chains: Chains,
  tell: (checked: CheckedLine) => void,
): Promise<TrailSummary> {
  const summary = { valid: 0, invalid: 0, unchecked: 0, malformed: 0, withoutProof: 0, other: 0 }
  let line = 0
  for await (const text of lines) {
    line += 1
    if (!text.startsWith(BEGINNING)) {
      summary.other += 1
      continue
    }
    const fields = readFields(text)
    const { id, event, account, factor, proof } = fields ?? {}
    // A sign-in with a wallet has a proof: one without has lost it.
    const isDue = factor === 'wallet' && event !== 'sign_in.refused'
    if (fields !== null && proof === undefined && !isDue) {
      summary.withoutProof += 1
      continue
    }
    const verdict = fields === null ? 'malformed' : judge(account, proof, chains)
    summary[verdict] += 1
    tell({ line, verdict, id: textOrNull(id), event: textOrNull(event), account: textOrNull(account) })
  }
  return summary
}

function judge(accountId: unknown, proof: unknown, chains: Chains): ProofVerdict {
  const account = typeof accountId === 'string' ? parseAccountId(accountId) : null
  const { message, signature } = fieldsOf(proof)
  if (account === null || typeof message !== 'string' || typeof signature !== 'string') return 'malformed'
  if (account.chain !== null) return 'unchecked'
  const chain = chains[account.namespace]
  const bytes = chain.decodeSignature(signature)
  return bytes === null ? 'invalid' : chain.verify(account.address, Buffer.from(message, 'utf8'), bytes)
}

function readFields(text: string): Readonly<Record<string, unknown>> | null {
  if (text.length > MAX_LINE_LENGTH) return null
  try {
    const fields = fieldsOf(JSON.parse(text))
    return fields['audit'] === 1 ? fields : null
  } catch {
    return null
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** What is shown of a line comes from a file that somebody may have altered: only what cannot move a terminal's cursor. */
function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.:-]{1,200}$/.test(value) ? value : null
}
