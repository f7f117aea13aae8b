import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestClock } from '../../support/clock.ts'
import { openStoresForTests, openTestGateway, STORES } from '../../support/gateway.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { claimsOf, FourMicaDoor, fourMicaProject, readTokens, SECRET, START } from './door.ts'

const OTHER_SECRET = 'fedcba9876543210fedcba9876543210'

describe.each(STORES)('4mica projects on %s', (store) => {
  const stores = openStoresForTests(store)
  // Alike but for host and secret, so that only the project can make the difference.
  const projects = {
    first: fourMicaProject({ hosts: ['a.example.test', 'auth.a.example.test:8443'] }),
    second: fourMicaProject({ hosts: ['b.example.test'], jwtSecret: OTHER_SECRET }),
  }
  let first: FourMicaDoor
  let second: FourMicaDoor
  beforeAll(async () => {
    const clock = new TestClock(START)
    const gateway = await openTestGateway({ projects: [projects.first, projects.second], stores, clock })
    first = new FourMicaDoor(gateway, projects.first, 'a.example.test')
    second = new FourMicaDoor(gateway, projects.second, 'b.example.test')
  })
  afterAll(() => stores.close())

  const isSignedBy = async (token: string, secret: string) =>
    jwtVerify(token, new TextEncoder().encode(secret), { currentDate: START }).then(
      () => true,
      () => false,
    )

  it.each([
    ['a.example.test', SECRET],
    ['A.Example.TEST', SECRET],
    ['auth.a.example.test:8443', SECRET],
    ['b.example.test', OTHER_SECRET],
    ['B.EXAMPLE.TEST', OTHER_SECRET],
    // Anything else is the first project.
    ['b.example.test:8443', SECRET],
    ['x.b.example.test', SECRET],
    ['b.example.test.', SECRET],
    ['localhost:8787', SECRET],
    ['127.0.0.1', SECRET],
    ['[::1]:8787', SECRET],
    ['__proto__', SECRET],
    ['constructor', SECRET],
  ])('4MICA-25: the host %s is the project that lists it, else the first', async (host, secret) => {
    const { access_token } = await first.at(host).signIn()
    expect(await isSignedBy(access_token, secret)).toBe(true)
  })

  it.each(['x-forwarded-host', 'forwarded', 'x-host', 'x-original-host', 'origin'])(
    '4MICA-25: the header %s chooses nothing',
    async (header) => {
      const wallet = newEthereumWallet()
      const proof = await first.prove(wallet)
      const value = header === 'forwarded' ? 'host=b.example.test' : 'b.example.test'
      const tokens = readTokens(await first.post('/auth/verify', proof, { [header]: value }))
      expect(await isSignedBy(tokens.access_token, SECRET)).toBe(true)
    },
  )

  it('4MICA-25: each project serves its own template', async () => {
    const other = fourMicaProject({
      hosts: ['c.example.test'],
      chainId: 1,
      siweDomain: 'c.example.test',
      siweStatement: 'C.',
    })
    const gateway = await openTestGateway({ projects: [projects.first, other], stores, clock: new TestClock(START) })
    const door = new FourMicaDoor(gateway, projects.first, 'a.example.test')
    const wallet = newEthereumWallet()
    expect((await door.requestTemplate(wallet.address)).siwe).toMatchObject({
      chainId: 84532,
      domain: 'auth.example.test',
    })
    expect((await door.at('c.example.test').requestTemplate(wallet.address)).siwe).toMatchObject({
      chainId: 1,
      domain: 'c.example.test',
      statement: 'C.',
    })
    expect((await door.at('c.example.test').verify(await door.prove(wallet))).status).toBe(401)
    expect(claimsOf(await door.at('c.example.test').signIn(wallet))['chain_id']).toBe(1)
  })

  it('4MICA-25: a nonce of one project is refused by the other, and stays usable at its own', async () => {
    const wallet = newEthereumWallet()
    const proof = await first.prove(wallet)
    expect((await second.verify(proof)).status).toBe(401)
    expect(second.lastRefusal).toBe('challenge_unusable: nonce_unknown')
    readTokens(await first.verify(proof))
  })

  it('4MICA-25: a refresh token of one project is refused by the other, and stays usable at its own', async () => {
    const { refresh_token } = await first.signIn()
    expect((await second.refresh(refresh_token)).status).toBe(401)
    expect((await second.logout(refresh_token)).body).toEqual({ revoked: false })
    readTokens(await first.refresh(refresh_token))
  })

  it('4MICA-25: an access token of one project is not signed by the key of another', async () => {
    const { access_token } = await second.signIn()
    expect(await isSignedBy(access_token, OTHER_SECRET)).toBe(true)
    expect(await isSignedBy(access_token, SECRET)).toBe(false)
  })

  it('4MICA-25: one wallet is two users, and what it may do in one project says nothing in the other', async () => {
    const wallet = newEthereumWallet()
    const account = first.account(wallet)
    await first.gateway.core.grantWalletAccess(projects.first.id, account, {
      role: 'admin',
      scopes: [],
      status: 'active',
    })
    expect(claimsOf(await first.signIn(wallet))['role']).toBe('admin')
    expect(claimsOf(await second.signIn(wallet))['role']).toBe('user')
    await first.gateway.core.grantWalletAccess(projects.first.id, account, {
      role: 'admin',
      scopes: [],
      status: 'revoked',
    })
    expect((await first.verify(await first.prove(wallet))).status).toBe(401)
    await second.signIn(wallet)
    const users = await Promise.all(
      [projects.first.id, projects.second.id].map((id) => stores.identities.findWallet(id, account)),
    )
    expect(users[0]?.userId).not.toBe(users[1]?.userId)
  })

  it('4MICA-25: a project without a fourmica section is not reached by any host', async () => {
    const without = { ...fourMicaProject(), fourmica: null }
    const gateway = await openTestGateway({ projects: [without, projects.second], stores, clock: new TestClock(START) })
    const { access_token } = await new FourMicaDoor(gateway, projects.second, 'a.example.test').signIn()
    expect(await isSignedBy(access_token, OTHER_SECRET)).toBe(true)
  })
})
