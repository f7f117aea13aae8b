import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createChains } from '../../../core/chains/chains.ts'
import { parseUserRow } from '../../../src/import/parse-user-row.ts'
import { readCsv } from '../../../src/import/read-csv.ts'
import { readNdjson } from '../../../src/import/read-ndjson.ts'
import { type RawRow, UnreadableInputError } from '../../../src/import/row.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { chunksOf, collect } from './rows-from.ts'

const chains = await createChains()
const now = new Date('2026-06-22T10:00:00.000Z')
/** A word of a text that was sent, for looking whether a fault quotes it. */
const CANARY = 'Zq7canary9X'

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    CANARY,
    '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
    'ada@example.com',
    '+14152222222',
    '2026-01-01T00:00:00Z',
  ),
  fc.constantFrom('__proto__', 'constructor', '', ' ', '\0', '\ud800', 'active'),
)
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    texts,
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names(), tie('value'), { maxKeys: 6 }),
  ),
}))

function names() {
  return fc.constantFrom(
    ...['id', 'status', 'createdAt', 'updatedAt', 'name', 'metadata', 'wallets', 'emails', 'phones', 'passkeys'],
    ...[
      'sessions',
      'address',
      'chain',
      'access',
      'role',
      'scopes',
      'number',
      'verified',
      'verifiedAt',
      'first',
      'last',
    ],
    ...[
      'credentialId',
      'publicKey',
      'signCount',
      'refreshTokenHash',
      'expiresAt',
      'wallet',
      '__proto__',
      'toString',
      CANARY,
    ],
  )
}

/** Now and then one that is right, or nearly: else hardly any would be taken. */
const plainRow = fc.record(
  { id: fc.string(), status: fc.constantFrom('active', 'pending'), metadata: anything },
  { requiredKeys: ['id'] },
)

describe('whatever stands in a row', () => {
  it('is a user or faults with a remedy, and no fault says what stood there', () => {
    let taken = 0
    fc.assert(
      fc.property(fc.oneof(anything, fc.dictionary(names(), anything, { maxKeys: 8 }), plainRow), (value) => {
        const row = parseUserRow(value, { chains, now })
        if (!('faults' in row)) {
          taken += 1
          return
        }
        expect(row.faults.length).toBeGreaterThan(0)
        for (const { problem, remedy } of row.faults) {
          expect(problem + remedy).not.toContain(CANARY)
          expect(remedy).toMatch(/^[A-Z].*[^.]$/)
        }
      }),
      fuzzBudget(1_000),
    )
    expect(taken).toBeGreaterThan(0)
    expect('isAdmin' in {} || CANARY in {}).toBe(false)
  })
})

const READERS = { NDJSON: readNdjson, CSV: readCsv } as const
const PIECES = [
  ...['id,emails,wallets,name', 'id', ',', ';', '"', '""', '\n', '\r\n', '\r', '{', '}', '[', ']', ':', '{"id":"u1"}'],
  ...['u1', CANARY, '\ufeff', '\0', 'é', '😀', 'null', '1e999', '{"id":', '\\', '\\u', "'", '\t', ' ', '-'],
]

/** What became of an input: its rows, or where it stops being readable. */
async function outcomeOf(rows: AsyncIterable<RawRow>): Promise<unknown> {
  try {
    return await collect(rows)
  } catch (error) {
    if (!(error instanceof UnreadableInputError)) throw error
    const { line, fault } = error
    return { line, fault }
  }
}

describe.each(Object.entries(READERS))('whatever stands in a file of %s', (_, read) => {
  const files = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => Buffer.from(`id,name\n${pieces.join('')}`)),
    fc
      .array(anything, { maxLength: 4 })
      .map((each) => Buffer.from(each.map((value) => JSON.stringify(value)).join('\n'))),
  )

  it('is rows and faults, the same however it arrives, and no fault quotes it', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 9 }), async (file, size) => {
        const whole = await outcomeOf(read(chunksOf(file, 100_000)))
        expect(await outcomeOf(read(chunksOf(file, size)))).toEqual(whole)
        const rows: readonly RawRow[] = Array.isArray(whole) ? whole : []
        const faults = rows.flatMap((row) => ('fault' in row ? [row.fault] : []))
        expect(JSON.stringify(Array.isArray(whole) ? faults : whole)).not.toContain(CANARY)
        const lines = rows.map(({ line }) => line)
        expect([...lines].sort((one, other) => one - other)).toEqual(lines)
      }),
      fuzzBudget(300),
    )
  })
})
