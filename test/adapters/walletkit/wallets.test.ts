import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JSON_TYPE } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, solanaSigner } from '../../support/signers.ts'
import { MoonKeyDoor, moonKeyProject } from '../moonkey/door.ts'
import { bearer, firstOf, openWalletKit, refusalOf, TIME, type WalletKitDoor, walletKitProject } from './door.ts'

interface WalletFields {
  readonly id: string
  readonly created_at: string
  readonly network: string
  readonly owner_id: string
  readonly address: string
}

describe.each(STORES)('WalletKit list of wallets on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let moonKey: MoonKeyDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const project = walletKitProject({}, { moonkey: moonKeyProject().moonkey })
    const opened = await openWalletKit(store, stores, { projects: [project] })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    moonKey = new MoonKeyDoor(door.gateway, project)
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  it('WK-41: is an array, empty for a user without wallets', async () => {
    for (const session of [await door.signInAnonymously(), await door.signInByEmail()]) {
      for (const query of ['', '?network=Ethereum', '?network=unknown', '?network=', '?other=x']) {
        expect((await door.wallets(session, query)).body).toEqual([])
      }
    }
  })

  it('WK-41: shows an Ethereum wallet with its EIP-55 address, on each network where it exists', async () => {
    const signer = ethereumSigner()
    const session = await door.signInByWallet({ ...signer, address: signer.address.toLowerCase() })
    const [wallet, ...rest] = (await door.wallets(session)).body as WalletFields[]
    expect(rest).toEqual([])
    expect(wallet).toEqual({
      id: expect.stringMatching(/^wallet_/),
      created_at: expect.stringMatching(TIME),
      network: 'Ethereum',
      owner_id: session.user_id,
      address: signer.address,
    })
    for (const network of ['Ethereum', 'Polygon', 'Base']) {
      expect((await door.wallets(session, `?network=${network}`)).body).toEqual([{ ...wallet, network }])
    }
    for (const network of ['Solana', 'Bitcoin', 'ethereum', '*', '__proto__', 'constructor', 'x'.repeat(64)]) {
      expect((await door.wallets(session, `?network=${network}`)).body).toEqual([])
    }
  })

  it('WK-41: shows a Solana wallet in base58', async () => {
    const signer = solanaSigner()
    const session = await door.signInByWallet(signer)
    expect((await door.wallets(session)).body).toMatchObject([{ network: 'Solana', address: signer.address }])
    expect((await door.wallets(session, '?network=Ethereum')).body).toEqual([])
  })

  it('WK-41: shows all that the user has proved, oldest first, and no others', async () => {
    const [first, second] = [ethereumSigner(), solanaSigner()]
    const session = await door.signInByWallet(first)
    await door.signInByWallet(ethereumSigner())
    door.clock.advance(1_000)
    await moonKey.signIn(second, {}, { user_id: session.user_id })
    // Asked for, or on record, and never proved.
    await moonKey.begin(ethereumSigner(), { user_id: session.user_id })
    const { id: projectId } = door.project
    const owner = await stores.identities.findUser(projectId, session.user_id)
    if (owner === null) throw new Error('no user')
    const account = door.gateway.core.parseAccount('eip155', ethereumSigner().address)
    const common = { projectId, userId: owner.id, createdAt: door.clock.now(), verifiedAt: null }
    await stores.identities.claim({ ...common, kind: 'wallet', id: 'wallet_unproved', account, access: null }, owner)
    const wallets = (await door.wallets(session)).body as WalletFields[]
    expect(wallets.map(({ address }) => address)).toEqual([first.address, second.address])
    expect(new Set(wallets.map(({ owner_id }) => owner_id))).toEqual(new Set([session.user_id]))
  })

  it.each([
    ['POST', '/wallets'],
    ['POST', '/wallets/wallet_x/sign-message'],
    ['GET', '/wallets/wallet_x'],
    ['PUT', '/wallets'],
    ['DELETE', '/wallets'],
    ['POST', '/wallets/x/export'],
  ])('WK-41: %s %s is 404: wallets are not made here', async (method, path) => {
    const session = await door.signInAnonymously()
    const answer = await door.call(path, {
      method,
      headers: { ...JSON_TYPE, ...bearer(session) },
      body: method === 'GET' ? null : '{"network":"Ethereum","name":"x"}',
    })
    expect(refusalOf(answer)).toBe('404 not_found')
  })
})
