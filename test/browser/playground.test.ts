import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSystemRandom } from '../../core/random.ts'
import { createMemoryStores } from '../../core/stores/memory/memory-stores.ts'
import { createGateway } from '../../src/gateway.ts'
import { createApp } from '../../src/http/app.ts'
import { listen } from '../../src/http/listen.ts'
import { createLogger } from '../../src/logger.ts'
import { playgroundSettings } from '../../src/pages/playground/playground-settings.ts'
import { TestClock } from '../support/clock.ts'
import { codeIn, linkIn } from '../support/mail.ts'
import { addAuthenticator, launchChromium, openContext, type WatchedContext } from './chromium.ts'
import { installEthereumWallet, installSolanaWallet } from './fake-wallets.ts'
import { type FirstStart, startFirst } from './first-start.ts'
import { inspect, LOOKS } from './inspect.ts'

const run = promisify(execFile)

let browser: Browser
let server: FirstStart
let profile: WatchedContext
beforeAll(async () => {
  ;[browser, server] = await Promise.all([launchChromium(), startFirst()])
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

async function open(way: string, options: Parameters<typeof openContext>[2] = {}): Promise<Page> {
  profile = await openContext(browser, [server.origin], options)
  return visit(await profile.newPage(), way)
}

async function visit(page: Page, way: string, origin = server.origin): Promise<Page> {
  await page.goto(`${origin}/playground#${way}`)
  return page
}

const stepNamed = (page: Page, title: string) =>
  page.locator('#steps > li', { has: page.getByRole('heading', { name: title }) })
/** Waits until the steps say this. */
const seen = (page: Page, text: string) => page.locator('#steps').getByText(text).waitFor()
const state = (page: Page) => page.locator('#state').textContent()
/** Presses the button of the step whose turn it is, and waits for the step to be done. */
async function press(page: Page, label: string): Promise<void> {
  const done = await page.locator('#steps > li[data-state=done]').count()
  await page.getByRole('button', { name: label, exact: true }).click()
  await expect.poll(() => page.locator('#steps > li[data-state=done]').count(), { timeout: 10_000 }).toBe(done + 1)
}
/** Chromium reports every refusal that a page provokes; nothing else may go wrong. */
const faults = () => [...profile.errors.filter((error) => !/status of 4\d\d/.test(error)), ...profile.strangers]

const WAYS = [
  {
    way: 'walletkit/wallet/ethereum',
    first: 'Ask for a nonce',
    renew: 'Swap the refresh token',
    leave: 'Log out',
    alg: 'ES256',
  },
  {
    way: 'walletkit/wallet/solana',
    first: 'Ask for a nonce',
    renew: 'Swap the refresh token',
    leave: 'Log out',
    alg: 'ES256',
  },
  {
    way: 'moonkey/message/ethereum',
    first: 'Ask for a nonce',
    renew: 'Verify and extend',
    leave: 'Delete the session',
    alg: 'RS256',
  },
  {
    way: 'moonkey/message/solana',
    first: 'Ask for a nonce',
    renew: 'Verify and extend',
    leave: 'Delete the session',
    alg: 'RS256',
  },
  {
    way: 'moonkey/challenge/ethereum',
    first: 'Ask for a challenge',
    renew: 'Verify and extend',
    leave: 'Delete the session',
    alg: 'RS256',
  },
  {
    way: 'moonkey/challenge/solana',
    first: 'Ask for a challenge',
    renew: 'Verify and extend',
    leave: 'Delete the session',
    alg: 'RS256',
  },
  {
    way: '4mica/message/ethereum',
    first: 'Ask for a nonce',
    renew: 'Swap the refresh token',
    leave: 'Log out',
    alg: 'HS256',
  },
] as const

describe('the playground after a first start', () => {
  it('signs in with three clicks', async () => {
    const page = await open('')
    for (const title of ['Get a nonce', 'Sign the message', 'Verify and sign in']) {
      expect(await state(page)).toBe('Not signed in')
      await stepNamed(page, title).getByRole('button').first().click()
      await stepNamed(page, title).and(page.locator('[data-state=done]')).waitFor()
    }
    expect(await state(page)).toBe('Signed in')
    await seen(page, 'Signature good')
    expect(page.url()).toBe(`${server.origin}/playground#walletkit/wallet/ethereum`)
    expect(faults()).toEqual([])
  })

  it.each(WAYS)('$way: a throw-away key signs in, renews and leaves', async ({ way, first, renew, leave, alg }) => {
    const page = await open(way)
    await press(page, first)
    await press(page, way.includes('challenge') ? 'Sign the challenge' : 'Sign the message')
    const shown = await page.locator('figure.wallet pre').textContent()
    expect(shown).toContain(way.includes('challenge') ? 'Login for My App: ' : `URI: ${server.origin}`)

    await page.getByRole('button', { name: 'First try a wrong signature' }).click()
    await seen(page, 'The signature is not of this wallet over this message.')
    expect(await state(page)).toBe('Not signed in')

    await press(page, 'Verify the signature')
    expect(await state(page)).toBe('Signed in')
    const verified = stepNamed(page, 'Verify and sign in')
    expect(await verified.locator('.token .json').first().textContent()).toContain(`"alg": "${alg}"`)
    await verified.getByText(alg === 'HS256' ? 'Signature not checked' : 'Signature good').waitFor()
    await verified.getByRole('button', { name: 'Send the same again' }).click()
    await verified.getByText('Refused, as it should be').waitFor()
    expect(await verified.locator('.token').count()).toBe(1)

    if (way.startsWith('walletkit')) await press(page, 'List my wallets')
    await press(page, renew)
    await press(page, leave)
    expect(await state(page)).toBe('Not signed in')
    await page.getByRole('button', { name: /^Try the old/ }).click()
    await stepNamed(page, 'Log out').getByText('Refused, as it should be').waitFor()
    expect(faults()).toEqual([])
  })

  it('every request it shows is a curl command that works', async () => {
    const page = await open('4mica/message/ethereum')
    await press(page, 'Ask for a nonce')
    await page.getByText('The same with curl').click()
    const command = (await page.locator('.curl pre').textContent()) ?? ''
    const { stdout } = await run('sh', ['-c', command])
    expect(JSON.parse(stdout)).toMatchObject({ siwe: { chainId: 1 } })
  })

  it('uses a wallet that announces itself (EIP-6963), and says so when its owner refuses', async () => {
    profile = await openContext(browser, [server.origin])
    const wallet = await installEthereumWallet(profile.context, 'A <b>Wallet</b>')
    const page = await visit(await profile.newPage(), '4mica/message/ethereum')
    await page.getByText('A <b>Wallet</b>').click()
    await page.evaluate('globalThis.refuses = true')
    await page.getByRole('button', { name: 'Ask for a nonce' }).click()
    await seen(page, 'You refused in the wallet.')
    await page.evaluate('globalThis.refuses = false')
    for (const label of ['Ask for a nonce', 'Sign the message', 'Verify the signature']) await press(page, label)
    expect(await page.locator('figure.wallet pre').textContent()).toContain(wallet.address)
    const claims = await page.locator('.token .json').nth(1).textContent()
    expect(claims).toContain(`"sub": "${wallet.address.toLowerCase()}"`)
    expect(faults()).toEqual([])
  })

  it('uses a wallet that registers itself (Wallet Standard)', async () => {
    profile = await openContext(browser, [server.origin])
    const wallet = await installSolanaWallet(profile.context, 'Another Wallet')
    const page = await visit(await profile.newPage(), 'walletkit/wallet/solana')
    await page.getByText('Another Wallet').click()
    for (const label of ['Ask for a nonce', 'Sign the message', 'Verify the signature', 'List my wallets'])
      await press(page, label)
    expect(await stepNamed(page, 'Use the token').locator('.json').last().textContent()).toContain(wallet.address)
    expect(faults()).toEqual([])
  })

  it('signs in with a code from the mailbox', async () => {
    const page = await open('walletkit/email-code')
    await press(page, 'Mail me a code')
    const code = codeIn(await mailFor(page))
    await page.getByLabel('Code from the mail').fill(code === '000000' ? '000001' : '000000')
    await page.getByRole('button', { name: 'Verify the code' }).click()
    await seen(page, 'The code is wrong, was used, or was tried too often.')
    await page.getByLabel('Code from the mail').fill(code)
    await press(page, 'Verify the code')
    expect(await state(page)).toBe('Signed in')
    expect(faults()).toEqual([])
  })

  it('signs in with a link that is opened elsewhere', async () => {
    const page = await open('walletkit/magic-link')
    await press(page, 'Mail me a link')
    const link = linkIn(await mailFor(page))
    const waiting = press(page, 'Wait for the link')
    const elsewhere = await (await openContext(browser, [server.origin])).newPage()
    await elsewhere.goto(link.href)
    await elsewhere.getByRole('button', { name: 'Yes, sign me in' }).click()
    await elsewhere.getByRole('heading', { name: 'You are signed in' }).waitFor()
    await waiting
    await press(page, 'Fetch the session')
    expect(await state(page)).toBe('Signed in')
    expect(faults()).toEqual([])
  })

  it('makes a passkey and signs in with it, and anonymously', async () => {
    const page = await open('walletkit/passkey')
    await addAuthenticator(page)
    for (const label of ['Sign in anonymously', 'Make a passkey', 'Use the passkey', 'Verify the passkey'])
      await press(page, label)
    expect(await stepNamed(page, 'Verify and sign in').locator('.token .json').nth(1).textContent()).toContain(
      '"has_passkey_credentials": true',
    )
    await page.getByLabel('Anonymous').check()
    await press(page, 'Sign in anonymously')
    expect(await state(page)).toBe('Signed in')
    expect(faults()).toEqual([])
  })

  it('keeps the choice over a reload, and nothing else', async () => {
    const page = await open('moonkey/challenge/solana')
    for (const label of ['Ask for a challenge', 'Sign the challenge', 'Verify the signature']) await press(page, label)
    const before = await page.locator('.address').getAttribute('title')
    await page.reload()
    expect(await page.getByRole('radio', { name: 'Challenge' }).isChecked()).toBe(true)
    expect(await page.getByLabel('Solana').isChecked()).toBe(true)
    expect(await state(page)).toBe('Not signed in')
    expect(await page.locator('.address').getAttribute('title')).not.toBe(before)
    expect(await page.evaluate('localStorage.length + sessionStorage.length + document.cookie.length')).toBe(0)
    await press(page, 'Ask for a challenge')
    expect(faults()).toEqual([])
  })

  it('takes whatever stands in its address for what it is', async () => {
    for (const way of ['nonsense', '4mica/passkey/solana', 'walletkit//', '%E0%A4%A', '__proto__/constructor?%']) {
      const page = await open(way)
      await press(page, 'Ask for a nonce')
      expect(faults()).toEqual([])
    }
  })

  it('says what to do when the server is gone', async () => {
    const other = await startFirst()
    profile = await openContext(browser, [other.origin])
    const page = await visit(await profile.newPage(), '', other.origin)
    await other.stop()
    await page.getByRole('button', { name: 'Ask for a nonce' }).click()
    await seen(page, 'The server gave no answer.')
  })
})

describe('the playground elsewhere', () => {
  it('asks for a secret key that somebody has set, and does not show it', async () => {
    const key = 'sk_test_0123456789abcdef0123456789abcdef0123456789abcdef'
    const other = await startFirst({ PROJECT_SECRET_KEY: key })
    profile = await openContext(browser, [other.origin])
    const page = await visit(await profile.newPage(), 'moonkey/message/ethereum', other.origin)
    expect(await page.content()).not.toContain(key)
    await page.getByRole('button', { name: 'Ask for a nonce' }).click()
    await seen(page, 'The secret key is missing or is not of this App.')
    await page.getByLabel('Secret key of the App').fill(key)
    await press(page, 'Ask for a nonce')
    expect(await page.locator('main').textContent()).not.toContain(key)
    expect(await page.locator('.headers').first().textContent()).toContain('Bearer sk_…')
    expect(faults()).toEqual([])
    await other.stop()
  })

  it('warns where its origin is not allowed', async () => {
    const other = await startFirst({ ALLOWED_ORIGINS: 'https://app.example.com' })
    profile = await openContext(browser, [other.origin])
    const page = await visit(await profile.newPage(), '', other.origin)
    await page.getByText(`The project does not allow ${other.origin}.`).waitFor()
    await page.getByRole('button', { name: 'Ask for a nonce' }).click()
    await seen(page, 'The project does not allow pages of this origin.')
    await other.stop()
  })

  it('tells an expired nonce, and starts over', async () => {
    const clock = new TestClock()
    const { origin, stop } = await startWithClock(clock)
    profile = await openContext(browser, [origin])
    const page = await visit(await profile.newPage(), 'walletkit/wallet/ethereum', origin)
    for (const label of ['Ask for a nonce', 'Sign the message']) await press(page, label)
    clock.advance(601_000)
    await page.getByRole('button', { name: 'Verify the signature' }).click()
    await seen(page, 'The nonce has expired, or was used.')
    await page.getByRole('button', { name: 'Start over' }).click()
    for (const label of ['Ask for a nonce', 'Sign the message', 'Verify the signature']) await press(page, label)
    expect(await state(page)).toBe('Signed in')
    await stop()
  })
})

describe.each(LOOKS)('the playground, $name', ({ name, colorScheme, viewport }) => {
  it('is fit to be seen and used', async () => {
    const page = await open('', { colorScheme, viewport })
    await inspect(page, `playground begin ${name}`)
    for (const label of ['Ask for a nonce', 'Sign the message']) await press(page, label)
    await page.getByRole('button', { name: 'First try a wrong signature' }).click()
    await seen(page, 'Refused, as it should be')
    await inspect(page, `playground refused ${name}`)
    await press(page, 'Verify the signature')
    await page.getByText('The same with curl').first().click()
    await inspect(page, `playground done ${name}`)
    await page.getByLabel('E-mail code').check()
    await page.getByLabel('E-mail address').fill(`${name.replace(' ', '-')}@example.test`)
    await press(page, 'Mail me a code')
    await page.getByLabel('Code from the mail').fill('000000')
    await page.getByRole('button', { name: 'Verify the code' }).click()
    await seen(page, 'That did not work')
    await inspect(page, `playground code ${name}`)
    expect(faults()).toEqual([])
  })
})

/** The newest mail of this server, as its mailbox shows it. */
async function mailFor(page: Page): Promise<string> {
  const opened = await page.context().newPage()
  await opened.goto(`${server.origin}/mailbox`)
  const text = (await opened.locator('article pre').first().textContent()) ?? ''
  await opened.close()
  return text
}

/** The same server on a clock that the test moves. */
async function startWithClock(clock: TestClock) {
  const { settings } = server
  const random = createSystemRandom()
  const ports = { stores: createMemoryStores(), clock, random, mail: null, report: () => {} }
  const gateway = await createGateway(settings, ports)
  const playground = playgroundSettings(settings, false)
  const app = createApp({ ...gateway, mailbox: null, playground, logger: createLogger('silent'), random })
  const { port, drain } = await listen(app.fetch, { host: 'localhost', port: 0 })
  const stop = async () => {
    await drain(1_000)
    await gateway.close()
  }
  return { origin: `http://localhost:${port}`, stop }
}
