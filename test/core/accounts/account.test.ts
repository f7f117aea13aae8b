import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Account, formatAccountId, parseAccountId } from '../../../core/accounts/account.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'

const EVM = '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'
const SOLANA = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin'

describe('account ids', () => {
  const hex = fc.stringMatching(/^[0-9a-f]{40}$/)
  const base58 = fc.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/)
  const account: fc.Arbitrary<Account> = fc.oneof(
    fc.record({
      namespace: fc.constant('eip155' as const),
      address: hex.map((digits) => `0x${digits}`),
      chain: fc.oneof(fc.constant(null), fc.bigInt({ min: 0n, max: 10n ** 32n - 1n }).map(String)),
    }),
    fc.record({ namespace: fc.constant('solana' as const), address: base58, chain: fc.constant(null) }),
  )

  it('come back as the account they were written from', () => {
    fc.assert(
      fc.property(account, (value) => {
        expect(parseAccountId(formatAccountId(value))).toEqual(value)
      }),
      fuzzBudget(100),
    )
  })

  it('are understood in one spelling only: whatever parses is written back the same', () => {
    fc.assert(
      fc.property(
        fc.oneof(account.map(formatAccountId), fc.string()),
        fc.nat(80),
        fc.string({ maxLength: 2 }),
        (id, at, cut) => {
          const text = id.slice(0, at) + cut + id.slice(at + 1)
          const parsed = parseAccountId(text)
          if (parsed !== null) expect(formatAccountId(parsed)).toBe(text)
        },
      ),
      fuzzBudget(100),
    )
  })

  it('say which chain a contract account is bound to', () => {
    expect(parseAccountId(`eip155:84532:${EVM}`)).toEqual({ namespace: 'eip155', address: EVM, chain: '84532' })
    expect(parseAccountId(`eip155:${EVM}`)).toEqual({ namespace: 'eip155', address: EVM, chain: null })
    expect(parseAccountId(`solana:${SOLANA}`)).toEqual({ namespace: 'solana', address: SOLANA, chain: null })
  })

  it.each([
    '',
    EVM,
    `eip155:${EVM.toUpperCase()}`,
    `eip155:0x${EVM.slice(2).toUpperCase()}`,
    `eip155:01:${EVM}`,
    `eip155:+1:${EVM}`,
    `eip155::${EVM}`,
    `eip155:1:${EVM}:`,
    `eip155:${'1'.repeat(33)}:${EVM}`,
    `eip155:${EVM}\n`,
    ` eip155:${EVM}`,
    `EIP155:${EVM}`,
    `eip155:${SOLANA}`,
    `solana:${EVM}`,
    `solana:mainnet:${SOLANA}`,
    `solana:${SOLANA.slice(0, 31)}`,
    `solana:${SOLANA}1`,
    `solana:0${SOLANA.slice(1)}`,
    `bip122:${SOLANA}`,
  ])('refuses %j', (text) => {
    expect(parseAccountId(text)).toBeNull()
  })
})
