import type { Context, MiddlewareHandler } from 'hono'
import { AuthError, type Soon } from '../../core/index.ts'
import { withdrawPermission } from '../shared/cors.ts'
import { credentialOf } from '../shared/credential.ts'
import type { HttpEnv } from '../shared/http.ts'
import { allowsOrigin } from '../shared/origins.ts'
import type { MoonKeyTenant, TenantFinder } from './tenants.ts'

export interface MoonKeyEnv extends HttpEnv {
  Variables: HttpEnv['Variables'] & {
    /** The App whose key the request carries. */
    tenant: MoonKeyTenant
  }
}

/** `Authorization: Bearer sk_…`. @throws {AuthError} `project_unknown`, `store_unavailable` */
export function requireSecretKey(finder: TenantFinder): MiddlewareHandler<MoonKeyEnv> {
  return requireTenant((c) => finder.bySecretKey(credentialOf(c, 'bearer')))
}

/** `Authorization: PublicToken pk_…`, as pages send it. @throws {AuthError} `project_unknown`, `store_unavailable` */
export function requirePublicKey(finder: TenantFinder): MiddlewareHandler<MoonKeyEnv> {
  return requireTenant((c) => finder.byPublicKey(credentialOf(c, 'publictoken')))
}

/** The secret key in the header or, where there is none, in the query: a key set's reader can send no header (MoonKey digest §6). */
export function requireSecretKeyAnywhere(finder: TenantFinder): MiddlewareHandler<MoonKeyEnv> {
  return requireTenant((c) => {
    const isInHeader = c.req.header('authorization') !== undefined
    return finder.bySecretKey(isInHeader ? credentialOf(c, 'bearer') : (c.req.query('api_key') ?? ''))
  })
}

function requireTenant(find: (c: Context<MoonKeyEnv>) => Soon<MoonKeyTenant | null>): MiddlewareHandler<MoonKeyEnv> {
  return async (c, next) => {
    admit(c, await find(c))
    return next()
  }
}

function admit(c: Context<MoonKeyEnv>, tenant: MoonKeyTenant | null): void {
  if (tenant === null) throw new AuthError('project_unknown', 'api_key_unknown')
  c.set('tenant', tenant)
  const origin = c.req.header('origin')
  // Before the key was known, every App's origins could read; this App's page is another.
  if (origin !== undefined && !allowsOrigin(tenant.origins, origin)) withdrawPermission(c)
}
