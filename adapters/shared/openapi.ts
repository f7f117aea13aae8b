import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Dialect, HttpEnv } from './http.ts'

/** The dialect's OpenAPI 3.1 document, as its routes say. */
export function describeDialect<E extends HttpEnv>(
  routes: OpenAPIHono<E>,
  { title, description }: Pick<Dialect, 'title' | 'description'>,
): ReturnType<typeof routes.getOpenAPI31Document> {
  return routes.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title, version: '1', description, license: { name: 'MIT', url: 'https://opensource.org/license/mit' } },
    servers: [{ url: '/' }],
    security: [],
  })
}
