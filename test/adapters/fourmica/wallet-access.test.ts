import type { Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { newEthereumWallet } from '../../support/wallets.ts'
import { claimsOf, type FourMicaDoor, openDoor, readTokens } from './door.ts'

describe.each(STORES)('4mica wallet access on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: FourMicaDoor
  beforeAll(async () => {
    door = await openDoor(stores)
  })
  afterAll(() => stores.close())

  const grant = (wallet: Wallet, status: string, role = 'user', scopes: readonly string[] = ['tab:read']) =>
    door.gateway.core.grantWalletAccess(door.project.id, door.account(wallet), { role, scopes, status })

  it('4MICA-17: a wallet nothing was set for is user with tab:read', async () => {
    const tokens = await door.signIn()
    expect(claimsOf(tokens)).toMatchObject({ role: 'user', scopes: ['tab:read'] })
    expect(claimsOf(readTokens(await door.refresh(tokens.refresh_token)))).toMatchObject({
      role: 'user',
      scopes: ['tab:read'],
    })
  })

  it.each<[string, readonly string[]]>([
    ['admin', ['tab:read', 'tab:create']],
    ['facilitator', ['tab:create', 'guarantee:issue']],
    ['user', []],
  ])('4MICA-17: a %s with %j set before the first sign-in is one from the first token on', async (role, scopes) => {
    const wallet = newEthereumWallet()
    await grant(wallet, 'active', role, scopes)
    const tokens = await door.signIn(wallet)
    expect(claimsOf(tokens)).toMatchObject({ role, scopes })
    expect(claimsOf(readTokens(await door.refresh(tokens.refresh_token)))).toMatchObject({ role, scopes })
  })

  it('4MICA-17: a change shows at the next refresh and at the next sign-in', async () => {
    const wallet = newEthereumWallet()
    const tokens = await door.signIn(wallet)
    await grant(wallet, 'active', 'admin', ['tab:create'])
    expect(claimsOf(readTokens(await door.refresh(tokens.refresh_token)))).toMatchObject({
      role: 'admin',
      scopes: ['tab:create'],
    })
    expect(claimsOf(await door.signIn(wallet))).toMatchObject({ role: 'admin', scopes: ['tab:create'] })
    await grant(wallet, 'active')
    expect(claimsOf(await door.signIn(wallet))).toMatchObject({ role: 'user', scopes: ['tab:read'] })
  })

  it.each(['active', 'ACTIVE', ' Active\n'])('4MICA-17: the status "%s" signs in and refreshes', async (status) => {
    const wallet = newEthereumWallet()
    await grant(wallet, status)
    readTokens(await door.refresh((await door.signIn(wallet)).refresh_token))
  })

  it.each(['suspended', 'revoked', 'Suspended', '', '  ', 'inactive', 'activ', 'active!', 'true', '\0active'])(
    '4MICA-17: the status %j is 401 at both, and keeps nonce and refresh token',
    async (status) => {
      const wallet = newEthereumWallet()
      const { refresh_token } = await door.signIn(wallet)
      const proof = await door.prove(wallet)
      await grant(wallet, status)
      for (let round = 0; round < 2; round += 1) {
        expect((await door.verify(proof)).status).toBe(401)
        expect(door.lastRefusal).toBe('wallet_inactive: wallet_inactive')
        expect((await door.refresh(refresh_token)).status).toBe(401)
        expect(door.lastRefusal).toBe('wallet_inactive: wallet_inactive')
      }
      await grant(wallet, 'active')
      readTokens(await door.refresh(refresh_token))
      readTokens(await door.verify(proof))
    },
  )

  it('4MICA-17: a wallet suspended before its first sign-in is 401 and gets no session', async () => {
    const wallet = newEthereumWallet()
    await grant(wallet, 'suspended')
    expect((await door.verify(await door.prove(wallet))).status).toBe(401)
    const found = await stores.identities.findWallet(door.project.id, door.account(wallet))
    expect(found?.verifiedAt).toBeNull()
    expect(await stores.sessions.list(door.project.id, String(found?.userId), door.clock.now())).toEqual([])
  })

  it('4MICA-17: without a good signature nobody learns that a wallet is suspended', async () => {
    const wallet = newEthereumWallet()
    await grant(wallet, 'suspended')
    const answer = await door.verify(await door.prove(wallet, { signer: newEthereumWallet() }))
    expect(door.lastRefusal).toBe('signature_invalid: signature_invalid')
    expect(answer.status).toBe(401)
  })

  it('4MICA-17: a suspended wallet may still log out', async () => {
    const wallet = newEthereumWallet()
    const { refresh_token } = await door.signIn(wallet)
    await grant(wallet, 'suspended')
    expect((await door.logout(refresh_token)).body).toEqual({ revoked: true })
  })

  it('4MICA-17: what a wallet may do is set for that wallet alone', async () => {
    const [admin, other] = [newEthereumWallet(), newEthereumWallet()]
    await grant(admin, 'active', 'admin', ['tab:create'])
    expect(claimsOf(await door.signIn(other))).toMatchObject({ role: 'user', scopes: ['tab:read'] })
  })
})
