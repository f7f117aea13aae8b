import { readdirSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, openContext, type WatchedContext } from './chromium.ts'
import { type FirstStart, startFirst } from './first-start.ts'
import { inspect, LOOKS } from './inspect.ts'

const GUIDES = readdirSync(new URL('../../docs/guides', import.meta.url)).map((name) => name.slice(0, -'.md'.length))
const DIALECTS = ['walletkit', 'moonkey', '4mica']

let browser: Browser
let server: FirstStart
let profile: WatchedContext
beforeAll(async () => {
  // The requests of every form, in one go, are more than a caller's share.
  ;[browser, server] = await Promise.all([launchChromium(), startFirst({ RATE_LIMITS: 'off' })])
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

async function open(path: string, options: Parameters<typeof openContext>[2] = {}): Promise<Page> {
  profile = await openContext(browser, [server.origin], options)
  const page = await profile.newPage()
  await page.goto(`${server.origin}/docs${path}`)
  return page
}

const operation = (page: Page, id: string) => page.locator('.operation', { has: page.locator(`#${id}`) })
const faults = () => [...profile.errors.filter((error) => !/status of 4\d\d/.test(error)), ...profile.strangers]

describe('the documentation', () => {
  it('leads from its front page to every guide and every reference', async () => {
    const page = await open('')
    const links = await page.locator('.cards a').evaluateAll((all) => all.map((each) => each.getAttribute('href')))
    expect(links).toEqual(expect.arrayContaining(GUIDES.map((slug) => `/docs/${slug}`)))
    expect(links).toEqual(expect.arrayContaining(DIALECTS.map((name) => `/docs/api/${name}`)))
    for (const link of links) {
      const answer = await page.goto(`${server.origin}${link}`)
      expect(answer?.status()).toBe(200)
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect(await page.locator('.contents [aria-current=page]').getAttribute('href')).toBe(link)
    }
    expect(faults()).toEqual([])
  })

  it('has no link within it that leads nowhere', async () => {
    const page = await open('')
    const seen = new Set<string>()
    for (const path of ['', ...GUIDES.map((slug) => `/${slug}`), ...DIALECTS.map((name) => `/api/${name}`)]) {
      await page.goto(`${server.origin}/docs${path}`)
      const hrefs = await page.locator('a').evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''))
      for (const href of hrefs.map((each) => new URL(each, page.url()).href)) {
        if (href.startsWith(server.origin)) seen.add(href)
      }
    }
    expect(seen.size).toBeGreaterThan(80)
    for (const href of seen) {
      const { pathname, hash } = new URL(href)
      const answer = await fetch(`${server.origin}${pathname}`)
      expect([href, answer.status]).toEqual([href, 200])
      if (hash !== '') expect([href, (await answer.text()).includes(`id="${hash.slice(1)}"`)]).toEqual([href, true])
    }
  })

  it.each(DIALECTS)('%s: every form sends its example, and gets an answer that the document names', async (name) => {
    const page = await open(`/api/${name}`)
    const forms = page.locator('.operation form')
    const count = await forms.count()
    const { paths } = (await (await fetch(`${server.origin}/openapi/${name}.json`)).json()) as { paths: object }
    expect(count).toBe(Object.values(paths).flatMap((methods) => Object.keys(methods)).length)
    for (const article of await page.locator('.operation').all()) {
      await article.locator('details.try > summary').click()
      await article.getByRole('button', { name: 'Send' }).click()
      const status = await article.locator('.results .status').textContent({ timeout: 5_000 })
      const documented = await article.locator('details.answers .status').allTextContents()
      expect(documented).toContain(status)
      expect(status).not.toMatch(/^5/)
    }
    expect(faults()).toEqual([])
  })

  it('fills in what this start has made up, and signs the first request with it', async () => {
    const page = await open('/api/moonkey#moonkeyBeginWalletRegistration')
    const begin = operation(page, 'moonkeyBeginWalletRegistration')
    expect(await begin.locator('details.try').getAttribute('open')).not.toBeNull()
    await begin.getByRole('button', { name: 'Send' }).click()
    await begin.locator('.results .status').getByText('200').waitFor()
    expect(await begin.locator('.results .json').last().textContent()).toContain('Login for My App')
  })

  it('keeps up a curl command, and a credential in every form', async () => {
    const page = await open('/api/walletkit#walletkitListWallets')
    const list = page.locator('.operation', { has: page.getByText('/wallets', { exact: true }) })
    await list.locator('details.try').evaluate((details) => details.setAttribute('open', ''))
    await list.getByLabel('X-WalletKit-Project-ID').fill("it's")
    await list.getByLabel('network').fill('Base & more')
    await list.getByText('As a curl command').click()
    const command = await list.locator('form pre').textContent()
    expect(command).toContain(`curl -s '${server.origin}/wallets?network=Base+%26+more'`)
    expect(command).toContain(`-H 'x-walletkit-project-id: it'\\''s'`)
    const login = operation(page, 'walletkitLoginWithWallet')
    expect(await login.locator('[data-credential=WalletKitProject]').inputValue()).toBe("it's")
  })

  it('says when a body is not JSON, and sends nothing', async () => {
    const page = await open('/api/4mica#fourmicaNonce')
    const nonce = operation(page, 'fourmicaNonce')
    await nonce.getByRole('textbox', { name: 'Body' }).fill('{"address": ')
    let requests = 0
    page.on('request', () => requests++)
    await nonce.getByRole('button', { name: 'Send' }).click()
    await nonce.locator('.results').getByText('The body is not JSON').waitFor()
    expect(requests).toBe(0)
  })

  it('can be used by keyboard alone', async () => {
    const page = await open('/api/4mica')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the text')
    await page.keyboard.press('Enter')
    const nonce = operation(page, 'fourmicaNonce')
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press('Tab')
      if ((await page.evaluate('document.activeElement.textContent')) === 'Try it') break
    }
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await nonce.locator('.results .status').getByText('200').waitFor()
  })
})

describe.each(LOOKS)('the documentation, $name', ({ name, colorScheme, viewport }) => {
  it('is fit to be seen and used', async () => {
    for (const path of ['', ...GUIDES.map((slug) => `/${slug}`)]) {
      const page = await open(path, { colorScheme, viewport })
      await inspect(page, `docs ${path.slice(1) || 'index'} ${name}`)
      expect(faults()).toEqual([])
      await profile.context.close()
    }
  })

  it.each(DIALECTS)('%s is too, with everything unfolded', async (dialect) => {
    const page = await open(`/api/${dialect}`, { colorScheme, viewport })
    await page.locator('details').evaluateAll((all) => {
      for (const each of all) each.setAttribute('open', '')
    })
    await page.getByRole('button', { name: 'Send' }).first().click()
    await page.locator('.results .status').first().waitFor()
    await inspect(page, `docs api ${dialect} ${name}`)
    expect(faults()).toEqual([])
  })
})
