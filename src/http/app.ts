import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { getPath } from 'hono/utils/url'
import type { Logger } from 'pino'
import { fourMicaDialect, fourMicaRoutes } from '../../adapters/fourmica/routes.ts'
import type { FourMicaTenant } from '../../adapters/fourmica/tenants.ts'
import { spellOut } from '../../adapters/moonkey/paths.ts'
import { moonKeyDialect, moonKeyRoutes } from '../../adapters/moonkey/routes.ts'
import type { MoonKeyTenant } from '../../adapters/moonkey/tenants.ts'
import { classifyThrown, type Failure } from '../../adapters/shared/failure.ts'
import type { Dialect, HttpEnv } from '../../adapters/shared/http.ts'
import { describeDialect } from '../../adapters/shared/openapi.ts'
import type { Core } from '../../core/core.ts'
import type { RandomSource } from '../../core/ports.ts'
import type { LocalMailbox } from '../mail/local-mailbox.ts'
import { limitBody } from './limit-body.ts'
import { mailboxRoutes } from './mailbox.ts'
import { createRequestIds } from './request-ids.ts'
import { requestScope } from './request-scope.ts'
import { serverDialect, serverRoutes } from './server-routes.ts'

export interface AppParts {
  readonly core: Core
  /** Resolves when requests can be served: what readiness means. */
  prepare(): Promise<void>
  readonly logger: Logger
  readonly random: RandomSource
  /** Null: mails are not kept here. */
  readonly mailbox: LocalMailbox | null
  /** A dialect without tenants is switched off. */
  readonly tenants: { readonly fourmica: readonly FourMicaTenant[]; readonly moonkey: readonly MoonKeyTenant[] }
}

/** The whole HTTP surface, at the origin root: the place where the rooms meet. Pure request to response, without a socket. */
export function createApp({ core, prepare, mailbox, logger, random, tenants }: AppParts): OpenAPIHono<HttpEnv> {
  const app = new OpenAPIHono<HttpEnv>({ getPath: (request) => spellOut(getPath(request)) })
  const dialects: Dialect[] = []
  app.use(requestScope(logger, createRequestIds(random)))
  app.use(limitBody())
  app.route('/', serverRoutes(prepare))
  if (mailbox !== null) app.route('/', mailboxRoutes(mailbox))
  if (tenants.fourmica.length > 0) {
    const routes = fourMicaRoutes(core, tenants.fourmica)
    app.route('/', routes)
    serveDocument(app, fourMicaDialect, routes)
    dialects.push(fourMicaDialect)
  }
  if (tenants.moonkey.length > 0) {
    const routes = moonKeyRoutes(core, tenants.moonkey)
    app.route('/', routes)
    serveDocument(app, moonKeyDialect, routes)
    dialects.push(moonKeyDialect)
  }

  const render = (c: Context<HttpEnv>, failure: Failure): Response => {
    c.set('failure', failure)
    return dialectOf(c.req.path, dialects).renderFailure(c, failure)
  }
  app.onError((thrown, c) => render(c, classifyThrown(thrown)))
  app.notFound((c) => render(c, { kind: 'not_found' }))
  return app
}

/** `GET /openapi/<dialect>.json`, computed when it is first asked for. */
function serveDocument<E extends HttpEnv>(app: OpenAPIHono<HttpEnv>, dialect: Dialect, routes: OpenAPIHono<E>): void {
  let document: object | undefined
  app.get(`/openapi/${dialect.name}.json`, (c) => {
    document ??= describeDialect(routes, dialect)
    return c.json(document)
  })
}

function dialectOf(path: string, dialects: readonly Dialect[]): Dialect {
  const owns = ({ prefixes }: Dialect) => prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))
  return dialects.find(owns) ?? serverDialect
}
