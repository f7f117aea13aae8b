import type { Chains } from '../../../core/chains/chains.ts'
import type { Expectation } from '../../../core/messages/bind-sign-in-message.ts'
import type { SignInMessage } from '../../../core/messages/sign-in-message.ts'
import { parseTimestamp } from '../../../core/messages/timestamp.ts'
import type { ExplainedDoor } from './door.ts'
import type { NonceSource } from './ports.ts'

/** One field of the message beside what was expected of it. */
export interface Check {
  readonly field: string
  readonly found: string | null
  readonly expected: string
  /** Null: not judged. */
  readonly isRight: boolean | null
}

export interface CheckedMessage {
  readonly message: SignInMessage
  readonly door: ExplainedDoor
  readonly expectation: Pick<Expectation, 'maxAgeSeconds' | 'maxClockSkewSeconds'>
  /** Every reason there was to refuse: the rules were judged there, and are not judged again here. */
  readonly reasons: ReadonlySet<string>
  readonly now: Date
  /** The account of the request as it was written; null: unknown. */
  readonly requestAddress: string | null
  readonly nonceSource: NonceSource
}

/** Every field beside its expectation, in the order of the message. */
export function checkFields(checked: CheckedMessage, chains: Chains): readonly Check[] {
  const { message, door, reasons, now, requestAddress, nonceSource } = checked
  const { expected } = door
  const isRight = (...names: readonly string[]) => !names.some((name) => reasons.has(name))
  const origin = message.scheme === null ? message.domain : `${message.scheme}://${message.domain}`
  const time = (text: string | null) => (text === null ? null : describeTime(text, now))
  const isNonceRight = nonceSource === 'store' && reasons.has('store_unavailable') ? null : isNonceUsable(isRight)
  return [
    { field: 'domain', found: origin, expected: expected.domain, isRight: isRight('domain_mismatch') },
    {
      field: 'address',
      found: message.address,
      expected: describeAddress(message, door, requestAddress, chains),
      isRight: isRight('address_mismatch'),
    },
    {
      field: 'statement',
      found: message.statement,
      expected: expected.statement,
      isRight: isRight('statement_mismatch'),
    },
    { field: 'URI', found: message.uri, expected: expected.uri, isRight: isRight('uri_mismatch') },
    { field: 'version', found: message.version, expected: '1', isRight: isRight('version_mismatch') },
    { field: 'chain id', found: message.chainId, expected: expected.chainId, isRight: isRight('chain_id_mismatch') },
    {
      field: 'nonce',
      found: message.nonce,
      expected: `live; ${door.nonce.words}`,
      isRight: nonceSource === 'assumed' && isNonceRight === true ? null : isNonceRight,
    },
    {
      field: 'issued at',
      found: time(message.issuedAt),
      expected: describeAge(checked.expectation),
      isRight: isRight('issued_in_the_future', 'issued_too_long_ago'),
    },
    { field: 'expires', found: time(message.expirationTime), expected: 'later than now', isRight: isRight('expired') },
    {
      field: 'not before',
      found: time(message.notBefore),
      expected: 'now or earlier',
      isRight: isRight('not_yet_valid'),
    },
  ]
}

function isNonceUsable(isRight: (...names: readonly string[]) => boolean): boolean {
  return isRight('nonce_unknown', 'challenge_expired', 'other_user')
}

function describeAddress(
  { namespace, address }: SignInMessage,
  { isAccountNamed }: ExplainedDoor,
  requestAddress: string | null,
  chains: Chains,
): string {
  const chain = chains[namespace]
  const canonical = chain.parseAddress(address)
  const spelling = canonical === null ? address : chain.formatAddress(canonical)
  const whose = isAccountNamed ? 'the request’s' : 'the nonce’s'
  const named = requestAddress === null ? whose : `${whose}, ${requestAddress}`
  return spelling === address ? named : `${named}; EIP-55 spells it ${spelling}`
}

function describeAge({ maxAgeSeconds, maxClockSkewSeconds }: CheckedMessage['expectation']): string {
  if (!Number.isFinite(maxAgeSeconds)) return 'any time'
  return `at most ${maxAgeSeconds} s before and ${maxClockSkewSeconds} s after now`
}

function describeTime(text: string, now: Date): string {
  const time = parseTimestamp(text)
  return time === null ? text : `${text} (${describeDifference(time.getTime() - now.getTime())})`
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** `2 min 30 s after now`. */
export function describeDifference(milliseconds: number): string {
  let seconds = Math.abs(milliseconds) / 1000
  const parts: string[] = []
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length)
    if (count > 0) parts.push(`${count} ${unit}`)
    seconds -= count * length
  }
  parts.push(`${Math.round(seconds * 1000) / 1000} s`)
  return `${parts.slice(0, 2).join(' ')} ${milliseconds > 0 ? 'after' : 'before'} now`
}
