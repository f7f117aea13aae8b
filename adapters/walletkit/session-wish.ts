import type { Core, RotationPolicy, SessionWish } from '../../core/index.ts'
import { DOOR } from './purposes.ts'
import type { WalletKitTenant } from './tenants.ts'

/**
 * The vendor's clients refresh in parallel, and keep whichever answer came last (WalletKit digest §2.7): for a minute each repeat
 * gets a token of its own.
 */
export const ROTATION: RotationPolicy = { graceSeconds: 60, maxLiveTokens: 8 }

/** The session that every sign-in asks for. */
export async function wishOf(
  core: Pick<Core, 'publicKeys'>,
  tenant: WalletKitTenant,
): Promise<Extract<SessionWish, { kind: 'refreshable' }>> {
  await prepareKeys(core, tenant)
  return { kind: 'refreshable', ttlSeconds: tenant.refreshTtlSeconds, device: null }
}

/** The keys are at hand before anything is spent, so that what succeeds can also be answered. @throws {AuthError} `store_unavailable` */
export async function prepareKeys(core: Pick<Core, 'publicKeys'>, { projectId }: WalletKitTenant): Promise<void> {
  await core.publicKeys(projectId, DOOR)
}
