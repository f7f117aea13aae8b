import type { MiddlewareHandler } from 'hono'
import { AuthError, type Core, type Session } from '../../core/index.ts'
import { withdrawPermission } from '../shared/cors.ts'
import { credentialOf } from '../shared/credential.ts'
import type { HttpEnv } from '../shared/http.ts'
import { allowsOrigin } from '../shared/origins.ts'
import { DOOR } from './purposes.ts'
import type { TenantFinder, WalletKitTenant } from './tenants.ts'

export interface WalletKitEnv extends HttpEnv {
  Variables: HttpEnv['Variables'] & {
    /** The project that the request names. */
    tenant: WalletKitTenant
    /** The session whose token the request carries, where the route asks for one. */
    session: Session
  }
}

/**
 * `X-WalletKit-Project-ID`, and a page only from where the project allows.
 *
 * @throws {AuthError} `project_unknown`, with the reason `project_missing` where the header is; `origin_not_allowed`
 */
export function requireProject(finder: TenantFinder): MiddlewareHandler<WalletKitEnv> {
  return (c, next) => {
    const walletKitId = c.req.header('x-walletkit-project-id')
    if (!walletKitId) throw new AuthError('project_unknown', 'project_missing')
    const tenant = finder.byWalletKitId(walletKitId)
    if (tenant === null) throw new AuthError('project_unknown')
    const origin = c.req.header('origin')
    // A preflight does not say the project, so it was answered for the pages of all. Apps and servers send no `Origin`.
    if (origin !== undefined && !allowsOrigin(tenant.origins, origin)) {
      withdrawPermission(c)
      throw new AuthError('origin_not_allowed')
    }
    c.set('tenant', tenant)
    return next()
  }
}

/**
 * `Authorization: Bearer …` with an access token of this project. Only for routes that need one: the vendor's clients send stale
 * and foreign ones everywhere (WalletKit digest §3.1). Call it after `requireProject`.
 *
 * @throws {AuthError} `session_unusable`, `store_unavailable`
 */
export function requireSession(core: Pick<Core, 'authenticate'>): MiddlewareHandler<WalletKitEnv> {
  return async (c, next) => {
    // Who minted the token: we know no other issuer's (WalletKit digest §5.20).
    const source = c.req.header('x-walletkit-token-source') || 'walletkit'
    if (source.toLowerCase() !== 'walletkit') throw new AuthError('session_unusable', 'token_source_unknown')
    const { projectId } = c.get('tenant')
    c.set('session', await core.authenticate({ projectId, door: DOOR, token: credentialOf(c, 'bearer') }))
    await next()
  }
}

/**
 * Refuses a session whose opener was taken away or suspended since. For what outlives the access token: a thief who was shut out would
 * let themselves in again. Call it after `requireSession`.
 *
 * @throws {AuthError} `session_unusable`, `wallet_inactive`, `store_unavailable`
 */
export function requireOpener(core: Pick<Core, 'requireOpener'>): MiddlewareHandler<WalletKitEnv> {
  return async (c, next) => {
    await core.requireOpener(c.get('session'))
    await next()
  }
}
