import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import type { Operation } from './meters.ts'

/** What Hono calls the method of a route that takes every method. */
const ANY_METHOD = 'ALL'

type Route = ReturnType<typeof matchedRoutes>[number]

/**
 * Names the operation of a request from the route it matched, never from its path: so many names as there are routes. A method
 * that a path does not take, and a preflight, have the route's pattern for a name; a path without a route is `unmatched`.
 * Call it when all routes are in place.
 */
export function createOperationNamer(
  app: OpenAPIHono<HttpEnv>,
  dialectOf: (path: string) => string,
): (c: Context<HttpEnv>) => Operation {
  const operationIds = readOperationIds(app)
  const byRoute = new Map<Route, Operation>()
  const byName = new Map<string, Operation>()

  /** The same object for the same name: an operation has several routes, its checks and its handler. */
  const intern = (dialect: string, operation: string, route: string | null): Operation =>
    remember(byName, `${dialect} ${operation}`, () => ({ dialect, operation, route }))
  const nameOf = ({ method, path }: Route): Operation => {
    const operation = method === ANY_METHOD ? path : (operationIds.get(`${method} ${path}`) ?? `${method} ${path}`)
    return intern(dialectOf(path), operation, path)
  }
  return (c) => {
    const route = findRoute(matchedRoutes(c), c.req.routeIndex)
    return route === undefined ? intern(dialectOf(c.req.path), 'unmatched', null) : remember(byRoute, route, nameOf)
  }
}

/**
 * Whoever answered stands at `answered`. A check that refused stands before the route it guards, and a limit or a preflight on a
 * pattern for many: then it is the next route that takes this method, or the last that takes any.
 */
function findRoute(routes: readonly Route[], answered: number): Route | undefined {
  let any: Route | undefined
  for (let index = 0; index < routes.length; index += 1) {
    const route = routes[index]
    // Middleware stands on patterns that end in an asterisk.
    if (route === undefined || route.path.endsWith('*')) continue
    if (route.method !== ANY_METHOD && index >= answered) return route
    any = route
  }
  return any
}

function remember<K>(known: Map<K, Operation>, key: K, make: (key: K) => Operation): Operation {
  let operation = known.get(key)
  if (operation === undefined) {
    operation = make(key)
    known.set(key, operation)
  }
  return operation
}

function readOperationIds(app: OpenAPIHono<HttpEnv>): ReadonlyMap<string, string> {
  const ids = new Map<string, string>()
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue
    const { method, path, operationId } = definition.route
    if (operationId !== undefined) {
      ids.set(`${method.toUpperCase()} ${path.replaceAll(/\{(.+?)\}/g, ':$1')}`, operationId)
    }
  }
  return ids
}
