import { OpenAPIHono } from '@hono/zod-openapi'
import type { HttpEnv } from '../../adapters/shared/http.ts'
import { refuseOtherMethods } from '../../adapters/shared/method-not-allowed.ts'
import { isNearby } from '../http/require-nearby.ts'
import type { PlaygroundSettings } from './playground/playground-settings.ts'

/** `GET /`, where no vendor has anything: on to the playground for whoever may see it, to the documentation for everybody else. */
export function frontRoute(playground: PlaygroundSettings | null): OpenAPIHono<HttpEnv> {
  const app = new OpenAPIHono<HttpEnv>()
  app.get('/', (c) => c.redirect(playground !== null && isNearby(c) ? '/playground' : '/docs'))
  refuseOtherMethods(app, { '/': 'GET, HEAD' })
  return app
}
