import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Core } from '../../core/index.ts'
import { FailureError } from '../shared/failure.ts'
import { createRoutes, guard } from '../shared/guard.ts'
import { requireProject, requireSession, type WalletKitEnv } from './authenticate.ts'
import { networkOf } from './networks.ts'
import { ACCESS_TOKEN, answersToToken } from './responses.ts'
import { ListWalletsQuery, WalletListReply } from './schemas.ts'
import type { TenantFinder } from './tenants.ts'

const list = createRoute({
  method: 'get',
  path: '/wallets',
  operationId: 'walletkitListWallets',
  summary: 'The wallets that the user has signed in with',
  tags: ['Wallets'],
  security: ACCESS_TOKEN,
  request: { query: ListWalletsQuery },
  responses: answersToToken(WalletListReply, 'The wallets, oldest first; none is an empty list.'),
})

/** The one call outside `/users` that Link makes before it finishes a login (WalletKit digest §2.4). */
export function walletRoutes(
  core: Pick<Core, 'authenticate' | 'users' | 'formatAddress'>,
  finder: TenantFinder,
): OpenAPIHono<WalletKitEnv> {
  const app = createRoutes<WalletKitEnv>()
  guard(app, [list], requireProject(finder), requireSession(core))

  app.openapi(list, async (c) => {
    const { projectId, userId } = c.get('session')
    const { network: asked } = c.req.valid('query')
    const credentials = await core.users.listCredentials(projectId, userId)
    const wallets = credentials.flatMap((credential) => {
      if (credential.kind !== 'wallet' || credential.verifiedAt === null) return []
      const { id, account, createdAt } = credential
      const network = networkOf(account, asked)
      if (network === null) return []
      const address = core.formatAddress(account)
      return [{ id, created_at: createdAt.toISOString(), network, owner_id: userId, address }]
    })
    return c.json(wallets, 200)
  })

  const refuse = (): never => {
    throw new FailureError({ kind: 'not_found', detail: 'Wallets are not made or used here, only listed.' })
  }
  app.all('/wallets', refuse)
  app.all('/wallets/*', refuse)
  return app
}
