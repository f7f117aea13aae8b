import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../../support/api-client.ts'
import { openStoresForTests, STORES } from '../../support/gateway.ts'
import { ethereumSigner, SIGNERS } from '../../support/signers.ts'
import { bodyOf, firstOf, MINUTE_MS, newEmail, openWalletKit, type WalletKitDoor, walletKitProject } from './door.ts'

/** An answer with everything replaced that is fresh each time: what is left may not differ. */
function shapeOf({ status, headers, body }: Answer): string {
  const members = Object.entries(body as object).map(([key, value]) => [
    key,
    typeof value === 'string' ? `${value.length} ${value.replaceAll(/[0-9A-Za-z]/g, 'x')}` : value,
  ])
  return JSON.stringify([status, [...headers].filter(([name]) => name !== 'x-request-id'), members])
}

describe.each(STORES)('WalletKit and whoever probes, on %s', (store) => {
  const stores = openStoresForTests(store)
  let door: WalletKitDoor
  let other: WalletKitDoor
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await openWalletKit(store, stores, { projects: [walletKitProject(), walletKitProject()] })
    ;({ close } = opened)
    door = firstOf(opened.doors)
    other = firstOf(opened.doors.slice(1))
  })
  afterAll(async () => {
    await close()
    await stores.close()
  })

  it('WK-38: an old and a fresh address get answers that do not differ in shape', async () => {
    const old = newEmail()
    await door.signInByEmail(old)
    door.clock.advance(100 * 24 * 60 * MINUTE_MS)
    for (const path of ['/users/login-with-email', '/users/login-with-magic-link']) {
      const answers = [await door.post(path, { email: old }), await door.post(path, { email: newEmail() })]
      expect(new Set(answers.map(shapeOf)).size).toBe(1)
    }
  })

  it.each(Object.entries(SIGNERS))('WK-38: nor do an old and a fresh wallet of %s', async (_, newSigner) => {
    // Base58 addresses differ in length; the answers may not.
    const old = newSigner()
    await door.signInByWallet(old)
    door.clock.advance(100 * 24 * 60 * MINUTE_MS)
    const answers = [await door.loginWithWallet(old.address), await door.loginWithWallet(newSigner().address)]
    expect(new Set(answers.map(shapeOf)).size).toBe(1)
  })

  it('WK-38: a user id tells no time: neither when its user was made, nor whether just now', async () => {
    const ids: string[] = []
    for (let day = 0; day < 40; day += 1) {
      const email = newEmail()
      ids.push(String(bodyOf(await door.loginWithEmail(email))['user_id']))
      ids.push((await door.nonceFor(ethereumSigner())).user_id)
      door.clock.advance(24 * 60 * MINUTE_MS)
    }
    // In the order of time they would be sorted; by chance two neighbours are in half the cases.
    const ascending = ids.slice(1).filter((id, index) => id > String(ids[index])).length
    expect(ascending).toBeGreaterThan(15)
    expect(ascending).toBeLessThan(ids.length - 15)
    expect(new Set(ids.map((id) => id.slice(0, 9))).size).toBeGreaterThan(60)
  })

  it('WK-38: a wrong code looks like a code for nobody, and a used one', async () => {
    const code = await door.mailedCode()
    const wrong = code.verification_code === '000000' ? '000001' : '000000'
    const used = await door.mailedCode()
    await door.verify(used)
    const anonymous = await door.signInAnonymously()
    const answers = [
      await door.verify({ ...code, verification_code: wrong }),
      await door.verify({ ...code, user_id: 'user_unknown' }),
      await door.verify({ ...code, user_id: anonymous.user_id }),
      await door.verify(used),
      await other.verify(code),
    ]
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  })

  it('WK-38: a nonce of a known wallet, an unknown one and another project’s are refused alike', async () => {
    const [known, unknown] = [ethereumSigner(), ethereumSigner()]
    await door.signInByWallet(known)
    const nonce = 'abcdefgh12345678'
    const answers = [
      await door.verify(await door.prove(known, { nonce })),
      await door.verify(await door.prove(unknown, { nonce })),
      await door.verify(await door.prove(known, { nonce: (await other.nonceFor(known)).nonce })),
      await door.verify({ ...(await door.prove(known)), user_id: 'user_unknown' }),
    ]
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  })

  it('WK-38: answers to strangers name no address, wallet or user but what they sent', async () => {
    const email = newEmail()
    const signer = ethereumSigner()
    const session = await door.signInByEmail(email)
    await door.signInByWallet(signer)
    const answers = [
      await door.loginWithMagicLink(email),
      await door.post('/users/login-with-passkey', { email }),
      await door.post('/users/login-with-passkey', { sign_in_wallet: signer.address }),
      await door.verify({ user_id: session.user_id, verification_code: '000000' }),
      await door.post('/users/refresh-token', { session_id: session.id, refresh_token: 'x' }),
    ]
    for (const { text } of answers) {
      expect(text).not.toContain(email)
      expect(text.toLowerCase()).not.toContain(signer.address.slice(2).toLowerCase())
      expect(text).not.toContain(session.user_id)
    }
  })

  it('WK-36: a user id of one project means nothing in another', async () => {
    const email = newEmail()
    const here = await door.signInByEmail(email)
    const there = await other.mailedCode(email)
    expect((await other.verify({ ...there, user_id: here.user_id })).status).toBe(400)
    expect((await other.verify(there)).status).toBe(200)
  })

  it('WK-38: every refusal’s code is one of a fixed list, in lower case', async () => {
    const document = (await (await door.gateway.app.request('/openapi/walletkit.json')).json()) as object
    expect(JSON.stringify(document)).toContain('WalletKitErrorResponse')
    const answers = [
      await door.verify({}),
      await door.verify({ session_challenge_code: 'x' }),
      await door.post('/users/refresh-token', { session_id: 'x', refresh_token: 'x' }),
      await door.bare('/users/logout'),
      await door.get('/users/unknown'),
      await door.get('/users/logout'),
    ]
    for (const { body } of answers) expect((body as { code: string }).code).toMatch(/^[a-z]+(?:_[a-z]+)*$/)
  })
})
