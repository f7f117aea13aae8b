import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { rejectInvalid } from '../shared/reject-invalid.ts'
import type { MoonKeyEnv } from './authenticate.ts'

interface GuardedRoute {
  readonly method: string
  getRoutingPath(): string
}

/** An empty set of routes. What a schema refuses is `malformed`. */
export function createRoutes(): OpenAPIHono<MoonKeyEnv> {
  return new OpenAPIHono<MoonKeyEnv>({ defaultHook: rejectInvalid })
}

/**
 * Lets only requests with a key reach these routes, before their input is looked at. Call it first. Unknown paths and other
 * methods stay what they are: a key has no part in them.
 */
export function guard(
  app: OpenAPIHono<MoonKeyEnv>,
  routes: readonly GuardedRoute[],
  requireKey: MiddlewareHandler<MoonKeyEnv>,
): void {
  for (const route of routes) app.on(route.method.toUpperCase(), route.getRoutingPath(), requireKey)
}
