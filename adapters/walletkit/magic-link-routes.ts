import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { AuthError, type Core } from '../../core/index.ts'
import { classifyThrown, type Failure, FailureError, retryAfterOf } from '../shared/failure.ts'
import { createRoutes } from '../shared/guard.ts'
import type { HttpEnv } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { inlineHash, protectPage } from '../shared/page.ts'
import type { WalletKitEnv } from './authenticate.ts'
import { MAGIC_LINK_PATH } from './magic-link.ts'
import { noticeOf } from './magic-link-notices.ts'
import { MAGIC_LINK_STYLE, renderDone, renderNotice, renderQuestion } from './magic-link-page.ts'
import { DOOR, MAGIC_LINK } from './purposes.ts'
import type { TenantFinder, WalletKitTenant } from './tenants.ts'

/** The session that the link makes waits so long for whoever asked, seconds; redeemed, it gets the life of any other. */
const WAITING_TTL_SECONDS = 600
/** Anything that could be a token. Whether it is one is seen when it is looked up. */
const TOKEN = /^[0-9A-Za-z]{1,128}$/

/** The page shows itself and sends its form here, and that is all it may do. */
const POLICY = [
  "default-src 'none'",
  `style-src ${inlineHash(MAGIC_LINK_STYLE)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
]

/**
 * Where an emailed link leads. It asks first, and only the answer, a POST, signs in: mail scanners and previews open links, and
 * somebody may have asked in another's name. For people, so everything is a page, failures too; it takes no part in CORS.
 */
export function magicLinkRoutes(
  core: Pick<Core, 'findMagicLink' | 'signInWithMagicToken'>,
  finder: TenantFinder,
  admit: MiddlewareHandler<HttpEnv> | null,
): OpenAPIHono<WalletKitEnv> {
  const app = createRoutes<WalletKitEnv>()
  app.onError((thrown, c) => renderFailurePage(c, classifyThrown(thrown)))
  app.use(MAGIC_LINK_PATH, async (c, next) => {
    protectPage(c, POLICY)
    await next()
  })
  // Inside, so that this refusal is a page too.
  if (admit !== null) app.use(MAGIC_LINK_PATH, admit)

  app.get(MAGIC_LINK_PATH, async (c) => {
    const { tenant, proof } = requireProof(finder, new URL(c.req.url).searchParams)
    return c.html(renderQuestion(tenant, proof.token, await core.findMagicLink(proof)))
  })

  app.post(MAGIC_LINK_PATH, async (c) => {
    requireForm(c)
    const { tenant, proof } = requireProof(finder, new URLSearchParams(await c.req.text()))
    requireOwnPage(c, tenant)
    const wish = { kind: 'plain', ttlSeconds: WAITING_TTL_SECONDS, device: null } as const
    const { isHandedOver } = await core.signInWithMagicToken(DOOR, proof, wish)
    // The session is for whoever asked, and nobody else has it.
    if (!isHandedOver) throw new AuthError('store_unavailable', 'hand_over_lost')
    return c.html(renderDone(tenant))
  })

  refuseOtherMethods(app, { [MAGIC_LINK_PATH]: 'GET, HEAD, POST' })
  return app
}

/** @throws {FailureError} `malformed` for what is no link of ours */
function requireProof(finder: TenantFinder, fields: URLSearchParams) {
  const tenant = finder.byWalletKitId(fields.get('project') ?? '')
  const token = fields.get('token') ?? ''
  if (tenant === null || !TOKEN.test(token)) throw new FailureError({ kind: 'malformed', detail: 'link: not complete' })
  return { tenant, proof: { projectId: tenant.projectId, purpose: MAGIC_LINK, token } } as const
}

/**
 * Refuses a form that another site's page sends. Forging one gains nobody anything, since its token is the secret; but a page that
 * was given a link shall not press the button for its visitor.
 *
 * @throws {AuthError} `origin_not_allowed`
 */
function requireOwnPage(c: Context<WalletKitEnv>, { publicUrl }: WalletKitTenant): void {
  // Fetch metadata: `none` is the user's own doing, a reload. Where it is missing the origin tells, which under our own referrer
  // policy is `null` for our own page too (Fetch standard §3.2).
  const site = c.req.header('sec-fetch-site')
  const origin = c.req.header('origin') ?? 'null'
  const isOwn = site === undefined ? ['null', publicUrl].includes(origin) : ['same-origin', 'none'].includes(site)
  if (!isOwn) throw new AuthError('origin_not_allowed', 'foreign_page')
}

/** @throws {FailureError} `malformed` for anything but a form */
function requireForm(c: Context<WalletKitEnv>): void {
  const type = c.req.header('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    throw new FailureError({ kind: 'malformed', detail: 'content-type: expected application/x-www-form-urlencoded' })
  }
}

function renderFailurePage(c: Context<WalletKitEnv>, failure: Failure): Response | Promise<Response> {
  c.set('failure', failure)
  const [status, heading, ...paragraphs] = noticeOf(failure)
  if (failure.kind === 'method_not_allowed') c.header('Allow', failure.allow)
  if (status === 503) c.header('Retry-After', '1')
  if (status === 429) c.header('Retry-After', retryAfterOf(failure, '60'))
  return c.html(renderNotice(heading, paragraphs), status)
}
