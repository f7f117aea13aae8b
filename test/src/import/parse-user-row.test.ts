import { describe, expect, it } from 'vitest'
import { createChains } from '../../../core/chains/chains.ts'
import { parseUserRow, type UserRow } from '../../../src/import/parse-user-row.ts'
import { newSolanaWallet } from '../../support/solana-wallets.ts'

const chains = await createChains()
const NOW = new Date('2026-06-22T10:00:00.000Z')
const ADDRESS = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'
const EOA = { namespace: 'eip155', address: ADDRESS.toLowerCase(), chain: null }
const HEX_HASH = 'e47d6f746acfd6285709470b02e634ac54c2c3104fa33a94acfc2a31f7242fc2'

const parse = (value: unknown) => parseUserRow(value, { chains, now: NOW })
function read(value: unknown): UserRow {
  const row = parse(value)
  if ('faults' in row) throw new Error(JSON.stringify(row.faults))
  return row
}
function faultsOf(value: unknown): readonly string[] {
  const row = parse(value)
  if (!('faults' in row)) throw new Error('it was taken')
  for (const { remedy } of row.faults) expect(remedy).toMatch(/^[A-Z].*[^.]$/)
  return row.faults.map(({ field, problem }) => (field === null ? problem : `${field} ${problem}`))
}
/** Metadata with so many levels. */
const nested = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)
const first = (value: unknown) => read(value).user.credentials[0]

