import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createChains } from '../../../core/chains/chains.ts'
import { createUsers } from '../../../core/identities/users.ts'
import { createSystemRandom } from '../../../core/random.ts'
import type { Stores } from '../../../core/stores/stores.ts'
import { exportUsers } from '../../../src/import/export-users.ts'
import { importRows } from '../../../src/import/import-rows.ts'
import { readNdjson } from '../../../src/import/read-ndjson.ts'
import { FourMicaDoor, fourMicaProject, readTokens } from '../../adapters/fourmica/door.ts'
import { moonKeyProject, START } from '../../adapters/moonkey/door.ts'
import { CODES, EmailDoor } from '../../adapters/moonkey/email-door.ts'
import { WalletKitDoor, walletKitProject } from '../../adapters/walletkit/door.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestGateway, openTestStores, STORES } from '../../support/gateway.ts'
import { openTestMail } from '../../support/mail.ts'
import { SIGNERS } from '../../support/signers.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { chunksOf } from './rows-from.ts'

const chains = await createChains()
const random = createSystemRandom()
const clock = new TestClock(START)

describe.each(STORES)('imported users behind every door, on %s', (store) => {
  const project = { ...moonKeyProject(), fourmica: fourMicaProject().fourmica, walletkit: walletKitProject().walletkit }
  let stores: Stores
  let doors: { readonly moonKey: EmailDoor; readonly fourMica: FourMicaDoor; readonly walletKit: WalletKitDoor }
  let close: () => Promise<void>
  beforeAll(async () => {
    stores = openTestStores(store, inject('redisUrl'))
    const secrets = [random.bytes(32)]
    const mail = openTestMail(store, { clock, secrets })
    const gateway = await openTestGateway({ projects: [project], stores, clock, secrets, mail: mail.outbox })
    doors = {
      moonKey: new EmailDoor(gateway, project, mail.outbox, mail.mailbox),
      fourMica: new FourMicaDoor(gateway, project),
      walletKit: new WalletKitDoor(gateway, project, mail),
    }
    close = async () => {
      await mail.close()
      await gateway.close()
    }
  })
  afterAll(() => close())

  const bring = async (row: object | string, projectId = project.id) => {
    const ndjson = typeof row === 'string' ? row : JSON.stringify(row)
    const summary = await importRows({ stores, chains, clock, random }, readNdjson(chunksOf(ndjson)), {
      projectId,
      isDryRun: false,
      onConflict: 'skip',
      signal: new AbortController().signal,
      onProblem: (problem) => {
        throw new Error(JSON.stringify(problem))
      },
      onRow: () => {},
    })
    expect(summary).toMatchObject({ rows: 1, malformed: 0, conflicts: 0, stopped: null })
    return summary
  }
  const newId = (): string => `auth0|${randomUUID()}`
  const newEmail = (): string => `${randomUUID()}@example.test`

  it.each(['ethereum', 'solana'] as const)(
    'a wallet of %s signs in with the old id: MoonKey and WalletKit',
    async (type) => {
      const { moonKey, walletKit } = doors
      const [id, signer] = [newId(), SIGNERS[type]()]
      await bring({ id, wallets: [signer.address], createdAt: '2023-01-02T03:04:05Z' })
      expect((await moonKey.signIn(signer)).user_id).toBe(id)
      expect((await moonKey.signInBySiwe(signer)).user_id).toBe(id)
      expect((await walletKit.signInByWallet(signer)).user_id).toBe(id)
      const user = await moonKey.user(encodeURIComponent(id))
      expect(user).toMatchObject({ user_id: id, status: 'active', created_at: 1_672_628_645 })
      expect(user.wallets).toHaveLength(1)
    },
  )

  it('an email signs in with the old id: MoonKey and WalletKit, codes and links', async () => {
    const { moonKey, walletKit } = doors
    const [id, email] = [newId(), newEmail()]
    await bring({ id, emails: [{ address: email.toUpperCase(), verified: true }] })
    expect(await moonKey.ok(`${CODES}/verify`, await moonKey.mailedCode(email))).toMatchObject({ user_id: id })
    expect((await walletKit.signInByEmail(email)).user_id).toBe(id)
    expect((await walletKit.signInByLink(email)).user_id).toBe(id)
  })

  it('one that was never proved signs in with the old id once it is, and becomes active', async () => {
    const { moonKey } = doors
    const [id, email] = [newId(), newEmail()]
    await bring({ id, emails: [email] })
    expect((await moonKey.user(encodeURIComponent(id))).status).toBe('pending')
    expect(await moonKey.ok(`${CODES}/verify`, await moonKey.mailedCode(email))).toMatchObject({ user_id: id })
    expect(await moonKey.user(encodeURIComponent(id))).toMatchObject({ status: 'active', emails: [{ verified: true }] })
  })

  it('4mica reads role, scopes and status that were imported, and its user is behind the other doors', async () => {
    const { fourMica, moonKey } = doors
    const [active, suspended] = [newEthereumWallet(), newEthereumWallet()]
    const access = { role: 'facilitator', scopes: ['tab:create', 'guarantee:issue'], status: 'active' }
    await bring({ wallets: [{ address: active.address.toLowerCase(), access }] })
    await bring({ wallets: [{ address: suspended.address, access: { ...access, status: 'suspended' } }] })
    const { access_token } = await fourMica.signIn(active)
    const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as object
    expect(claims).toMatchObject({ sub: active.address.toLowerCase(), role: 'facilitator', scopes: access.scopes })
    const refused = await fourMica.verify(await fourMica.prove(suspended))
    expect(refused.status).toBe(401)
    expect(fourMica.lastRefusal).toContain('wallet_inactive')
    expect(await moonKey.ownerOf({ ...SIGNERS.ethereum(), address: active.address })).toMatch(/^user_/)
  })

  it('a refresh token of the old server is good for one refresh, or one logout, and never again', async () => {
    const { fourMica } = doors
    const newToken = () => `refresh_${randomBytes(32).toString('hex')}`
    const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
    const [rotated, ended, kept] = [newToken(), newToken(), newToken()]
    const expiresAt = new Date(clock.now().getTime() + 86_400_000)
    const row = {
      wallets: [newEthereumWallet().address],
      sessions: [rotated, ended, kept].map((token) => ({ refreshTokenHash: sha256(token), expiresAt })),
    }
    expect(await bring(row)).toMatchObject({ imported: 1, openedSessions: 3 })
    const { refresh_token: next } = readTokens(await fourMica.refresh(rotated))
    expect((await fourMica.logout(ended)).body).toEqual({ revoked: true })

    expect(await bring(row)).toMatchObject({ unchanged: 1, openedSessions: 0 })
    expect((await fourMica.refresh(rotated)).status).toBe(401)
    expect((await fourMica.refresh(ended)).status).toBe(401)
    expect((await fourMica.logout(ended)).body).toEqual({ revoked: false })
    readTokens(await fourMica.refresh(next))
    readTokens(await fourMica.refresh(kept))
  })

  it('a passkey signs in with the old id after export and import', async () => {
    const { walletKit } = doors
    const session = await walletKit.signInByWallet()
    const authenticator = await walletKit.addPasskey(session)
    const users = createUsers({ ...stores, clock, random })
    const rows: string[] = []
    for await (const row of exportUsers({ users, identities: stores.identities, chains }, project.id)) rows.push(row)
    const row = rows.find((each) => each.includes(session.user_id))
    if (row === undefined) throw new Error('it was not exported')
    await users.delete(project.id, session.user_id)
    await bring(row)
    expect((await walletKit.signInByPasskey(authenticator)).user_id).toBe(session.user_id)
  })
})
