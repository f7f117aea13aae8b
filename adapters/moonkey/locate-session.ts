import type { Context } from 'hono'
import { AuthError, type Core, type SessionBearer } from '../../core/index.ts'
import { deviceOf } from '../shared/device.ts'
import type { MoonKeyEnv } from './authenticate.ts'
import { DOOR } from './purposes.ts'
import { readVendorClaims } from './vendor-claims.ts'

/**
 * The id of the session that is shown, where a session JWT may also be the vendor's that the App left: then of the session that took
 * its place. The vendor's own session token, which nobody but the vendor can read, may stand beside its JWT.
 *
 * @throws {AuthError} `session_unusable`, `session_mismatch`, `issuer_unavailable`, `store_unavailable`
 */
export async function locateOrAdoptSession(
  core: Pick<Core, 'locateSession' | 'adoptSession'>,
  c: Context<MoonKeyEnv>,
  bearer: SessionBearer,
): Promise<string | null> {
  const owner = { projectId: c.get('tenant').projectId, door: DOOR } as const
  try {
    // Ours first: the vendor that was left may have been another server of ours, of the same name.
    return await core.locateSession(owner, bearer)
  } catch (error) {
    if (!isUnknown(error) || bearer.jwt === null) throw error
    const request = { ...owner, token: bearer.jwt, device: deviceOf(c, null), read: readVendorClaims }
    const adopted = await core.adoptSession(request)
    if (adopted === null) throw error
    const byToken = await core.locateSession(owner, { token: bearer.token, jwt: null }).catch(ignoreUnknown)
    if (byToken !== null && byToken !== adopted.id) throw new AuthError('session_mismatch', 'two_sessions')
    return adopted.id
  }
}

function ignoreUnknown(error: unknown): null {
  if (isUnknown(error)) return null
  throw error
}

function isUnknown(error: unknown): boolean {
  return error instanceof AuthError && error.code === 'session_unusable'
}
