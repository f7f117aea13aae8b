import { SiweMessage } from 'siwe'
import { describe, expect, it } from 'vitest'
import type { MessageRefusal } from '../../../core/messages/message-refusals.ts'
import type { SignInMessage } from '../../../core/messages/sign-in-message.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { ADDRESS, change, FULL, parseStrict, refusalOf } from './fixtures.ts'
import { createRandom, generateMessage, mutate } from './message-generator.ts'

const BUDGET = fuzzBudget(12_000, 43_610_812)
const { numRuns: CASES, seed: SEED, interruptAfterTimeLimit = Number.POSITIVE_INFINITY } = BUDGET
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`

interface Difference {
  readonly name: string
  readonly reasons: readonly MessageRefusal[]
  /** Judged on a text that siwe accepts. */
  readonly applies: (text: string) => boolean
  readonly example: string
  /** Too rare, or too long, for the generator. */
  readonly isRare?: true
}

const TIME_LINES = /^(?:Issued At|Expiration Time|Not Before): (.*)$/gm
const IPV6_WITH_IPV4 = /\[[0-9A-Fa-f:]*:([0-9]*\.[0-9]*\.[0-9]*\.[0-9]*)\]/g

/**
 * Everything on which the strict parser and siwe 3.0.0 disagree, all of one kind: siwe accepts, we refuse. Explained in
 * docs/decisions/0002-message-grammar.md.
 */
const DIFFERENCES: readonly Difference[] = [
  {
    name: 'an octet of the IPv4 tail of an IPv6 address is zero-padded or empty (RFC 3986 §3.2.2 dec-octet)',
    reasons: ['domain_malformed', 'uri_malformed', 'resource_malformed'],
    applies: (text) =>
      [...withoutStatement(text).matchAll(IPV6_WITH_IPV4)].some(([, tail = '']) =>
        tail.split('.').some((octet) => octet === '' || String(Number(octet)) !== octet),
      ),
    example: change(FULL, 'app.example.com:8443', '[::ffff:127.0.0.01]'),
  },
  {
    name: 'a second 60 elsewhere than in the last minute of a month in UTC (RFC 3339 §5.7)',
    reasons: ['issued_at_malformed', 'expiration_time_malformed', 'not_before_malformed'],
    applies: (text) =>
      [...withoutStatement(text).matchAll(TIME_LINES)].some(([, time = '']) => {
        if (time.slice(16, 19) !== ':60') return false
        const next = new Date(Date.parse(time.toUpperCase().replace(/:60(\.[0-9]+)?/, ':59')) + 1000)
        return next.getUTCDate() !== 1 || next.getUTCHours() !== 0 || next.getUTCMinutes() !== 0
      }),
    example: change(FULL, 'Issued At: 2026-06-22T10:00:00.000Z', 'Issued At: 2026-06-22T10:00:60Z'),
  },
  {
    name: 'a chain id has leading zeros or more than 32 digits (CAIP-2)',
    reasons: ['chain_id_malformed'],
    applies: (text) => /^Chain ID: (?:0[0-9]|[0-9]{33})/m.test(withoutStatement(text)),
    example: change(FULL, 'Chain ID: 8453', 'Chain ID: 08453'),
  },
  {
    name: 'a nonce has more than 128 characters',
    reasons: ['nonce_malformed'],
    applies: (text) => /^Nonce: [0-9A-Za-z]{129}/m.test(withoutStatement(text)),
    example: change(FULL, '0123456789abcdef', 'a'.repeat(129)),
  },
  {
    name: 'the text has more than 16 384 UTF-16 units',
    reasons: ['too_long'],
    applies: (text) => text.length > 16_384,
    example: `${FULL}\n- uri:${'a'.repeat(16_384)}`,
    isRare: true,
  },
  {
    name: 'the address is the zero address, which is no account',
    reasons: ['address_malformed'],
    applies: (text) => text.split('\n')[1] === ZERO_ADDRESS,
    example: change(FULL, ADDRESS, ZERO_ADDRESS),
    isRare: true,
  },
]

/** A statement may say anything that looks like an address or a field. */
function withoutStatement(text: string): string {
  return text.replace(/^([^\n]*\n[^\n]*\n\n)[^\n]*\n\n/, '$1\n')
}

function readBySiwe(text: string): SiweMessage | null {
  try {
    return new SiweMessage(text)
  } catch {
    return null
  }
}

/** Our reading in siwe's shape. */
function inSiweShape(message: SignInMessage): Record<string, unknown> {
  const { namespace: _, chainId, ...fields } = message
  const present = Object.entries(fields).filter(([, value]) => value !== null)
  return { ...Object.fromEntries(present), chainId: Number(chainId) }
}

function fieldsOf(message: SiweMessage): Record<string, unknown> {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined))
}

describe('siwe 3.0.0 and the strict parser', () => {
  it.each(DIFFERENCES)('disagree when $name', ({ example, reasons, applies }) => {
    expect(readBySiwe(FULL)).not.toBeNull()
    expect(refusalOf(FULL)).toBeNull()
    expect(applies(FULL)).toBe(false)

    expect(readBySiwe(example)).not.toBeNull()
    expect(reasons).toContain(refusalOf(example))
    expect(applies(example)).toBe(true)
  })

  // Half a millisecond each, most of it siwe's.
  const timeout = 120_000 + Math.min(CASES * 10, interruptAfterTimeLimit)
  it(`agree on every other of ${CASES} generated and mutated texts (seed ${SEED})`, { timeout }, () => {
    const random = createRandom(SEED)
    const seen = { accepted: 0, refused: 0 }
    const reasons = new Set<string>()
    const met = new Set<string>()
    const disagreements: unknown[] = []

    const startedAt = performance.now()
    let index = 0

    for (; index < CASES && performance.now() - startedAt < interruptAfterTimeLimit; index++) {
      let text = generateMessage(random)
      if (random.chance(0.6)) for (let left = 1 + random.below(2); left > 0; left--) text = mutate(text, random)

      const theirs = readBySiwe(text)
      const reason = refusalOf(text)
      if (reason !== null) reasons.add(reason)
      const difference = theirs === null ? undefined : DIFFERENCES.find(({ applies }) => applies(text))

      if (difference !== undefined) {
        met.add(difference.name)
        const named = DIFFERENCES.filter(({ applies }) => applies(text)).flatMap((one) => one.reasons)
        if (!named.some((one) => one === reason))
          disagreements.push({ index, difference: difference.name, reason, text })
      } else if ((theirs === null) !== (reason !== null)) {
        disagreements.push({ index, siwe: theirs === null ? 'refuses' : 'accepts', reason, text })
      } else if (theirs === null) {
        seen.refused++
      } else {
        seen.accepted++
        expect(inSiweShape(parseStrict(text))).toEqual(fieldsOf(theirs))
      }
    }

    expect(disagreements).toEqual([])
    // The cases are worth something: both verdicts often, nearly every reason, and every difference a generator can make.
    expect(seen.accepted).toBeGreaterThan(index / 4)
    expect(seen.refused).toBeGreaterThan(index / 4)
    expect(reasons.size).toBeGreaterThanOrEqual(20)
    expect([...met].sort()).toEqual(
      DIFFERENCES.filter(({ isRare }) => !isRare)
        .map(({ name }) => name)
        .sort(),
    )
  })
})