describe('parseUserRow', () => {
  it('takes the least there is, and gives everything else its default', () => {
    expect(read({ id: 'u1' }).user).toEqual({
      id: 'u1',
      status: 'pending',
      name: { first: '', middle: '', last: '' },
      metadata: {},
      createdAt: NOW,
      updatedAt: NOW,
      credentials: [],
      sessions: [],
    })
    expect(read({ wallets: [ADDRESS] }).user.id).toBeNull()
  })

  it.each([
    'u',
    '0190b5a2-7c4e-7d3a-8b5e-9f6a1c2d3e4f',
    'auth0|64f0',
    'google-oauth2|1',
    'A'.repeat(128),
    '../x',
    '42',
  ])('keeps the id %s as it is', (id) => expect(read({ id }).user.id).toBe(id))

  it.each([
    ['checksummed', ADDRESS, EOA],
    ['lower case', ADDRESS.toLowerCase(), EOA],
    ['upper case', `0x${ADDRESS.slice(2).toUpperCase()}`, EOA],
    ['CAIP-10', `eip155:1:${ADDRESS}`, EOA],
    ['CAIP-10 of another chain', `eip155:8453:${ADDRESS}`, EOA],
    ['our own id', `eip155:${ADDRESS.toLowerCase()}`, EOA],
  ])('reads a wallet in %s', (_, address, account) => {
    const createdAt = '2024-05-01T12:00:00Z'
    const time = new Date(createdAt)
    const wallet = { kind: 'wallet', id: null, account, access: null, createdAt: time, verifiedAt: time }
    expect(first({ createdAt, wallets: [address] })).toEqual(wallet)
    expect(first({ createdAt, wallets: [{ address }] })).toEqual(wallet)
  })

  it('reads Solana wallets, and contract accounts where the chain is named', () => {
    const { address } = newSolanaWallet()
    const account = { namespace: 'solana', address, chain: null }
    expect(first({ wallets: [address] })).toMatchObject({ account })
    expect(first({ wallets: [`solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:${address}`] })).toMatchObject({ account })
    for (const chain of ['8453', 'eip155:8453']) {
      expect(first({ wallets: [{ address: ADDRESS, chain }] })).toMatchObject({ account: { ...EOA, chain: '8453' } })
    }
  })

  it('reads verified flags: wallets and passkeys are proved unless said otherwise, contacts are not', () => {
    const createdAt = '2024-05-01T12:00:00Z'
    const verifiedOf = (list: string, item: object) =>
      first({ createdAt, [list]: [item] })?.verifiedAt?.toISOString() ?? null
    const wallet = { address: ADDRESS }
    const email = { address: 'Ada@Example.com' }
    expect(verifiedOf('wallets', { ...wallet, verified: false })).toBeNull()
    expect(verifiedOf('wallets', { ...wallet, verifiedAt: null })).toBeNull()
    expect(verifiedOf('emails', email)).toBeNull()
    expect(verifiedOf('emails', { ...email, verified: true })).toBe('2024-05-01T12:00:00.000Z')
    expect(verifiedOf('emails', { ...email, verified: true, createdAt: 1_700_000_000 })).toBe(
      '2023-11-14T22:13:20.000Z',
    )
    expect(verifiedOf('emails', { ...email, verifiedAt: '2025-01-01T00:00:00Z' })).toBe('2025-01-01T00:00:00.000Z')
    expect(first({ emails: ['Ada@Example.com'] })).toMatchObject({ kind: 'email', value: 'ada@example.com' })
    expect(first({ phones: ['+14155550123'] })).toMatchObject({ kind: 'phone', value: '+14155550123' })
  })

  it.each([
    ['RFC 3339', '2024-05-01T12:00:00Z'],
    ['an offset', '2024-05-01T14:00:00.000+02:00'],
    ['PostgreSQL', '2024-05-01 12:00:00+00'],
    ['PostgreSQL with microseconds', '2024-05-01 12:00:00.000000+00'],
    ['PostgreSQL as JSON', '2024-05-01T12:00:00+00:00'],
    ['Unix seconds', 1_714_564_800],
    ['Unix milliseconds', 1_714_564_800_000],
    ['Unix seconds as text', '1714564800'],
  ])('reads a time in %s', (_, createdAt) => {
    expect(read({ id: 'u', createdAt }).user.createdAt).toEqual(new Date('2024-05-01T12:00:00Z'))
  })

  it('reads access whole, blank status and all', () => {
    const access = { role: 'facilitator', scopes: ['tab:create', 'guarantee:issue'], status: '' }
    expect(first({ wallets: [{ address: ADDRESS, access }] })).toMatchObject({ access })
  })

  it('reads sessions by the hash of their refresh token, in both spellings (4mica digest §9)', () => {
    const base64url = Buffer.from(HEX_HASH, 'hex').toString('base64url')
    const expiresAt = '2026-07-01T00:00:00Z'
    for (const refreshTokenHash of [HEX_HASH, HEX_HASH.toUpperCase(), base64url]) {
      const sessions = [{ refreshTokenHash, expiresAt, createdAt: '2026-06-01T00:00:00Z' }]
      expect(
        read({ emails: ['a@example.com'], wallets: [newSolanaWallet().address, ADDRESS], sessions }).user.sessions,
      ).toEqual([
        {
          refreshTokenHash: base64url,
          opener: 1,
          createdAt: new Date('2026-06-01T00:00:00Z'),
          expiresAt: new Date(expiresAt),
        },
      ])
    }
  })

  it.each([
    ['no object', [1], ['is a list of 1, not an object']],
    ['null', null, ['is null, not an object']],
    [
      'nothing to recognise anybody by',
      { name: { first: 'Ada' } },
      ['has neither an id nor anything to be recognised by'],
    ],
    ['an id that is a number', { id: 7 }, ['id is a number, not an id']],
    ['an empty id', { id: '' }, ['id is empty text, not an id']],
    ['an id with a space', { id: 'a b' }, ['id is text of 3 characters, not an id']],
    ['an id with a line break', { id: 'a\n' }, ['id is text of 2 characters, not an id']],
    ['an id that is too long', { id: 'a'.repeat(129) }, ['id is text of 129 characters, not an id']],
    ['fields nobody knows', { id: 'u', password: 'x' }, ['password is not a field of this name']],
    ['a field with a name like a value', { id: 'u', 'ada@example.com': 1 }, ['has a field whose name is not known']],
    ['an unknown status', { id: 'u', status: 'banned' }, ['status is text of 6 characters, not a status']],
    [
      'a time without its offset',
      { id: 'u', createdAt: '2024-05-01T12:00:00' },
      ['createdAt is text of 19 characters, not a time'],
    ],
    [
      'a day that is none',
      { id: 'u', createdAt: '2024-02-30T12:00:00Z' },
      ['createdAt is text of 20 characters, not a time'],
    ],
    [
      'a time before 1970',
      { id: 'u', createdAt: '1969-12-31T23:59:59Z' },
      ['createdAt is text of 20 characters, not a time'],
    ],
    ['a time to come', { id: 'u', createdAt: '2026-06-24T00:00:00Z' }, ['createdAt is too far in the future']],
    ['metadata that is a list', { id: 'u', metadata: [] }, ['metadata is not an object']],
    ['metadata that is too large', { id: 'u', metadata: { a: 'x'.repeat(16_384) } }, ['metadata is too large']],
    ['metadata that is nested too deep', { id: 'u', metadata: nested(33) }, ['metadata is nested too deep']],
    ['metadata of thousands of levels', { id: 'u', metadata: nested(5_000) }, ['metadata is nested too deep']],
    ['wallets that are no list', { id: 'u', wallets: ADDRESS }, ['wallets is text of 42 characters, not a list']],
    [
      'too many wallets',
      { id: 'u', wallets: Array(1001).fill(ADDRESS) },
      ['wallets is a list of 1001, more than 1000'],
    ],
    [
      'an address with a wrong checksum',
      { wallets: [ADDRESS.replace('E7E', 'e7E')] },
      ['wallets[0].address is text of 42 characters, not an address'],
    ],
    [
      'the zero address',
      { wallets: [`0x${'0'.repeat(40)}`] },
      ['wallets[0].address is text of 42 characters, not an address'],
    ],
    [
      'a wallet without an address',
      { wallets: [{ access: { role: 'user', scopes: [], status: 'active' } }] },
      ['wallets[0].address is missing'],
    ],
    [
      'a Solana address with a chain',
      { wallets: [{ address: '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T', chain: '1' }] },
      ['wallets[0].address is text of 44 characters, not an address'],
    ],
    [
      'an access without a status',
      { wallets: [{ address: ADDRESS, access: { role: 'user', scopes: [] } }] },
      ['wallets[0].access.status is missing'],
    ],
    [
      'an access without scopes',
      { wallets: [{ address: ADDRESS, access: { role: 'user', status: 'active' } }] },
      ['wallets[0].access.scopes is missing'],
    ],
    [
      'a scope with a space',
      { wallets: [{ address: ADDRESS, access: { role: 'user', scopes: ['a b'], status: 'x' } }] },
      ['wallets[0].access.scopes[0] is not a scope'],
    ],
    ['an email that is none', { emails: ['ada'] }, ['emails[0].address is text of 3 characters, not a mail address']],
    [
      'a flag that is text',
      { emails: [{ address: 'a@example.com', verified: 'yes' }] },
      ['emails[0].verified is text of 3 characters, not true or false'],
    ],
    [
      'a flag beside a time',
      { emails: [{ address: 'a@example.com', verified: false, verifiedAt: null }] },
      ['emails[0].verified stands beside verifiedAt'],
    ],
    [
      'a phone number that is none',
      { phones: ['0800'] },
      ['phones[0].number is text of 4 characters, not a phone number'],
    ],
    ['one wallet twice', { wallets: [ADDRESS, `eip155:1:${ADDRESS}`] }, ['wallets[1] is wallets[0] again']],
    [
      'one credential id twice',
      { wallets: [{ address: ADDRESS, id: 'x' }], emails: [{ address: 'a@example.com', id: 'x' }] },
      ['emails[0] is wallets[0] again'],
    ],
    [
      'a passkey without its key',
      { passkeys: [{ credentialId: 'A'.repeat(22), rpId: 'app.example.com' }] },
      ['passkeys[0].publicKey is missing'],
    ],
    [
      'a token in place of its hash',
      { wallets: [ADDRESS], sessions: [{ refreshTokenHash: `refresh_${HEX_HASH}`, expiresAt: 1_790_000_000 }] },
      ['sessions[0].refreshTokenHash is text of 72 characters, not a hash'],
    ],
    [
      'a session without an end',
      { wallets: [ADDRESS], sessions: [{ refreshTokenHash: HEX_HASH }] },
      ['sessions[0].expiresAt is missing'],
    ],
    [
      'a session without end',
      { wallets: [ADDRESS], sessions: [{ refreshTokenHash: HEX_HASH, expiresAt: '2099-01-01T00:00:00Z' }] },
      ['sessions[0].expiresAt is too far in the future'],
    ],
    [
      'a session of no wallet',
      { emails: ['a@example.com'], sessions: [{ refreshTokenHash: HEX_HASH, expiresAt: 1_790_000_000 }] },
      ['sessions[0].wallet is missing'],
    ],
    [
      'a session of another wallet',
      {
        wallets: [ADDRESS],
        sessions: [{ refreshTokenHash: HEX_HASH, expiresAt: 1_790_000_000, wallet: `0x${'1'.repeat(40)}` }],
      },
      ['sessions[0].wallet is none of the row’s Ethereum wallets'],
    ],
  ])('refuses %s', (_, value, faults) => expect(faultsOf(value)).toEqual(faults))

  it('lists every fault of a row, and no value', () => {
    const secret = 'hunter2'
    const row = parse({
      id: `${secret} x`,
      name: secret,
      metadata: secret,
      wallets: [
        secret,
        { address: ADDRESS, access: { role: `${secret} x`, scopes: secret, status: secret.repeat(10) } },
      ],
      emails: [secret],
      passkeys: [{ credentialId: secret, publicKey: secret, rpId: `${secret} x` }],
      sessions: [{ refreshTokenHash: secret, expiresAt: secret }],
    })
    if (!('faults' in row)) throw new Error('it was taken')
    expect(row.faults.length).toBeGreaterThan(12)
    expect(JSON.stringify(row.faults)).not.toContain(secret)
  })
})
