import type { Context } from 'hono'
import type { Core, SessionBearer, SessionWish } from '../../core/index.ts'
import { type DeviceFingerprint, deviceOf } from '../shared/device.ts'
import type { MoonKeyEnv } from './authenticate.ts'
import { DOOR } from './purposes.ts'

interface WishBody {
  readonly session_expires_in?: number | null | undefined
  readonly session_token?: string | null | undefined
  readonly session_jwt?: string | null | undefined
  readonly device_fingerprint?: DeviceFingerprint | null | undefined
}

/** What a request shows of a session; empty strings are what clients send for the one they leave out. */
export function bearerOf(body: {
  readonly session_token?: string | null | undefined
  readonly session_jwt?: string | null | undefined
}): SessionBearer {
  return { token: body.session_token || null, jwt: body.session_jwt || null }
}

/** A session shown is added to, one asked for begins; without either there is none (MoonKey digest §4). */
export async function wishOf(
  core: Pick<Core, 'locateSession' | 'publicKeys'>,
  c: Context<MoonKeyEnv>,
  body: WishBody,
): Promise<SessionWish> {
  const { projectId } = c.get('tenant')
  const ttlSeconds = typeof body.session_expires_in === 'number' ? body.session_expires_in * 60 : null
  const sessionId = await core.locateSession({ projectId, door: DOOR }, bearerOf(body))
  const wish: SessionWish =
    sessionId !== null
      ? { kind: 'existing', sessionId, ttlSeconds }
      : ttlSeconds !== null
        ? { kind: 'plain', ttlSeconds, device: deviceOf(c, body.device_fingerprint) }
        : { kind: 'none' }
  // The keys are at hand before anything is spent, so that a sign-in that succeeds can also be answered.
  if (wish.kind !== 'none') await core.publicKeys(projectId, DOOR)
  return wish
}
