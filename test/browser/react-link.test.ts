import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { STORES } from '../support/gateway.ts'
import { linkIn } from '../support/mail.ts'
import { newEthereumWallet } from '../support/wallets.ts'
import { useApp } from './app-fixture.ts'
import type { AppServer } from './app-server.ts'
import { addAuthenticator, openContext, type WatchedContext } from './chromium.ts'
import { mailTo, type RunningGateway } from './running-server.ts'

/** Link asks for the state of a challenge this often, milliseconds. */
const POLL_MS = 3_000

describe.each(STORES)('@walletkit/react-link 0.0.30 in Chromium against %s', (store) => {
  const fixture = useApp('react-link', store)
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
    await addAuthenticator(page)
    await page.goto(app.origin)
  }

  const outcome = (): Promise<string> => page.evaluate('outcome')
  const user = (): Promise<Readonly<Record<string, unknown>>> => page.evaluate('link.user()')

  async function askForLink(email: string): Promise<URL> {
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByPlaceholder('your@email.com').fill(email)
    await page.getByPlaceholder('your@email.com').press('Enter')
    await page.getByText('Click the verification link sent to').waitFor()
    return linkIn(await mailTo(gateway.smtp, email))
  }

  /** As the user does, on a device of their own. */
  async function openLink(link: URL): Promise<() => Promise<void>> {
    const device = await openContext(browser, [gateway.origin])
    const opened = await device.newPage()
    await opened.goto(link.href)
    return async () => {
      await opened.getByRole('button').click()
      await opened.getByRole('heading', { name: 'You are signed in' }).waitFor()
    }
  }

  it('WK-28, WK-23: a link by e-mail signs in, and a user without a wallet is asked to make one', async () => {
    await load()
    const confirm = await openLink(await askForLink('ada@example.test'))
    // Opened only, as scanners do: Link goes on waiting.
    await page.waitForResponse((response) => response.url().includes('/users/session-challenge'), {
      timeout: 3 * POLL_MS,
    })
    expect(await page.evaluate('link.client.isAuthenticated()')).toBe(false)
    await confirm()
    await page.getByText("Set a 6-digit pin that you'll remember").waitFor({ timeout: 3 * POLL_MS })
    expect(await user()).toEqual({ email: 'ada@example.test', hasPasskeyCredentials: false })
  })

  it('WK-28, WK-20: a user with a wallet makes a passkey, and comes back with it', async () => {
    const email = 'grace@example.test'
    const address = await provideWallet(gateway, email)
    await load()
    const confirm = await openLink(await askForLink(email))
    await confirm()
    await page.getByText('Create a passkey').waitFor({ timeout: 3 * POLL_MS })
    await page.getByRole('button', { name: 'Setup' }).click()
    await expect.poll(outcome, { timeout: 10_000 }).toBe(`connected ${address}`)
    expect(await user()).toEqual({ email, hasPasskeyCredentials: true })

    await page.evaluate('link.disconnect()')
    expect(await user()).toBeUndefined()
    await page.reload()
    await page.getByRole('button', { name: 'Log in' }).click()
    // Three icons without names: Google, Apple, passkey.
    await page.getByPlaceholder('your@email.com').waitFor()
    await page.locator('form + div > *').last().click()
    await expect.poll(outcome, { timeout: 10_000 }).toBe(`connected ${address}`)
    expect(await user()).toEqual({ email, hasPasskeyCredentials: true })
    // The vendor's font is all that Link asks anybody else for.
    expect(new Set(profile.strangers)).toEqual(new Set(['https://fonts.googleapis.com']))
  })
})

/** Gives the owner of this e-mail address an Ethereum wallet, through another door of the same project. */
async function provideWallet({ origin, secretKey }: RunningGateway, email: string): Promise<string> {
  const call = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const headers = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' }
    const answer = await fetch(`${origin}/v1/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (answer.status >= 300) throw new Error(await answer.text())
    return (await answer.json()) as Record<string, unknown>
  }
  const wallet = newEthereumWallet()
  const names = { wallet_type: 'ethereum', public_address: wallet.address }
  const { user_id } = await call('/users/create', { email })
  const { challenge } = await call('/wallets/registrations/begin', { ...names, user_id })
  await call('/wallets/verify', { ...names, signature: await wallet.signMessage(String(challenge)) })
  return wallet.address
}
