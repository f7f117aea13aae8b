import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestClock } from '../support/clock.ts'
import { openStoresForTests, STORES } from '../support/gateway.ts'
import { ethereumSigner, solanaSigner } from '../support/signers.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { FourMicaDoor, fourMicaProject, readTokens } from './fourmica/door.ts'
import { MoonKeyDoor, moonKeyProject, readNonce, readWallet, refusalOf, START } from './moonkey/door.ts'
import {
  decodeJwt,
  firstOf,
  newEmail,
  type OpenedGateway,
  openWalletKit,
  readSession,
  type WalletKitDoor,
  walletKitProject,
  refusalOf as walletKitRefusalOf,
} from './walletkit/door.ts'

describe.each(STORES)('one user behind three doors, on %s', (store) => {
  const stores = openStoresForTests(store)
  let opened: OpenedGateway
  let walletKit: WalletKitDoor
  let moonKey: MoonKeyDoor
  let fourMica: FourMicaDoor
  beforeAll(async () => {
    const project = walletKitProject({}, { moonkey: moonKeyProject().moonkey, fourmica: fourMicaProject().fourmica })
    opened = await openWalletKit(store, stores, { projects: [project], clock: new TestClock(START) })
    walletKit = firstOf(opened.doors)
    moonKey = new MoonKeyDoor(opened.gateway, project)
    fourMica = new FourMicaDoor(opened.gateway, project)
  })
  afterAll(async () => {
    await opened.close()
    await stores.close()
  })

  const newWallet = () => {
    const wallet = newEthereumWallet()
    return { wallet, signer: ethereumSigner(wallet) }
  }
  const ORDERS = [
    ['fourMica', 'moonKey', 'walletKit'],
    ['moonKey', 'walletKit', 'fourMica'],
    ['walletKit', 'fourMica', 'moonKey'],
    ['walletKit', 'moonKey', 'fourMica'],
  ] as const

  it.each(ORDERS)('WK-35: a wallet first seen by %s, then %s, then %s is one user’s', async (...order) => {
    const { wallet, signer } = newWallet()
    const users = new Set<string | null>()
    for (const door of order) {
      if (door === 'fourMica') await fourMica.signIn(wallet)
      else if (door === 'moonKey') users.add((await moonKey.signIn(signer)).user_id)
      else users.add((await walletKit.signInByWallet(signer)).user_id)
      users.add(await moonKey.ownerOf(signer))
    }
    expect(users.size).toBe(1)
    expect((await moonKey.user(String([...users][0]))).wallets).toHaveLength(1)
  })

  it('WK-35: a Solana wallet is one user’s behind both doors that take it', async () => {
    const signer = solanaSigner()
    const { user_id } = await walletKit.signInByWallet(signer)
    expect((await moonKey.signIn(signer)).user_id).toBe(user_id)
  })

  it('WK-35: a verified address is one user’s behind both doors that mail, whichever was first', async () => {
    for (const first of ['walletKit', 'moonKey'] as const) {
      const email = newEmail()
      const viaWalletKit = async () => (await walletKit.signInByEmail(email)).user_id
      const viaMoonKey = async () => {
        const earlier = await mailCount(email)
        const asked = await moonKey.post('/v1/auth/otps/email/login_or_create', { email: email.toUpperCase() })
        const { email_id } = asked.body as { email_id: string }
        const mails = await walletKit.mailsTo(email, earlier + 1)
        const otp = /^\d{6}$/m.exec(mails.at(-1)?.text ?? '')?.[0]
        const answer = await moonKey.post('/v1/auth/otps/verify', { method_id: email_id, otp })
        expect(refusalOf(answer)).toBe('200')
        return (answer.body as { user_id: string }).user_id
      }
      const ways = first === 'walletKit' ? [viaWalletKit, viaMoonKey] : [viaMoonKey, viaWalletKit]
      const users = new Set<string>()
      for (const way of ways) users.add(await way())
      expect(users.size).toBe(1)
    }
  })

  const mailCount = async (email: string) => (opened.mail.mailbox?.list() ?? []).filter(({ to }) => to === email).length

  it('WK-35: the user that one door promised is the one that another door makes', async () => {
    const { wallet, signer } = newWallet()
    const { user_id: promised } = await walletKit.nonceFor(signer)
    expect(readNonce(await moonKey.nonce(signer)).user_id).toBe(promised)
    await fourMica.signIn(wallet)
    expect(await moonKey.ownerOf(signer)).toBe(promised)
    expect((await walletKit.signInByWallet(signer)).user_id).toBe(promised)
  })

  it('WK-35: first sign-ins through three doors at once make one user', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { wallet, signer } = newWallet()
      const [byMoonKey, byWalletKit, byFourMica] = [
        await moonKey.prove(signer, { session_expires_in: 60 }),
        await walletKit.prove(signer),
        await fourMica.prove(wallet),
      ]
      const [one, two, three] = await Promise.all([
        moonKey.verify(byMoonKey),
        walletKit.verify(byWalletKit),
        fourMica.verify(byFourMica),
      ])
      readTokens(three)
      const users = new Set([readWallet(one).user_id, readSession(two).user_id, await moonKey.ownerOf(signer)])
      expect(users.size).toBe(1)
    }
  })

  it('WK-35: claims show what another door has learnt', async () => {
    const { signer } = newWallet()
    const session = await walletKit.signInByWallet(signer)
    const email = newEmail()
    const added = await moonKey.put(`/v1/auth/users/${session.user_id}/update`, { emails: [{ email }] })
    expect(refusalOf(added)).toBe('200')
    // Entered, and not proved: it is nobody's word.
    expect('email' in decodeJwt((await walletKit.refreshed(session)).access_token).claims).toBe(false)
    const byCode = await walletKit.signInByEmail(email)
    expect(byCode.user_id).toBe(session.user_id)
    expect(decodeJwt((await walletKit.refreshed(session)).access_token).claims['email']).toBe(email)
  })

  it('WK-36: a nonce, a message and a code of one door are none of another’s', async () => {
    const { wallet, signer } = newWallet()
    const { nonce } = readNonce(await moonKey.nonce(signer))
    expect(walletKitRefusalOf(await walletKit.verify(await walletKit.prove(signer, { nonce })))).toBe(
      '400 nonce_invalid',
    )
    const template = await fourMica.requestTemplate(wallet.address)
    const foreign = await walletKit.prove(signer, { nonce: template.nonce })
    expect(walletKitRefusalOf(await walletKit.verify(foreign))).toBe('400 nonce_invalid')
    const proof = await walletKit.prove(signer)
    const answer = await moonKey.verifySiwe({
      wallet_type: 'ETH',
      public_address: signer.address,
      siwe_challenge: proof.siwe_message,
      signature: proof.signature,
    })
    expect(refusalOf(answer)).toBe('404 wallet_registration_not_found')
    readSession(await walletKit.verify(proof))
    readWallet(await moonKey.verifySiwe(await moonKey.proveBySiwe(signer, { nonce })))
    readTokens(await fourMica.verify(await fourMica.prove(wallet, { template })))

    const email = newEmail()
    const code = await walletKit.mailedCode(email)
    const contact = await stores.identities.findContact(walletKit.project.id, 'email', email)
    for (const method_id of [String(contact?.id), code.user_id]) {
      const refused = await moonKey.post('/v1/auth/otps/verify', { method_id, otp: code.verification_code })
      expect(refused.status).toBeGreaterThanOrEqual(400)
    }
    readSession(await walletKit.verify(code))
  })

  it('WK-36: a magic link of one door is none of the other’s', async () => {
    const { challenge, link } = await walletKit.mailedLink()
    const token = link.searchParams.get('token')
    expect(refusalOf(await moonKey.post('/v1/auth/magic_links/verify', { token }))).toBe('400 invalid_magic_token')
    expect(await walletKit.stateOf(challenge.code)).toBe('pending')

    const email = newEmail()
    await moonKey.post('/v1/auth/magic_links/email/login_or_create', { email })
    const [mail] = await walletKit.mailsTo(email)
    const foreign = new URL(link)
    foreign.searchParams.set(
      'token',
      new URL(/^https?:\S+$/m.exec(mail?.text ?? '')?.[0] ?? '').searchParams.get('token') ?? '',
    )
    expect((await walletKit.visitor.visit(foreign)).status).toBe(400)
    expect((await walletKit.visitor.send(foreign.pathname, foreign.searchParams.toString())).status).toBe(400)
  })

  it('WK-35: a user deleted through MoonKey is signed out of WalletKit', async () => {
    const { signer } = newWallet()
    const session = await walletKit.signInByWallet(signer)
    await moonKey.delete(`/v1/auth/users/${session.user_id}/delete`)
    expect(await walletKit.statusOf(session)).toBe(401)
    expect(walletKitRefusalOf(await walletKit.refresh(session))).toBe('401 refresh_token_invalid')
    expect((await walletKit.signInByWallet(signer)).user_id).not.toBe(session.user_id)
  })

  it('WK-36: sessions of one door are not listed, shown or ended behind another', async () => {
    const { wallet, signer } = newWallet()
    const session = await walletKit.signInByWallet(signer)
    const { refresh_token } = await fourMica.signIn(wallet)
    expect(await moonKey.listSessions(session.user_id)).toEqual([])
    expect(refusalOf(await moonKey.deleteSession({ session_id: session.id }))).toBe('404 session_not_found')
    expect(walletKitRefusalOf(await walletKit.refresh({ id: session.id, refresh_token }))).toBe(
      '401 refresh_token_invalid',
    )
    expect((await walletKit.logout(session)).status).toBe(204)
    readTokens(await fourMica.refresh(refresh_token))
  })
})
