import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import type { StoreName } from '../support/gateway.ts'
import { freePort } from '../support/redis-server.ts'
import { type AppName, type AppServer, serveApp } from './app-server.ts'
import { launchChromium, openContext, type WatchedContext } from './chromium.ts'
import { type RunningGateway, startGateway } from './running-server.ts'

export interface AppFixture {
  readonly browser: Browser
  readonly gateway: RunningGateway
  readonly app: AppServer
  /** The application's page in a profile without a past; not loaded yet. */
  newPage(): Promise<{ readonly profile: WatchedContext; readonly page: Page }>
}

/** A browser, a gateway and somebody's application for the tests around this call. */
export function useApp(name: AppName, store: StoreName): () => AppFixture {
  let fixture: AppFixture | undefined
  beforeAll(async () => {
    const port = await freePort()
    const gateway = await startGateway(store, `http://localhost:${port}`)
    const settings = { environment: gateway.origin, projectId: gateway.projectId }
    const [browser, app] = await Promise.all([launchChromium(), serveApp(name, port, settings)])
    fixture = {
      browser,
      gateway,
      app,
      async newPage() {
        const profile = await openContext(browser, [app.origin, gateway.origin])
        return { profile, page: await profile.newPage() }
      },
    }
  }, 120_000)
  afterAll(async () => {
    await fixture?.browser.close()
    await Promise.all([fixture?.app.stop(), fixture?.gateway.stop()])
  })
  return () => {
    if (fixture === undefined) throw new Error('not started')
    return fixture
  }
}
