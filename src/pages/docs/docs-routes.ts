import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { FailureError } from '../../../adapters/shared/failure.ts'
import type { HttpEnv } from '../../../adapters/shared/http.ts'
import { refuseOtherMethods } from '../../../adapters/shared/method-not-allowed.ts'
import { inlineHash, protectPage } from '../../../adapters/shared/page.ts'
import { isNearby } from '../../http/require-nearby.ts'
import type { PlaygroundSettings } from '../playground/playground-settings.ts'
import type { Html } from './docs-layout.ts'
import type { DocsPages } from './docs-pages.ts'
import type { Reference } from './openapi-document.ts'

/**
 * `GET /docs`: guides, and a reference per dialect in which requests can be tried. For anybody; whoever may see the playground
 * finds its credentials filled in. @param references read when a page is first asked for
 */
export function docsRoutes(
  references: readonly Reference[],
  playground: PlaygroundSettings | null,
): OpenAPIHono<HttpEnv> {
  const app = new OpenAPIHono<HttpEnv>()
  let loading: ReturnType<typeof load> | undefined
  const rendered = new Map<string, Awaited<Html>>()
  const answer = async (
    c: Context<HttpEnv>,
    find: (pages: DocsPages, shown: PlaygroundSettings | null) => Html | null,
  ) => {
    loading ??= load(references).catch((error: unknown) => {
      loading = undefined
      throw error
    })
    const { pages, policy } = await loading
    const shown = isNearby(c) ? playground : null
    // Rendered once for each of the two kinds of readers: a page costs milliseconds, and anybody may ask. So many as there are pages.
    const key = `${shown === null ? 'far' : 'near'} ${c.req.path}`
    const page = rendered.get(key) ?? (await find(pages, shown))
    if (page === null) throw new FailureError({ kind: 'not_found' })
    rendered.set(key, page)
    protectPage(c, policy)
    return c.html(page)
  }
  app.get('/docs', (c) => answer(c, (pages, shown) => pages.index(shown)))
  app.get('/docs/:slug', (c) => answer(c, (pages, shown) => pages.guide(c.req.param('slug'), shown)))
  app.get('/docs/api/:name', (c) => answer(c, (pages, shown) => pages.reference(c.req.param('name'), shown)))
  const allow = 'GET, HEAD'
  refuseOtherMethods(app, { '/docs': allow, '/docs/:slug': allow, '/docs/api/:name': allow })
  return app
}

/** Loaded when a page is first asked for: most replicas never show one. */
async function load(references: readonly Reference[]) {
  const [{ loadPageAssets }, { createDocsPages }, { DOCS_STYLE }] = await Promise.all([
    import('../load-assets.ts'),
    import('./docs-pages.ts'),
    import('./docs-style.ts'),
  ])
  const assets = await loadPageAssets()
  const policy = [
    "default-src 'none'",
    `style-src ${inlineHash(DOCS_STYLE)}`,
    `script-src ${inlineHash(assets.docsScript)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return { pages: createDocsPages(assets, references), policy }
}
