import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { STORES } from '../support/gateway.ts'
import { codeIn, linkIn } from '../support/mail.ts'
import { freePort } from '../support/redis-server.ts'
import { formatEthereumMessage, newEthereumWallet } from '../support/wallets.ts'
import { useApp } from './app-fixture.ts'
import { type AppServer, serveApp } from './app-server.ts'
import { openContext, type WatchedContext } from './chromium.ts'
import { mailTo, type RunningGateway } from './running-server.ts'

interface Answer {
  readonly ok: boolean
  readonly body: Readonly<Record<string, unknown>>
  readonly error: { readonly statusCode?: number; readonly content?: { readonly error: string } }
}

/** Calls the package in the page, as an application does. */
function users(page: Page, method: string, body?: object): Promise<Answer> {
  return page.evaluate(([name, argument]) => (globalThis as unknown as App).users(name, argument), [
    method,
    body,
  ] as const)
}

interface App {
  users(method: string, body: object | undefined): Promise<Answer>
}

const keysOf = (page: Page): Promise<string[]> => page.evaluate('Object.keys(localStorage).sort()')
const isAuthenticated = (page: Page): Promise<boolean> => page.evaluate('isAuthenticated()')
const SESSION_KEYS = ['wk-access-token', 'wk-refresh-token', 'wk-session-id']

describe.each(STORES)('walletkit-js 0.0.107 in Chromium against %s', (store) => {
  const fixture = useApp('walletkit-js', store)
  let browser: Browser
  let gateway: RunningGateway
  let app: AppServer
  let profile: WatchedContext
  let page: Page

  beforeAll(() => {
    const started = fixture()
    browser = started.browser
    gateway = started.gateway
    app = started.app
  })

  /** A page that was just loaded, in a profile without a past. */
  async function load(): Promise<void> {
    const opened = await fixture().newPage()
    profile = opened.profile
    page = opened.page
    await page.goto(app.origin)
  }

  it('WK-28: an e-mail code signs in, the session outlives a reload, and a logout ends it', async () => {
    await load()
    const email = 'ada@example.test'
    const { body } = await users(page, 'loginWithEmail', { email })
    const code = codeIn(await mailTo(gateway.smtp, email))
    const wrong = await users(page, 'verifyLogin', {
      userId: body['userId'],
      verificationCode: code === '000000' ? '1' : '000000',
    })
    expect(wrong).toMatchObject({ ok: false, error: { statusCode: 400 } })
    const session = await users(page, 'verifyLogin', { userId: body['userId'], verificationCode: code })
    expect(session).toMatchObject({ ok: true, body: { userId: body['userId'], projectId: gateway.projectId } })
    expect(await keysOf(page)).toEqual(SESSION_KEYS)

    await page.reload()
    expect(await isAuthenticated(page)).toBe(true)
    expect(await page.evaluate('wallets()')).toMatchObject({ ok: true, body: [] })
    expect(await users(page, 'logout')).toMatchObject({ ok: true })
    expect(await keysOf(page)).toEqual([])
    expect(await isAuthenticated(page)).toBe(false)
    expect(profile.errors.filter((error) => !/status of 400/.test(error))).toEqual([])
    expect(profile.strangers).toEqual([])
  })

  it('WK-28: a link that is opened in another browser signs this page in', async () => {
    await load()
    const email = 'grace@example.test'
    const { body: challenge } = await users(page, 'loginWithMagicLink', { email })
    const link = linkIn(await mailTo(gateway.smtp, email))
    const phone = await openContext(browser, [gateway.origin])
    const opened = await phone.newPage()
    await opened.goto(link.href)
    const poll = () => users(page, 'getSessionChallenge', { code: challenge['code'] })
    expect(await poll()).toMatchObject({ body: { completed: false, expired: false } })
    await opened.getByRole('button').click()
    await opened.getByRole('heading', { name: 'You are signed in' }).waitFor()
    expect(await poll()).toMatchObject({ body: { completed: true, expired: false } })
    const session = await users(page, 'verifyLogin', { sessionChallengeCode: challenge['code'] })
    expect(session.ok).toBe(true)
    expect(await isAuthenticated(page)).toBe(true)
    expect([...profile.errors, ...phone.errors, ...phone.strangers]).toEqual([])
  })

  it('WK-28: a wallet signs in, and the page sees it in its list', async () => {
    await load()
    const wallet = newEthereumWallet()
    const { body } = await users(page, 'loginWithWallet', { signInWallet: wallet.address.toLowerCase() })
    const siweMessage = formatEthereumMessage({
      domain: new URL(app.origin).host,
      address: wallet.address,
      statement: 'Sign in.',
      uri: app.origin,
      version: '1',
      chainId: 1,
      nonce: String(body['nonce']),
      issuedAt: new Date().toISOString(),
      expiration: null,
    })
    const signature = await wallet.signMessage(siweMessage)
    const session = await users(page, 'verifyLogin', { siweMessage, signature })
    expect(session.body).toMatchObject({ userId: body['userId'] })
    expect(await page.evaluate('wallets()')).toMatchObject({ ok: true, body: [{ address: wallet.address }] })
    expect(await users(page, 'verifyLogin', { siweMessage, signature })).toMatchObject({ error: { statusCode: 400 } })
  })

  it('WK-28: an anonymous page refreshes by itself when its access token has lapsed', async () => {
    await load()
    const { body: session } = await users(page, 'loginAnonymously')
    await page.evaluate("localStorage.removeItem('wk-access-token')")
    expect(await page.evaluate('wallets()')).toMatchObject({ ok: true })
    const stored: string = await page.evaluate("JSON.parse(localStorage.getItem('wk-refresh-token')).value")
    expect(stored).not.toBe(session['refreshToken'])
    expect(await keysOf(page)).toEqual(SESSION_KEYS)
    expect(profile.errors).toEqual([])
  })

  it('WK-24: a page of an origin that is not allowed gets nothing', async () => {
    const settings = { environment: gateway.origin, projectId: gateway.projectId }
    const stranger = await serveApp('walletkit-js', await freePort(), settings)
    const context = await openContext(browser, [stranger.origin, gateway.origin])
    const strange = await context.newPage()
    await strange.goto(stranger.origin)
    const answer = await users(strange, 'loginAnonymously')
    expect(answer.ok).toBe(false)
    expect(context.errors.some((error) => error.includes('CORS'))).toBe(true)
    await stranger.stop()
  })
})
