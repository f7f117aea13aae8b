import type { OpenAPIHono } from '@hono/zod-openapi'
import { FailureError } from './failure.ts'
import type { HttpEnv } from './http.ts'

/** Makes every other method on these paths a `method_not_allowed`. Call it after the routes: the first match answers. */
export function refuseOtherMethods<E extends HttpEnv>(
  app: OpenAPIHono<E>,
  allowed: Readonly<Record<string, string>>,
): void {
  for (const [path, allow] of Object.entries(allowed)) {
    app.all(path, () => {
      throw new FailureError({ kind: 'method_not_allowed', allow })
    })
  }
}
