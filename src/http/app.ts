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
import { walletKitDialect, walletKitRoutes } from '../../adapters/walletkit/routes.ts'
import type { WalletKitTenant } from '../../adapters/walletkit/tenants.ts'
import type { Core } from '../../core/core.ts'
import type { RandomSource } from '../../core/ports.ts'
import { callerScope } from '../limits/caller-scope.ts'
import { identifyFourMica, identifyMoonKey, identifyWalletKit } from '../limits/identify.ts'
import { type Identify, limitRequests } from '../limits/limit-requests.ts'
import type { Limiter } from '../limits/limiter.ts'
import { FOURMICA_COSTS, MOONKEY_COSTS, type RouteCosts, WALLETKIT_COSTS } from '../limits/route-costs.ts'
import type { LocalMailbox } from '../mail/local-mailbox.ts'
import type { RequestMeter } from '../metrics/meters.ts'
import { createOperationNamer } from '../metrics/name-operation.ts'
import { docsRoutes } from '../pages/docs/docs-routes.ts'
import type { Reference } from '../pages/docs/openapi-document.ts'
import { frontRoute } from '../pages/front-route.ts'
import { mailboxRoutes } from '../pages/mailbox/mailbox-routes.ts'
import { playgroundRoutes } from '../pages/playground/playground-routes.ts'
import type { PlaygroundSettings } from '../pages/playground/playground-settings.ts'
import type { AnswerProbe } from '../probe/answer-probe.ts'
import { chainHealth } from '../rpc/chain-health.ts'
import type { ContractAccountsState } from '../rpc/open-contract-accounts.ts'
import type { RequestTracer } from '../tracing/tracing.ts'
import { limitBody } from './limit-body.ts'
import { ANSWER_LIMIT_MS, limitTime } from './limit-time.ts'
import { LiteralRoutes } from './literal-routes.ts'
import { plainJsonType } from './plain-json-type.ts'
import { createRequestIds } from './request-ids.ts'
import { type RequestContext, requestScope } from './request-scope.ts'
import { serverDialect, serverRoutes } from './server-routes.ts'

export interface AppParts {
  readonly core: Core
  /** Resolves when requests can be served: what readiness means. */
  prepare(): Promise<void>
  /** How the chains' RPC servers do; nothing where none are served. */
  contractAccountsState?(): readonly ContractAccountsState[]
  /** Was a stop asked for? Then it is not ready, whatever else holds. */
  isStopping?(): boolean
  readonly logger: Logger
  readonly random: RandomSource
  /** Null: mails are not kept here. */
  readonly mailbox: LocalMailbox | null
  /** Null: there is no page to try things in. */
  readonly playground?: PlaygroundSettings | null
  /** Null: requests are not counted. */
  readonly meter?: RequestMeter | null
  /** Null: requests are not traced. */
  readonly tracer?: RequestTracer | null
  /** Null: nobody is refused for asking too often. */
  readonly limiter?: Limiter | null
  /** Addresses and CIDR ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[]
  /** Tells nobody anything, unless one is given. */
  readonly answerProbe?: AnswerProbe
  /** Null: nobody asks which request goes on. */
  readonly context?: RequestContext | null
  /** From the last byte of a request to its answer, milliseconds. */
  readonly answerLimitMs?: number | undefined
  /** A dialect without tenants is switched off. */
  readonly tenants: {
    readonly fourmica: readonly FourMicaTenant[]
    readonly moonkey: readonly MoonKeyTenant[]
    readonly walletkit: readonly WalletKitTenant[]
  }
}

/** The whole HTTP surface, at the origin root: the place where the rooms meet. Pure request to response, without a socket. */
export function createApp({
  core,
  prepare,
  contractAccountsState = () => [],
  isStopping = () => false,
  mailbox,
  playground = null,
  logger,
  random,
  meter = null,
  tracer = null,
  context = null,
  answerProbe = () => null,
  limiter = null,
  trustedProxies = [],
  answerLimitMs = ANSWER_LIMIT_MS,
  tenants,
}: AppParts): OpenAPIHono<HttpEnv> {
  const app = new OpenAPIHono<HttpEnv>({
    router: new LiteralRoutes(),
    getPath: (request) => spellOut(getPath(request)),
  })
  const dialects: Dialect[] = []
  // The routes are not there yet; the first request finds them.
  let namer: ReturnType<typeof createOperationNamer> | undefined
  const nameOperation = (c: Context<HttpEnv>) => {
    namer ??= createOperationNamer(app, (path) => dialectOf(path, dialects).name)
    return namer(c)
  }
  const watch = meter === null && tracer === null ? null : { meter, tracer, nameOperation }
  app.use(requestScope(logger, createRequestIds(random), watch, context))
  app.use(
    callerScope(trustedProxies, () =>
      logger.warn(
        'X-Forwarded-For was sent by a nearby peer, and TRUSTED_PROXIES is not set: its callers count as one.',
      ),
    ),
  )
  app.use(plainJsonType)
  app.use(limitBody())
  app.use(limitTime(answerLimitMs))
  const admit = (costs: RouteCosts, identify: Identify) =>
    limiter === null ? null : limitRequests(limiter, costs, identify)
  const readChains = () => chainHealth(contractAccountsState())
  app.route('/', serverRoutes({ prepare, isStopping, readChains, answerProbe }))
  app.route('/', frontRoute(playground))
  if (mailbox !== null) app.route('/', mailboxRoutes(mailbox))
  if (playground !== null) app.route('/', playgroundRoutes(playground))
  const references: Reference[] = []
  app.route('/', docsRoutes(references, playground))
  if (tenants.fourmica.length > 0) {
    const routes = fourMicaRoutes(core, tenants.fourmica, admit(FOURMICA_COSTS, identifyFourMica(tenants.fourmica)))
    app.route('/', routes)
    references.push(serveDocument(app, fourMicaDialect, routes))
    dialects.push(fourMicaDialect)
  }
  if (tenants.moonkey.length > 0) {
    const dialect = moonKeyDialect(tenants.moonkey)
    const routes = moonKeyRoutes(core, tenants.moonkey, admit(MOONKEY_COSTS, identifyMoonKey(tenants.moonkey, core)))
    app.route('/', routes)
    references.push(serveDocument(app, dialect, routes))
    dialects.push(dialect)
  }
  if (tenants.walletkit.length > 0) {
    const dialect = walletKitDialect(tenants.walletkit)
    const routes = walletKitRoutes(
      core,
      tenants.walletkit,
      admit(WALLETKIT_COSTS, identifyWalletKit(tenants.walletkit)),
    )
    app.route('/', routes)
    references.push(serveDocument(app, dialect, routes))
    dialects.push(dialect)
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
function serveDocument<E extends HttpEnv>(
  app: OpenAPIHono<HttpEnv>,
  dialect: Dialect,
  routes: OpenAPIHono<E>,
): Reference {
  let document: object | undefined
  const describe = () => {
    document ??= describeDialect(routes, dialect)
    return document
  }
  let text: string | undefined
  app.get(`/openapi/${dialect.name}.json`, (c) => {
    // Kept as text: anybody may ask, and writing it takes a millisecond.
    text ??= JSON.stringify(describe())
    return c.body(text, 200, { 'Content-Type': 'application/json' })
  })
  return { name: dialect.name, describe }
}

function dialectOf(path: string, dialects: readonly Dialect[]): Dialect {
  const owns = ({ prefixes }: Dialect) => prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))
  return dialects.find(owns) ?? serverDialect
}
