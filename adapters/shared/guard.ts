import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { HttpEnv } from './http.ts'
import { rejectInvalid } from './reject-invalid.ts'

interface GuardedRoute {
  readonly method: string
  getRoutingPath(): string
}

/** An empty set of routes. What a schema refuses is `malformed`. */
export function createRoutes<E extends HttpEnv>(): OpenAPIHono<E> {
  return new OpenAPIHono<E>({ defaultHook: rejectInvalid })
}

/**
 * Lets only requests that pass these checks reach these routes, before their input is looked at. Call it first. Unknown paths
 * and other methods stay what they are: a credential has no part in them.
 */
export function guard<E extends HttpEnv>(
  app: OpenAPIHono<E>,
  routes: readonly GuardedRoute[],
  ...checks: readonly MiddlewareHandler<E>[]
): void {
  for (const route of routes) {
    for (const check of checks) app.on(route.method.toUpperCase(), route.getRoutingPath(), check)
  }
}
