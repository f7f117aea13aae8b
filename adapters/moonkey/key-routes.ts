import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { json } from '../shared/http.ts'
import { refuseOtherMethods } from '../shared/method-not-allowed.ts'
import { type MoonKeyEnv, requireSecretKeyAnywhere } from './authenticate.ts'
import { DOOR } from './purposes.ts'
import { keySetReply } from './replies.ts'
import { answers, SECRET_KEY } from './responses.ts'
import { ErrorReply, KeySetParams, KeySetReply } from './schemas.ts'
import type { MoonKeyTenant, TenantFinder } from './tenants.ts'

const ownKeys = createRoute({
  method: 'get',
  path: '/v1/auth/jwks/default',
  operationId: 'moonkeyGetJwks',
  summary: 'The keys of this App’s session JWTs',
  tags: ['Keys'],
  security: [...SECRET_KEY, { MoonKeySecretKeyInQuery: [] }],
  responses: answers(KeySetReply, 'The key set (RFC 7517).'),
})

const keysOfApp = createRoute({
  method: 'get',
  path: '/v1/auth/jwks/{app_id}',
  operationId: 'moonkeyGetJwksByApp',
  summary: 'The keys of an App’s session JWTs, for anybody',
  tags: ['Keys'],
  security: [],
  request: { params: KeySetParams },
  responses: {
    200: json(KeySetReply, 'The key set (RFC 7517).'),
    400: json(ErrorReply, 'The App’s id is too long.'),
    404: json(ErrorReply, 'There is no such App.'),
    413: json(ErrorReply, 'The body is larger than 64 KiB.'),
    429: json(ErrorReply, 'The caller has asked too often; `Retry-After` says when to ask again.'),
    500: json(ErrorReply, 'An internal error.'),
    503: json(ErrorReply, 'The store cannot answer; try again.'),
  },
})

/** What verifies session JWTs. `default` comes before the App's id, which it would otherwise be taken for. */
export function keyRoutes(core: Pick<Core, 'publicKeys'>, finder: TenantFinder): OpenAPIHono<MoonKeyEnv> {
  const app = createRoutes<MoonKeyEnv>()
  guard(app, [ownKeys], requireSecretKeyAnywhere(finder))

  const keySetOf = async ({ projectId }: MoonKeyTenant) => keySetReply(await core.publicKeys(projectId, DOOR))

  app.openapi(ownKeys, async (c) => c.json(await keySetOf(c.get('tenant')), 200))
  refuseOtherMethods(app, { '/v1/auth/jwks/default': 'GET, HEAD, OPTIONS' })

  app.openapi(keysOfApp, async (c) => {
    const tenant = finder.byAppId(c.req.valid('param').app_id)
    if (tenant === null) throw new FailureError({ kind: 'not_found' })
    return c.json(await keySetOf(tenant), 200)
  })
  refuseOtherMethods(app, { '/v1/auth/jwks/:app_id': 'GET, HEAD, OPTIONS' })
  return app
}
