import { describe, expect, it } from 'vitest'
import { readCsv } from '../../../src/import/read-csv.ts'
import { MAX_ROW_BYTES } from '../../../src/import/row.ts'
import { chunksOf, collect } from './rows-from.ts'

const read = (text: string | Uint8Array, size = 5) => collect(readCsv(chunksOf(text, size)))
const refusalOf = async (text: string | Uint8Array, size?: number) => {
  const error: unknown = await read(text, size).then(
    () => null,
    (caught: unknown) => caught,
  )
  return error as { line: number; fault: { field: string | null; problem: string; remedy: string } }
}

describe('readCsv', () => {
  it('gives rows in the shape of NDJSON', async () => {
    const text = [
      'id,created_at,first_name,Last Name,wallets,emails,emailVerified,phones,access_role,access_scopes,access_status,metadata',
      'u1,2024-05-01T12:00:00Z,Ada,"Lovelace, Countess",0xa 0xb,a@example.com;b@example.com,TRUE,+14155550123,user,"tab:read,tab:create",active,"{""plan"":1}"',
      'u2,,,,,,,,,,,',
    ].join('\r\n')
    const access = { role: 'user', scopes: ['tab:read', 'tab:create'], status: 'active' }
    expect(await read(text)).toEqual([
      {
        line: 2,
        value: {
          id: 'u1',
          createdAt: '2024-05-01T12:00:00Z',
          name: { first: 'Ada', last: 'Lovelace, Countess' },
          wallets: [
            { address: '0xa', access },
            { address: '0xb', access },
          ],
          emails: [
            { address: 'a@example.com', verified: true },
            { address: 'b@example.com', verified: true },
          ],
          phones: [{ number: '+14155550123' }],
          metadata: { plan: 1 },
        },
      },
      { line: 3, value: { id: 'u2' } },
    ])
  })

  it('takes other names for a column, and refresh token hashes', async () => {
    expect(await read('walletAddress,refresh_token_hash,refresh_token_expires_at\n0xa,abc,1790000000\n')).toEqual([
      {
        line: 2,
        value: { wallets: [{ address: '0xa' }], sessions: [{ refreshTokenHash: 'abc', expiresAt: '1790000000' }] },
      },
    ])
  })

  it('does not turn an access without a wallet into nothing', async () => {
    expect(await read('id,wallets,access_status\nu1,,suspended\n')).toEqual([
      { line: 2, value: { id: 'u1', wallets: [{ access: { status: 'suspended' } }] } },
    ])
  })

  it('leaves what is no flag and no JSON to be refused', async () => {
    expect(await read('id,email,email_verified,metadata\nu1,a@example.com,maybe,{\n')).toEqual([
      { line: 2, value: { id: 'u1', emails: [{ address: 'a@example.com', verified: 'maybe' }], metadata: '{' } },
    ])
  })

  it('counts lines within cells, and empty ones', async () => {
    const rows = await read('id,first_name\n\nu1,"A\nd\na"\nu2,\n\n\nu3,x\n')
    expect(rows.map(({ line }) => line)).toEqual([3, 6, 9])
  })

  it('names the row whose cells do not fit the first line, and goes on', async () => {
    const rows = await read('id,email\nu1,secret@example.com,x\nu2\nu3,\n')
    expect(rows).toEqual([
      { line: 2, fault: expect.objectContaining({ problem: 'has 3 cells, and the first line names 2 columns' }) },
      { line: 3, fault: expect.objectContaining({ problem: 'has 1 cells, and the first line names 2 columns' }) },
      { line: 4, value: { id: 'u3' } },
    ])
  })

  it('refuses bytes that are not UTF-8', async () => {
    const rows = await read(Buffer.from('id,first_name\nu1,Ad\xe9le\n', 'latin1'))
    expect(rows).toEqual([{ line: 2, fault: expect.objectContaining({ field: 'column 2', problem: 'is not UTF-8' }) }])
  })

  it.each([
    ['a file without a first line of names', 'secret@example.com,0xa\n', 1, 'column 1', 'has a name that is not known'],
    ['a column twice', 'id,email,e-mails\nu1,a,b\n', 1, 'column 3', 'is a second column for emails'],
    [
      'a quote that is never closed',
      'id,first_name\nu1,"secret\nu2,x\n',
      2,
      null,
      'begins a row with a double quote that is never closed',
    ],
    ['a quote within a cell', 'id,first_name\nu1,se"cret"\nu2,x\n', 2, null, 'has a double quote where none may stand'],
    ['text after a quote', 'id,first_name\nu1,"secret"x\nu2,x\n', 2, null, 'has a double quote where none may stand'],
  ])('stops at %s', async (_, text, line, field, problem) => {
    const refusal = await refusalOf(text)
    expect(refusal).toMatchObject({ name: 'UnreadableInputError', line, fault: { field, problem } })
    expect(JSON.stringify(refusal) + String(refusal)).not.toContain('secret')
  })

  it('stops at a quote that swallows the file, holding no more than a row of it', async () => {
    async function* endless() {
      yield Buffer.from('id,first_name\nu1,"')
      for (let count = 0; count < 1_000; count += 1) yield Buffer.alloc(MAX_ROW_BYTES / 8, 'x\n')
      throw new Error('read on')
    }
    await expect(collect(readCsv(endless()))).rejects.toMatchObject({
      name: 'UnreadableInputError',
      fault: { problem: `begins a row longer than ${MAX_ROW_BYTES} characters` },
    })
  })

  it('passes on what goes wrong with the source, and stops it when nobody reads on', async () => {
    async function* broken() {
      yield Buffer.from('id\nu1\n')
      throw new Error('the disk is gone')
    }
    await expect(collect(readCsv(broken()))).rejects.toThrow('the disk is gone')

    let isStopped = false
    async function* long() {
      try {
        for (let count = 0; count < 100_000; count += 1) yield Buffer.from(count === 0 ? 'id\n' : `u${count}\n`)
      } finally {
        isStopped = true
      }
    }
    for await (const row of readCsv(long())) if (row.line > 10) break
    expect(isStopped).toBe(true)
  })
})
