import type { OpenAPIHono } from '@hono/zod-openapi'
import { FailureError } from '../shared/failure.ts'
import { createRoutes } from '../shared/guard.ts'
import type { WalletKitEnv } from './authenticate.ts'

/** Link's own, with the vendor's client ids compiled in: they cannot work from another host (WalletKit digest §1.3). */
const CALLBACKS = ['/users/oauth/google-callback', '/users/oauth/apple-callback']

/** Says that signing in with Google or Apple is not offered, where Link would come back from them. */
export function providerRoutes(): OpenAPIHono<WalletKitEnv> {
  const app = createRoutes<WalletKitEnv>()
  for (const path of CALLBACKS) {
    app.all(path, () => {
      throw new FailureError({ kind: 'not_found', detail: 'Signing in with Google or Apple is not offered here.' })
    })
  }
  return app
}
