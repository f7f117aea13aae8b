import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FourMicaDoor, fourMicaProject } from '../adapters/fourmica/door.ts'
import { MoonKeyDoor, moonKeyProject } from '../adapters/moonkey/door.ts'
import { firstOf, newEmail, openWalletKit, type WalletKitDoor, walletKitProject } from '../adapters/walletkit/door.ts'
import { openStoresForTests } from '../support/gateway.ts'
import { interceptStores } from '../support/intercept-stores.ts'
import { ethereumSigner } from '../support/signers.ts'
import { newEthereumWallet } from '../support/wallets.ts'

/*
 * Time tells strangers what answers do not. On a store, time is round trips: these requests make the same ones, whether what they ask
 * about exists or not.
 */
describe('a stranger learns nothing from the time of', () => {
  const acts: string[] = []
  const stores = openStoresForTests('memory')
  let walletKit: WalletKitDoor
  let moonKey: MoonKeyDoor
  let fourMica: FourMicaDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const project = walletKitProject({}, { moonkey: moonKeyProject().moonkey, fourmica: fourMicaProject().fourmica })
    const recording = interceptStores(stores, (act, _, run) => {
      acts.push(act)
      return run()
    })
    const opened = await openWalletKit('memory', recording, { projects: [project] })
    ;({ close } = opened)
    walletKit = firstOf(opened.doors)
    moonKey = new MoonKeyDoor(walletKit.gateway, project)
    fourMica = new FourMicaDoor(walletKit.gateway, project)
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const stepsOf = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
    acts.length = 0
    await act()
    return [...acts]
  }
  const expectSame = async (known: () => Promise<unknown>, unknown: () => Promise<unknown>) => {
    const steps = await stepsOf(known)
    expect(steps.length).toBeGreaterThan(0)
    expect(await stepsOf(unknown)).toEqual(steps)
  }

  it('a nonce for a wallet that has signed in, and for one that has not (4mica)', async () => {
    const wallet = newEthereumWallet()
    await fourMica.signIn(wallet)
    await expectSame(
      () => fourMica.requestTemplate(wallet.address),
      () => fourMica.requestTemplate(newEthereumWallet().address),
    )
  })

  it('a refresh token that was used, and one that never was (4mica)', async () => {
    const { refresh_token: used } = await fourMica.signIn()
    await fourMica.refresh(used)
    const forged = used.slice(0, -6) + (used.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA')
    await expectSame(
      () => fourMica.refresh(used),
      () => fourMica.refresh(forged),
    )
  })

  it('a code that is wrong for a user, and one for nobody (WalletKit)', async () => {
    const code = await walletKit.mailedCode()
    const wrong = code.verification_code === '000000' ? '000001' : '000000'
    const stranger = await walletKit.signInAnonymously()
    await expectSame(
      () => walletKit.verify({ user_id: stranger.user_id, verification_code: wrong }),
      () => walletKit.verify({ user_id: `${code.user_id.slice(0, -6)}AAAAAA`, verification_code: wrong }),
    )
  })

  it('a session token that is forged for a live session, and for none (MoonKey)', async () => {
    const { session_token } = await moonKey.openSession(ethereumSigner())
    const forged = session_token.slice(0, -6) + (session_token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA')
    // The time in front of a token is its session's; the rest proves it, before the store is asked.
    expect(await stepsOf(() => moonKey.verifySession({ session_token: forged }))).toEqual([])
    expect(await stepsOf(() => moonKey.verifySession({ session_token: 'x'.repeat(64) }))).toEqual([])
  })

  it('an API key that is nearly right, and one that is not (MoonKey)', async () => {
    for (const key of [moonKey.secretKey.slice(0, -1), `${moonKey.secretKey}x`, 'sk_test_x', '']) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const ask = () => moonKey.send('/v1/auth/users/search', { headers, body: '{"limit":10}' })
      expect(await stepsOf(ask)).toEqual([])
    }
  })

  it('a passkey login for an address that is somebody’s, and for one that is nobody’s (WalletKit)', async () => {
    const email = newEmail()
    await walletKit.signInByEmail(email)
    await expectSame(
      () => walletKit.post('/users/login-with-passkey', { email }),
      () => walletKit.post('/users/login-with-passkey', { email: newEmail() }),
    )
  })
})
