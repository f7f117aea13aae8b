import { OpenAPIHono } from '@hono/zod-openapi'
import type { HttpEnv } from '../../../adapters/shared/http.ts'
import { refuseOtherMethods } from '../../../adapters/shared/method-not-allowed.ts'
import { inlineHash, protectPage } from '../../../adapters/shared/page.ts'
import { requireNearby } from '../../http/require-nearby.ts'
import type { PlaygroundSettings } from './playground-settings.ts'

/**
 * `GET /playground`: every way of signing in, for a developer's browser. It may hold the secret key that this start made up, so
 * it answers only nearby machines, under names that no stranger's page can have; for everybody else it does not exist.
 */
export function playgroundRoutes(settings: PlaygroundSettings): OpenAPIHono<HttpEnv> {
  const app = new OpenAPIHono<HttpEnv>()
  let rendered: ReturnType<typeof renderOnce> | undefined
  app.get('/playground', async (c) => {
    requireNearby(c)
    rendered ??= renderOnce(settings).catch((error: unknown) => {
      rendered = undefined
      throw error
    })
    const { page, policy } = await rendered
    protectPage(c, policy)
    return c.html(page)
  })
  refuseOtherMethods(app, { '/playground': 'GET, HEAD' })
  return app
}

/** Loaded when the page is first asked for: most starts never show it. */
async function renderOnce(settings: PlaygroundSettings) {
  const [{ loadPageAssets }, { renderPlayground }, { PLAYGROUND_STYLE }] = await Promise.all([
    import('../load-assets.ts'),
    import('./playground-page.ts'),
    import('./playground-style.ts'),
  ])
  const { playgroundScript } = await loadPageAssets()
  const policy = [
    "default-src 'none'",
    `style-src ${inlineHash(PLAYGROUND_STYLE)}`,
    `script-src ${inlineHash(playgroundScript)}`,
    "connect-src 'self'",
    // Wallets announce their icons as data (EIP-6963, Wallet Standard).
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return { page: await renderPlayground(settings, playgroundScript), policy }
}
