import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { Core } from '../../core/index.ts'
import { allowCrossOrigin } from '../shared/cors.ts'
import { FailureError } from '../shared/failure.ts'
import { createRoutes } from '../shared/guard.ts'
import { type HttpEnv, json } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import type { WalletKitEnv } from './authenticate.ts'
import { DOOR } from './purposes.ts'
import { keySetReply } from './replies.ts'
import { ErrorReply, KeySetParams, KeySetReply } from './schemas.ts'
import type { TenantFinder } from './tenants.ts'

const keys = createRoute({
  method: 'get',
  path: '/users/jwks/{project_id}',
  operationId: 'walletkitGetJwks',
  summary: 'The keys of a project’s access tokens, for anybody',
  tags: ['Keys'],
  security: [],
  request: { params: KeySetParams },
  responses: {
    200: json(KeySetReply, 'The key set (RFC 7517).'),
    400: json(ErrorReply, 'The project’s id is too long.'),
    404: json(ErrorReply, 'There is no such project.'),
    413: json(ErrorReply, 'The body is larger than 64 KiB.'),
    429: json(ErrorReply, 'The caller has asked too often; `Retry-After` says when to ask again.'),
    500: json(ErrorReply, 'An internal error.'),
    503: json(ErrorReply, 'The store cannot answer; try again.'),
  },
})

/** What verifies access tokens: an addition of ours, since the vendor publishes nothing. Any page may read it. */
export function keyRoutes(
  core: Pick<Core, 'publicKeys'>,
  finder: TenantFinder,
  admit: MiddlewareHandler<HttpEnv> | null,
): OpenAPIHono<WalletKitEnv> {
  const app = createRoutes<WalletKitEnv>()
  app.use(keys.getRoutingPath(), allowCrossOrigin({ origins: '*', methods: ['GET'], headers: [] }))
  // Behind it, so that any page may read this refusal too, and preflights are not counted.
  if (admit !== null) app.use(keys.getRoutingPath(), admit)

  app.openapi(keys, async (c) => {
    const tenant = finder.byWalletKitId(c.req.valid('param').project_id)
    if (tenant === null) throw new FailureError({ kind: 'not_found', detail: 'There is no such project.' })
    return c.json(keySetReply(await core.publicKeys(tenant.projectId, DOOR)), 200)
  })
  refuseOtherMethods(app, { [keys.getRoutingPath()]: 'GET, HEAD, OPTIONS' })
  return app
}
