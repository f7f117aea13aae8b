import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createChains } from '../../../core/chains/chains.ts'
import { contactKey } from '../../../core/identities/credential-key.ts'
import { createUsers, type Users } from '../../../core/identities/users.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { exportUsers } from '../../../src/import/export-users.ts'
import { importRows } from '../../../src/import/import-rows.ts'
import { readNdjson } from '../../../src/import/read-ndjson.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { openTestStores, STORES } from '../../support/gateway.ts'
import { newSolanaWallet } from '../../support/solana-wallets.ts'
import { chunksOf } from './rows-from.ts'

const chains = await createChains()
const ports = { clock: { now: () => new Date('2026-06-22T10:00:00.000Z') }, random: createSystemRandom() }
const SOLANA = Array.from({ length: 8 }, () => newSolanaWallet().address)

const hex = (bytes: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const word = fc.stringMatching(/^[\w:.-]{1,20}$/)
const time = fc
  .date({ min: new Date(0), max: new Date('2026-06-22'), noInvalidDate: true })
  .map((date) => date.toISOString())
const common = { createdAt: time, verifiedAt: fc.option(time) }
const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((each) => each.length <= 256)
const bytes = (least: number, most: number) =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((each) => Buffer.from(each).toString('base64url'))
const access = fc.record({
  role: word,
  scopes: fc.array(word, { maxLength: 3 }),
  status: fc.constantFrom('active', 'suspended', '', 'Active ', 'x'),
})
const address = fc.record(
  {
    address: hex(20).map((digits) => `0x${digits}`),
    chain: fc.constantFrom('eip155:8453', 'eip155:1'),
    access,
    ...common,
  },
  { requiredKeys: ['address', 'createdAt', 'verifiedAt'] },
)
const user = fc.record({
  id: fc.stringMatching(/^[\x21-\x7e]{1,128}$/),
  status: fc.constantFrom('active', 'pending'),
  createdAt: time,
  updatedAt: time,
  name: fc.record({ first: text, middle: text, last: text }),
  metadata: fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
  wallets: fc.uniqueArray(address, { maxLength: 3, selector: (each) => each.address }),
  emails: fc.uniqueArray(
    fc.record({ address: word.map((name) => `${name.replaceAll(/[:.]/g, '')}x@example.com`), ...common }),
    { maxLength: 2, selector: (each) => JSON.stringify(Object.values(each)[0]).toLowerCase() },
  ),
  phones: fc.uniqueArray(
    fc.record({ number: fc.integer({ min: 10_000_000, max: 99_999_999 }).map((digits) => `+1${digits}`), ...common }),
    { maxLength: 2, selector: (each) => JSON.stringify(Object.values(each)[0]).toLowerCase() },
  ),
  passkeys: fc.uniqueArray(
    fc.record({
      credentialId: bytes(17, 64),
      publicKey: bytes(77, 77),
      signCount: fc.integer({ min: 0, max: 0xffff_ffff }),
      transports: fc.subarray(['usb', 'internal', 'hybrid']),
      rpId: fc.constantFrom('app.example.com', 'localhost'),
      isBackedUp: fc.boolean(),
      ...common,
    }),
    { maxLength: 2, selector: (each) => JSON.stringify(Object.values(each)[0]).toLowerCase() },
  ),
})

describe.each(STORES)('export and import on %s', (store) => {
  let stores: Stores
  let users: Users
  beforeAll(() => {
    stores = openTestStores(store, inject('redisUrl'))
    users = createUsers({ ...stores, ...ports })
  })
  afterAll(() => stores.close())

  const bring = (projectId: string, ndjson: string) =>
    importRows({ stores, chains, ...ports }, readNdjson(chunksOf(ndjson, 4_096)), {
      projectId,
      isDryRun: false,
      onConflict: 'skip',
      signal: new AbortController().signal,
      onProblem: (problem) => {
        if (problem.kind === 'malformed') throw new Error(JSON.stringify(problem))
      },
      onRow: () => {},
    })
  const send = async (projectId: string): Promise<readonly string[]> => {
    const rows: string[] = []
    for await (const row of exportUsers({ users, identities: stores.identities, chains }, projectId)) rows.push(row)
    return rows.sort()
  }

  it('what was exported is imported as it was, in another project, to the last field', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(user, { maxLength: 5 }),
        fc.subarray(SOLANA, { maxLength: 4 }),
        async (made, solana) => {
          const [from, to] = [`from-${randomUUID()}`, `to-${randomUUID()}`]
          const nameless = solana.map((each) => ({ wallets: [{ address: each, verified: false }] }))
          // What happens to collide is left out and does not matter here.
          const summary = await bring(from, [...made, ...nameless].map((row) => `${JSON.stringify(row)}\n`).join(''))
          const exported = await send(from)
          expect(exported).toHaveLength(summary.imported)
          const again = await bring(to, exported.map((row) => `${row}\n`).join(''))
          expect(again).toMatchObject({ rows: exported.length, imported: exported.length, malformed: 0, conflicts: 0 })
          expect(await send(to)).toEqual(exported)
          // And not only as exports see it.
          for (const row of exported) {
            const { id } = JSON.parse(row) as { id: string }
            const [before, after] = await Promise.all([users.find(from, id), users.find(to, id)])
            expect(JSON.stringify(after).replaceAll(to, from)).toBe(JSON.stringify(before))
          }
        },
      ),
      fuzzBudget(60),
    )
  })

  it('keeps made values: the first import has what the row says', async () => {
    await fc.assert(
      fc.asyncProperty(user, async (made) => {
        const projectId = `made-${randomUUID()}`
        const { imported } = await bring(projectId, `${JSON.stringify(made)}\n`)
        fc.pre(imported === 1)
        const found = await users.find(projectId, made.id)
        expect(found?.user).toMatchObject({ id: made.id, name: made.name, createdAt: new Date(made.createdAt) })
        expect(found?.user.metadata).toEqual(JSON.parse(JSON.stringify(made.metadata)))
        for (const { address: wanted, access: allowed = null, chain, verifiedAt } of made.wallets) {
          const account = { namespace: 'eip155', address: wanted, chain: chain?.split(':')[1] ?? null } as const
          const wallet = await users.findWallet(projectId, account)
          expect(wallet).toMatchObject({ userId: made.id, access: allowed })
          expect(wallet?.verifiedAt?.toISOString() ?? null).toBe(verifiedAt)
        }
      }),
      fuzzBudget(60),
    )
  })

  it('exports who is still pending too: a wallet whose role was set before it signed in', async () => {
    const projectId = `pending-${randomUUID()}`
    const row = {
      wallets: [
        { address: `0x${'1'.repeat(40)}`, verified: false, access: { role: 'admin', scopes: [], status: 'active' } },
      ],
    }
    await bring(projectId, `${JSON.stringify(row)}\n${JSON.stringify({ id: 'active', status: 'active' })}\n`)
    const rows = (await send(projectId)).map((each) => JSON.parse(each) as { status: string; wallets: object[] })
    expect(rows.map(({ status }) => status).sort()).toEqual(['active', 'pending'])
    expect(rows.find(({ status }) => status === 'pending')?.wallets).toMatchObject([{ access: { role: 'admin' } }])
  })

  it('exports everybody once, listed or not, pending or not, also who changes meanwhile; and nobody who was only promised', async () => {
    const projectId = `once-${randomUUID()}`
    const name = { first: '', middle: '', last: '' }
    const email = (at: string) => ({ kind: 'email', value: `${at}-${projectId}@example.com` }) as const
    const create = async (at: string, status: 'pending' | 'active') =>
      (await users.create(projectId, name, [email(at)], status)).user.id
    const early = await create('early', 'pending')
    const active = await create('active', 'active')
    const draft = { projectId, name, metadata: {}, createdAt: new Date(0), updatedAt: new Date(0) }
    await stores.identities.createUser({ ...draft, id: 'anonymous', status: 'pending' })
    await stores.identities.reserve(
      contactKey('email', 'nobody@example.com'),
      { ...draft, id: 'promised', status: 'pending' },
      600,
    )
    const seen: string[] = []
    let late = ''
    for await (const row of exportUsers({ users, identities: stores.identities, chains }, projectId)) {
      if (seen.length === 0) {
        const contact = await users.findContact(projectId, email('early'))
        if (contact !== null) await stores.identities.markVerified(contact, new Date())
        late = await create('late', 'pending')
      }
      seen.push((JSON.parse(row) as { id: string }).id)
    }
    expect(seen.filter((id) => id !== late).sort()).toEqual([early, active, 'anonymous'].sort())
    expect(new Set(seen).size).toBe(seen.length)
  })
})
