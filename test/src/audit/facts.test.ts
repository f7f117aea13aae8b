import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAccountId } from '../../../core/accounts/account.ts'
import { createChains } from '../../../core/chains/chains.ts'
import { AuthError } from '../../../core/errors.ts'
import { claimsOf, FourMicaDoor, fourMicaProject, START } from '../../adapters/fourmica/door.ts'
import { MoonKeyDoor, moonKeyProject } from '../../adapters/moonkey/door.ts'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, openTestGateway, STORES, type TestGateway } from '../../support/gateway.ts'
import { planOutage } from '../../support/intercept-stores.ts'
import { ethereumSigner, type Signer, solanaSigner } from '../../support/signers.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { openTestAudit, type TestAudit } from './memory-sink.ts'

describe.each(STORES)('the facts of sign-ins on %s', (store) => {
  const clock = new TestClock(START)
  const stores = openStoresForTests(store)
  let trail: TestAudit
  let gateway: TestGateway
  let fourmica: FourMicaDoor
  let moonkey: MoonKeyDoor
  beforeAll(async () => {
    trail = openTestAudit(clock)
    const projects = [fourMicaProject(), moonKeyProject()] as const
    gateway = await openTestGateway({ projects, stores, clock, audit: trail.audit })
    fourmica = new FourMicaDoor(gateway, projects[0])
    moonkey = new MoonKeyDoor(gateway, projects[1])
  })
  afterAll(() => stores.close())

  it('a first sign-in: a user, a wallet, a session, and a proof that holds', async () => {
    await trail.facts()
    const wallet = newEthereumWallet()
    const proof = await fourmica.prove(wallet)
    const answer = await fourmica.verify(proof)
    const facts = await trail.facts()
    expect(facts.map(({ event }) => event)).toEqual(['user.created', 'wallet.linked', 'session.opened'])
    const account = `eip155:${wallet.address.toLowerCase()}`
    const [created, linked, opened] = ['user.created', 'wallet.linked', 'session.opened'].map((event) =>
      facts.find((fact) => fact.event === event),
    )
    const common = {
      audit: 1,
      id: expect.stringMatching(/^fact_[0-9A-Za-z]{27}$/),
      time: START.toISOString(),
      project: fourmica.project.id,
      user: expect.stringMatching(/^user_/),
      request: answer.headers.get('x-request-id'),
    }
    expect(created).toEqual({ ...common, event: 'user.created', status: 'active' })
    expect(linked).toEqual({
      ...common,
      event: 'wallet.linked',
      credential: expect.stringMatching(/^wallet_/),
      account,
    })
    expect(opened).toEqual({
      ...common,
      event: 'session.opened',
      door: 'fourmica',
      session: expect.stringMatching(/^sess_/),
      credential: linked?.credential,
      account,
      factor: 'wallet',
      proof: { message: proof.message, signature: proof.signature },
    })
    expect(new Set(facts.map(({ user }) => user)).size).toBe(1)
    expect(new Set(facts.map(({ id }) => id)).size).toBe(3)
  })

  it('a second sign-in, a refresh, a reused token, a logout', async () => {
    const wallet = newEthereumWallet()
    await fourmica.signIn(wallet)
    await trail.facts()
    const tokens = await fourmica.signIn(wallet)
    expect(await trail.events()).toEqual(['session.opened'])
    const rotated = (await fourmica.refresh(tokens.refresh_token)).body as { refresh_token: string }
    const [refreshed] = await trail.facts()
    expect(refreshed).toMatchObject({ event: 'session.refreshed', door: 'fourmica', user: expect.any(String) })

    expect((await fourmica.refresh(tokens.refresh_token)).status).toBe(401)
    expect(await trail.facts()).toMatchObject([
      { event: 'sign_in.refused', factor: 'refresh_token', code: 'refresh_token_unusable', reason: 'token_reused' },
    ])
    await fourmica.logout(rotated.refresh_token)
    expect(await trail.facts()).toMatchObject([{ event: 'session.revoked', session: refreshed?.session }])
    await fourmica.logout(rotated.refresh_token)
    expect(await trail.events()).toEqual([])
  })

  it('a refusal has its code and reason, and nothing of who may have asked', async () => {
    const wallet = newEthereumWallet()
    const proof = await fourmica.prove(wallet, { signer: newEthereumWallet() })
    await trail.facts()
    await fourmica.verify(proof)
    const [fact, ...rest] = await trail.facts()
    expect(rest).toEqual([])
    expect(fact).toEqual({
      audit: 1,
      id: expect.any(String),
      time: START.toISOString(),
      event: 'sign_in.refused',
      project: fourmica.project.id,
      door: 'fourmica',
      factor: 'wallet',
      code: 'signature_invalid',
      reason: expect.any(String),
      request: expect.any(String),
    })
  })

  it('a challenge spent twice at once is one session and one refusal', async () => {
    const proof = await fourmica.prove(newEthereumWallet())
    await trail.facts()
    await Promise.all([fourmica.verify(proof), fourmica.verify(proof)])
    const events = (await trail.events()).filter((event) => event.startsWith('session') || event.startsWith('sign_in'))
    expect(events.sort()).toEqual(['session.opened', 'sign_in.refused'])
  })

  it.each([
    ['Ethereum', ethereumSigner],
    ['Solana', solanaSigner],
  ] as const)('a signed challenge of %s: the text that was ours is kept, and verifies', async (_, newSigner) => {
    const chains = await createChains()
    const signer: Signer = newSigner()
    await trail.facts()
    await moonkey.openSession(signer)
    const facts = await trail.facts()
    expect(facts.map(({ event }) => event)).toEqual(['user.created', 'wallet.linked', 'session.opened'])
    expect(facts[0]).toMatchObject({ status: 'pending' })
    const { proof, account: accountId } = facts[2] ?? {}
    const account = parseAccountId(accountId ?? '')
    if (account === null || proof === undefined) throw new Error('no proof')
    const chain = chains[account.namespace]
    expect(proof.message).toMatch(/^Login for /)
    const verdict = chain.verify(
      account.address,
      Buffer.from(proof.message),
      chain.decodeSignature(proof.signature) ?? new Uint8Array(),
    )
    expect(verdict).toBe('valid')
  })

  it('a sign-in without a session, and one that adds to a session', async () => {
    const signer = ethereumSigner()
    await trail.facts()
    await moonkey.signIn(signer)
    expect((await trail.events()).at(-1)).toBe('sign_in.proved')
    const { session_token: token } = await moonkey.openSession(signer)
    await trail.facts()
    await moonkey.signIn(signer, { session_token: token })
    expect(await trail.facts()).toMatchObject([
      { event: 'session.extended', door: 'moonkey', factor: 'wallet', proof: { message: expect.any(String) } },
    ])
  })

  it('a wallet taken away, and a user deleted with the sessions', async () => {
    const signer = ethereumSigner()
    await moonkey.openSession(signer)
    const wallet = await gateway.core.users.findWallet(moonkey.project.id, moonkey.account(signer))
    if (wallet === null) throw new Error('no wallet')
    await trail.facts()
    await gateway.core.users.deleteCredential(moonkey.project.id, 'wallet', wallet.id)
    expect(await trail.facts()).toMatchObject([
      { event: 'session.revoked', user: wallet.userId, door: 'moonkey' },
      {
        event: 'wallet.unlinked',
        user: wallet.userId,
        credential: wallet.id,
        account: expect.stringMatching(/^eip155:/),
      },
    ])
    await gateway.core.users.delete(moonkey.project.id, wallet.userId)
    expect(await trail.facts()).toMatchObject([{ event: 'user.deleted', user: wallet.userId }])
  })

  it('what a wallet may do was changed', async () => {
    const wallet = newEthereumWallet()
    const grant = (role: string) =>
      gateway.core.grantWalletAccess(fourmica.project.id, fourmica.account(wallet), {
        role,
        scopes: ['tab:read'],
        status: 'active',
      })
    await trail.facts()
    await grant('admin')
    expect(await trail.events()).toEqual(['user.created', 'wallet.linked', 'access.changed'])
    await grant('user')
    expect(await trail.facts()).toMatchObject([
      { event: 'access.changed', role: 'user', scopes: ['tab:read'], status: 'active', account: expect.any(String) },
    ])
    await fourmica.signIn(wallet)
    expect(await trail.events()).toEqual(['wallet.verified', 'session.opened'])
  })

  it('an outage is no refusal', async () => {
    const outage = planOutage(stores, new AuthError('store_unavailable', 'redis_timeout'))
    const project = fourMicaProject()
    const failing = await openTestGateway({ projects: [project], stores: outage.stores, clock, audit: trail.audit })
    const door = new FourMicaDoor(failing, project)
    const proof = await door.prove(newEthereumWallet())
    await trail.facts()
    outage.begin()
    expect((await door.verify(proof)).status).toBe(500)
    expect((await door.refresh('x')).status).toBe(500)
    expect(await trail.events()).toEqual([])
  })

  it('no token, code or key is in the trail', async () => {
    const signer = ethereumSigner()
    const tokens = await fourmica.signIn(newEthereumWallet())
    const session = await moonkey.openSession(signer)
    const text = (await trail.lines()).join('\n')
    const secrets = [
      tokens.refresh_token,
      tokens.access_token,
      session.session_token,
      session.session_jwt,
      moonkey.secretKey,
    ]
    for (const secret of secrets) {
      expect(secret?.length).toBeGreaterThan(20)
      expect(text).not.toContain(secret)
    }
    expect(text).not.toContain(String(claimsOf(tokens)['jti']))
  })
})
