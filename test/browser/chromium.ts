import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { findChromium } from '../support/find-chromium.ts'

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** A headless Chromium. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: resolve(findChromium()), args: ARGUMENTS })
}

/** Playwright wants a path, not a name to look up. */
function resolve(program: string): string {
  if (program.includes('/')) return program
  const found = (process.env['PATH'] ?? '').split(':').find((folder) => existsSync(join(folder, program)))
  return found === undefined ? program : join(found, program)
}

/** What a test saw go wrong in a page: errors, and requests to anybody but these origins, which never leave the machine. */
export interface WatchedContext {
  readonly context: BrowserContext
  readonly errors: string[]
  readonly strangers: string[]
  newPage(): Promise<Page>
}

/** A browser profile of its own that can reach these origins and nothing else. */
export async function openContext(
  browser: Browser,
  origins: readonly string[],
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<WatchedContext> {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  const errors: string[] = []
  const strangers: string[] = []
  await context.route('**/*', (route) => {
    const { origin } = new URL(route.request().url())
    if (origins.includes(origin)) return route.continue()
    strangers.push(origin)
    return route.abort()
  })
  return {
    context,
    errors,
    strangers,
    async newPage() {
      const page = await context.newPage()
      page.on('pageerror', (error) => errors.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text())
      })
      return page
    },
  }
}

/** An authenticator of the platform that holds passkeys and whose user always agrees (WebAuthn §11). */
export async function addAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}
