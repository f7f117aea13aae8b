import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FourMicaDoor, fourMicaProject } from '../adapters/fourmica/door.ts'
import { MoonKeyDoor, moonKeyProject, USERS } from '../adapters/moonkey/door.ts'
import { firstOf, newEmail, openWalletKit, type WalletKitDoor, walletKitProject } from '../adapters/walletkit/door.ts'
import { JSON_TYPE } from '../support/api-client.ts'
import { openStoresForTests, STORES } from '../support/gateway.ts'
import { ethereumSigner } from '../support/signers.ts'
import { newEthereumWallet } from '../support/wallets.ts'

/** Everything that anybody may ask in somebody else's name, before or after its owner comes. */
describe.each(STORES)('taking over an account by linking, on %s', (store) => {
  const stores = openStoresForTests(store)
  let walletKit: WalletKitDoor
  let moonKey: MoonKeyDoor
  let fourMica: FourMicaDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const project = walletKitProject({}, { moonkey: moonKeyProject().moonkey, fourmica: fourMicaProject().fourmica })
    const opened = await openWalletKit(store, stores, { projects: [project] })
    ;({ close } = opened)
    walletKit = firstOf(opened.doors)
    moonKey = new MoonKeyDoor(walletKit.gateway, project)
    fourMica = new FourMicaDoor(walletKit.gateway, project)
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  const publicLink = async (email: string) => {
    const headers = { ...JSON_TYPE, authorization: `PublicToken ${moonKey.publicKey}` }
    const path = '/v1/auth/magic_links/public/email/login_or_create'
    return (await moonKey.send(path, { headers, body: JSON.stringify({ email }) })).body as Record<string, string>
  }

  it('whoever asks for nonces, codes and links of others before them waits for nothing', async () => {
    const wallet = newEthereumWallet()
    const [signer, email] = [ethereumSigner(wallet), newEmail()]
    // The attacker, who has a session and a passkey of their own.
    const attacker = await walletKit.signInAnonymously()
    const key = await walletKit.addPasskey(attacker)
    await fourMica.requestTemplate(signer.address)
    const { user_id: promised } = await walletKit.nonceFor(signer)
    await walletKit.loginWithEmail(email)
    const { challenge } = await walletKit.mailedLink(email)
    const asked = await publicLink(email)

    // The victim, by wallet and by email.
    const byWallet = await walletKit.signInByWallet(signer)
    expect(byWallet.user_id).toBe(promised)
    const byEmail = await walletKit.signInByEmail(email)

    // Each account holds its owner's credential and nothing else, and one session: its owner's.
    for (const [session, count] of [
      [byWallet, 1],
      [byEmail, 1],
    ] as const) {
      const { wallets, emails } = await moonKey.user(session.user_id)
      expect(wallets.length + emails.length).toBe(count)
      const sessions = await stores.sessions.list(walletKit.project.id, session.user_id, walletKit.clock.now())
      expect(sessions.map(({ id }) => id)).toEqual([session.id])
    }
    // What the attacker was given opens nothing, though its owner has signed in since.
    expect((await walletKit.redeem(challenge.code)).status).toBe(400)
    expect(await walletKit.stateOf(challenge.code)).not.toBe('completed')
    const status = { email_id: asked['email_id'], request_origin_token: asked['request_origin_token'] }
    expect((await moonKey.post('/v1/auth/magic_links/email/login_status', status)).status).toBe(400)
    expect((await walletKit.signInByPasskey(key)).user_id).toBe(attacker.user_id)
    expect([byWallet.user_id, byEmail.user_id]).not.toContain(attacker.user_id)
  })

  it('a user who was created active waits for the owner of the address, and for nobody else', async () => {
    const email = newEmail()
    const created = await moonKey.createUser({ email, requires_verification: false })
    const { user_id: userId } = created
    expect([created.status, created.emails[0]?.verified]).toEqual(['active', false])
    // The attacker, who knows the id and the address, and has a session and a wallet of their own.
    const mine = ethereumSigner()
    const anonymous = await walletKit.signInAnonymously()
    const { session_token } = await moonKey.openSession(mine)
    await walletKit.loginWithEmail(email)
    const { challenge } = await walletKit.mailedLink(email)
    const asked = await publicLink(email)
    for (const otp of ['000000', '999999']) {
      const guess = { method_id: created.email_id, otp, session_token, session_expires_in: 60 }
      expect((await moonKey.post('/v1/auth/otps/verify', guess)).status).toBe(400)
    }
    const key = await walletKit.addPasskey(anonymous)
    expect((await walletKit.signInByPasskey(key)).user_id).not.toBe(userId)
    expect((await walletKit.signInByWallet(mine)).user_id).not.toBe(userId)
    expect(await stores.sessions.list(walletKit.project.id, userId, walletKit.clock.now())).toEqual([])
    expect((await moonKey.user(userId)).emails).toMatchObject([{ email, verified: false }])

    // The owner.
    const session = await walletKit.signInByEmail(email)
    expect(session.user_id).toBe(userId)
    const user = await moonKey.user(userId)
    expect([user.emails.length, user.emails[0]?.verified, user.wallets]).toEqual([1, true, []])
    const sessions = await stores.sessions.list(walletKit.project.id, userId, walletKit.clock.now())
    expect(sessions.map(({ id }) => id)).toEqual([session.id])
    expect((await walletKit.redeem(challenge.code)).status).toBe(400)
    const status = { email_id: asked['email_id'], request_origin_token: asked['request_origin_token'] }
    expect((await moonKey.post('/v1/auth/magic_links/email/login_status', status)).status).toBe(400)
  })

  it('a session gives no way to a credential that is somebody else’s', async () => {
    const [mine, theirs] = [ethereumSigner(), ethereumSigner()]
    const victim = await moonKey.signIn(theirs)
    const { session_token, session } = await moonKey.openSession(mine)
    // The victim's wallet, proved in the attacker's session by somebody who was made to sign.
    const refused = await moonKey.verify(await moonKey.prove(theirs, { session_token }))
    expect(refused.status).toBe(400)
    expect(await moonKey.ownerOf(theirs)).toBe(victim.user_id)
    // A registration begun for the attacker's user.
    expect((await moonKey.begin(theirs, { user_id: session.user_id })).status).toBe(409)
    // An address of the victim's, attached by the App.
    const email = newEmail()
    const byEmail = await walletKit.signInByEmail(email)
    const attached = await moonKey.put(`${USERS}/${session.user_id}/update`, { emails: [{ email }] })
    expect(attached.status).toBe(409)
    expect((await walletKit.signInByEmail(email)).user_id).toBe(byEmail.user_id)
    expect((await moonKey.user(session.user_id)).emails).toEqual([])
  })

  it('a wallet that was taken away keeps no session alive, and does not come back into the account', async () => {
    const signer = ethereumSigner()
    const { id, user_id: userId } = await moonKey.signIn(signer)
    const session = await walletKit.signInByWallet(signer)
    expect((await moonKey.delete(`${USERS}/wallets/${id}/delete`)).status).toBe(200)
    expect((await walletKit.refresh(session)).status).toBe(401)
    expect((await walletKit.signInByWallet(signer)).user_id).not.toBe(userId)
  })
})
