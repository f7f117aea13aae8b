import { formatAccountId } from '../../../core/accounts/account.ts'
import type { AuthError } from '../../../core/errors.ts'
import { adviceOn } from './advice.ts'
import type { ExplainedCase } from './case.ts'
import { checkFields } from './checks.ts'
import type { ExplainedRefusal, Explanation } from './explanation.ts'
import { findHints, findNotes } from './find-hints.ts'

/** Everything that was found, in the shape that is shown. */
export async function describeCase(found: ExplainedCase): Promise<Explanation> {
  const { ports, door, projectId, form, now, proof, requestAddress, explained, refusals, subject, facts } = found
  const { chains, nonceSource } = ports
  const [refusal = null, ...also] = refusals
  const reasons = new Set(refusals.map(({ reason }) => reason))
  const { message, signer } = explained
  const { expectation } = proof
  const checked = message && { message, door, expectation, reasons, now, requestAddress, nonceSource }
  const verdict = ports.contractVerdict()
  return {
    outcome: outcomeOf(refusal),
    refusal: refusal && explainRefusal(refusal),
    also: also.map(explainRefusal),
    hints: await findHints(found),
    notes: findNotes(found),
    project: projectId,
    dialect: door.dialect,
    form,
    now: now.toISOString(),
    message,
    checks: checked === null ? [] : checkFields(checked, chains),
    account: {
      id: subject && formatAccountId(signer ?? subject),
      address: subject && chains[subject.namespace].formatAddress(subject.address),
      kind: facts?.form != null ? 'key' : kindOf(verdict?.reason ?? null),
      contract: verdict?.reason ?? null,
    },
    signature: {
      bytes: facts?.bytes ?? null,
      form: facts?.form ?? null,
      signer: facts?.recovered == null ? null : chains.eip155.formatAddress(facts.recovered),
      edits: facts?.edits ?? null,
    },
  }
}

/** What the chain's answer says about the account, whatever it says about the signature. */
function kindOf(reason: string | null): 'key' | 'contract' | 'unknown' {
  if (reason === 'account_without_code') return 'key'
  return reason !== null && /contract_/.test(reason) ? 'contract' : 'unknown'
}

function explainRefusal(refusal: AuthError): ExplainedRefusal {
  const [says, remedy] = adviceOn(refusal)
  return { code: refusal.code, reason: refusal.reason, says, remedy }
}

/** An outage is no refusal: nobody knows what the answer would be. */
function outcomeOf(refusal: AuthError | null): Explanation['outcome'] {
  if (refusal === null) return 'accepted'
  return refusal.code === 'store_unavailable' || refusal.code === 'chain_unavailable' ? 'unchecked' : 'refused'
}
