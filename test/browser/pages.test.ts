import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linkIn } from '../support/mail.ts'
import { launchChromium, openContext } from './chromium.ts'
import { inspect, LOOKS } from './inspect.ts'
import { mailTo, type RunningGateway, startGateway } from './running-server.ts'

const APP_ORIGIN = 'http://localhost:3000'

describe.each(LOOKS)('our pages, $name', ({ name, colorScheme, viewport }) => {
  let browser: Browser
  let withSmtp: RunningGateway
  let withMailbox: RunningGateway

  beforeAll(async () => {
    browser = await launchChromium()
    withSmtp = await startGateway('memory', APP_ORIGIN)
    withMailbox = await startGateway('memory', APP_ORIGIN, 'local')
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await Promise.all([withSmtp?.stop(), withMailbox?.stop()])
  })

  async function open({ origin }: RunningGateway): Promise<{ page: Page; faults: () => string[] }> {
    const { newPage, errors, strangers } = await openContext(browser, [origin], { colorScheme, viewport })
    return { page: await newPage(), faults: () => [...errors, ...strangers] }
  }

  it('WK-57: the page behind a link asks, and says what came of it', async () => {
    const { page, faults } = await open(withSmtp)
    const email = 'ada.lovelace@example.test'
    await call(withSmtp, '/users/login-with-magic-link', { email })
    const link = linkIn(await mailTo(withSmtp.smtp, email)).href
    await page.goto(link)
    await inspect(page, `question ${name}`)
    // By keyboard alone.
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Yes, sign me in')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    await inspect(page, `done ${name}`)
    expect(faults()).toEqual([])
    const again = await page.goto(link)
    expect(again?.status()).toBe(400)
    await inspect(page, `used ${name}`)
  })

  it('the mailbox shows a code and a link', async () => {
    const { page, faults } = await open(withMailbox)
    await page.goto(`${withMailbox.origin}/mailbox`)
    await inspect(page, `mailbox empty ${name}`)
    await call(withMailbox, '/users/login-with-email', { email: 'ada.lovelace@example.test' })
    await call(withMailbox, '/users/login-with-magic-link', { email: 'grace.hopper@example.test' })
    await page
      .getByRole('link', { name: /grace\.hopper/ })
      .first()
      .click()
    await page.getByRole('article').waitFor()
    await inspect(page, `mailbox ${name}`)
    const link = await page.locator('pre a').first().getAttribute('href')
    expect(link).toContain('/users/magic-link?')
    expect(faults()).toEqual([])
  })
})

async function call({ origin, projectId }: RunningGateway, path: string, body: object): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'x-walletkit-project-id': projectId,
    'user-agent': 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  }
  const answer = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (answer.status !== 200) throw new Error(await answer.text())
}
