import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useApp } from './app-fixture.ts'
import { installEthereumWallet, installSolanaWallet } from './fake-wallets.ts'

interface Session {
  readonly user_id: string
  readonly access_token: string
}

describe('the examples of front ends, in Chromium', () => {
  const fixture = useApp('examples', 'memory')

  async function load() {
    const { profile, page } = await fixture().newPage()
    const ethereum = await installEthereumWallet(profile.context, 'Ether')
    const solana = await installSolanaWallet(profile.context, 'Sol')
    await page.goto(fixture().app.origin)
    return { page, ethereum, solana }
  }
  /** What the token says of who signed in with this example, checked as a back end checks it. */
  async function signIn(page: Page, name: 'viem' | 'wagmi' | 'walletStandard') {
    const { gateway } = fixture()
    const session = (await page.evaluate(`${name}()`)) as Session
    const keys = createRemoteJWKSet(new URL(`${gateway.origin}/users/jwks/${gateway.projectId}`))
    const { payload } = await jwtVerify(session.access_token, keys, { audience: gateway.projectId })
    expect(payload.sub).toBe(session.user_id)
    return payload
  }

  it('sign in with viem, and with wagmi as the same user', async () => {
    const { page, ethereum } = await load()
    const claims = await signIn(page, 'viem')
    expect(claims['siwe_wallet_address']).toBe(ethereum.address)
    expect(await signIn(page, 'wagmi')).toMatchObject({ sub: claims.sub, siwe_wallet_address: ethereum.address })
  })

  it('sign in with a Wallet Standard wallet', async () => {
    const { page, solana } = await load()
    expect((await signIn(page, 'walletStandard'))['siwe_wallet_address']).toBe(solana.address)
  })
})
