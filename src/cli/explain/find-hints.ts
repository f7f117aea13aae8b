import type { Account } from '../../../core/accounts/account.ts'
import { parseTimestamp } from '../../../core/messages/timestamp.ts'
import { challengeKeyOf } from '../../../core/sign-in/proof.ts'
import { type ExplainedCase, hasReason } from './case.ts'
import { describeDifference } from './checks.ts'
import { DIALECTS } from './dialects.ts'
import { PURPOSES } from './door.ts'
import { describeEdits } from './examine-signature.ts'
import { type Hint, type HintCode, hintOf } from './hints.ts'

/** Said of a signature nothing better is known about; what a contract account says is better. */
const WEAK_HINTS: ReadonlySet<HintCode> = new Set(['other_signer', 'length_of_no_key', 'wrapped'])

/** What is behind the refusals, the likeliest first. Empty for what is accepted. */
export async function findHints(found: ExplainedCase): Promise<readonly Hint[]> {
  if (found.refusals.length === 0) return []
  return [...hintAtText(found), ...hintAtSignature(found), ...hintAtFields(found), ...(await hintAtNonce(found))]
}

/** What was taken for granted, and what may yet be a mistake. */
export function findNotes({ door, requestAddress, ports, explained }: ExplainedCase): readonly Hint[] {
  const { message } = explained
  const isNamedOnce = door.isAccountNamed && requestAddress === null && message !== null
  const address = message?.namespace === 'eip155' ? message.address : ''
  const isMistyped = /[a-f]/.test(address) && /[A-F]/.test(address) && !ports.chains.eip155.isCanonicalSpelling(address)
  return [
    ...(isNamedOnce ? [hintOf('request_address_unknown')] : []),
    ...(ports.nonceSource === 'assumed' && explained.challenge !== null ? [hintOf('nonce_assumed')] : []),
    ...(isMistyped ? [hintOf('checksum_wrong')] : []),
  ]
}

function hintAtText({ form, proof, explained, readable, facts }: ExplainedCase): readonly Hint[] {
  if (form === 'challenge') {
    const stored = explained.challenge?.context['text']
    return stored !== undefined && stored !== proof.text ? [hintOf('challenge_replaced')] : []
  }
  if (explained.message !== null) return []
  return [
    ...(readable === null ? [] : [hintOf('text_nearly_readable', ` ${describeEdits(readable.edits)}`)]),
    ...(facts?.form == null ? [] : [hintOf('text_built_wrong')]),
  ]
}

function hintAtSignature(found: ExplainedCase): readonly Hint[] {
  const { ports, explained, facts, projectId } = found
  const { account, message, signer } = explained
  if (hasReason(found, 'address_mismatch')) return hintAtAccounts(found)
  // The account has signed, or there is nobody whose signature it could be.
  if (facts === null || signer !== null || facts.form !== null) return []
  const isAsked = ports.contractVerdict() !== null
  const hints = facts.hints.filter(({ hint }) => !(isAsked && WEAK_HINTS.has(hint)))
  const isWeak = hints.every(({ hint }) => WEAK_HINTS.has(hint))
  if (isAsked || !isWeak || facts.bytes === null || account?.namespace !== 'eip155') return hints
  if (hasReason(found, 'rpc_not_asked')) return [...hints, hintOf('contract_not_asked_offline')]
  const chainId = message?.chainId ?? null
  const isServed = chainId !== null && ports.contractAccounts?.serves(projectId, chainId) === true
  return isServed ? hints : [...hints, hintOf('contract_not_asked', chainId === null ? '' : ` (eip155:${chainId})`)]
}

/** Two accounts are named: which of them signed? */
function hintAtAccounts({ ports, proof, explained: { message, signer } }: ExplainedCase): readonly Hint[] {
  if (signer !== null) return [hintOf('signed_by_request_address')]
  if (message === null) return []
  const chain = ports.chains[message.namespace]
  const address = chain.parseAddress(message.address)
  const signature = chain.decodeSignature(proof.signature)
  const text = Buffer.from(proof.text, 'utf8')
  const isTheirs = address !== null && signature !== null && chain.verify(address, text, signature) === 'valid'
  return [hintOf(isTheirs ? 'signed_by_message_address' : 'other_signer')]
}

function hintAtFields(found: ExplainedCase): readonly Hint[] {
  const { proof, explained, door, now, requestAccount } = found
  const { message, account } = explained
  if (message === null) return []
  const { expectation } = proof
  const hints: Hint[] = []
  if (
    hasReason(found, 'domain_mismatch') &&
    message.scheme !== null &&
    expectation.acceptsOrigin(null, message.domain)
  ) {
    hints.push(hintOf('scheme_not_allowed'))
  }
  const slashed = message.uri.endsWith('/') ? message.uri.slice(0, -1) : `${message.uri}/`
  if (hasReason(found, 'uri_mismatch') && expectation.acceptsUri(slashed)) hints.push(hintOf('uri_slash'))
  if (hasReason(found, 'issued_in_the_future')) {
    const ahead = (parseTimestamp(message.issuedAt)?.getTime() ?? 0) - now.getTime()
    hints.push(hintOf('clock_ahead', `: ${describeDifference(ahead)}`))
  }
  const isOther = requestAccount !== null && account !== null && requestAccount.address !== account.address
  if (!door.isAccountNamed && isOther) hints.push(hintOf('request_names_another'))
  return hints
}

const MAX_PLACES = 60

/** Where else the nonce is live for this account, in words. */
async function findNonce(found: ExplainedCase, account: Account, nonce: string): Promise<string | null> {
  const { door, projectId, projectIds, ports, now } = found
  if (ports.challenges === null) return null
  const places = projectIds.flatMap((id) => DIALECTS.map((dialect) => ({ id, dialect })))
  const others = places.filter(({ id, dialect }) => id !== projectId || dialect !== door.dialect)
  for (const { id, dialect } of others.slice(0, MAX_PLACES)) {
    const key = challengeKeyOf({ projectId: id, purpose: PURPOSES[dialect], account }, nonce)
    if ((await ports.challenges.find(key, now)) !== null)
      return id === projectId ? dialect : `${dialect} of project ${id}`
  }
  return null
}

/** A nonce that is not live here may be somewhere else, or may never have been ours. */
async function hintAtNonce(found: ExplainedCase): Promise<readonly Hint[]> {
  const { door, explained } = found
  const { message, account } = explained
  if (message === null || !hasReason(found, 'nonce_unknown')) return []
  const place = account === null ? null : await findNonce(found, account, message.nonce)
  if (place !== null) return [hintOf('nonce_of_another', `: ${place}`)]
  return door.nonce.shape.test(message.nonce) ? [] : [hintOf('nonce_not_ours')]
}
