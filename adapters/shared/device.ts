import type { Context } from 'hono'
import type { Device } from '../../core/index.ts'
import type { HttpEnv } from './http.ts'

/** Browsers' are under 300; what is longer is cut, since it is kept and sent about. */
const MAX_USER_AGENT_LENGTH = 256

export interface DeviceFingerprint {
  readonly user_agent?: string | null | undefined
  readonly ip?: string | null | undefined
}

/** What the request says about the device: what its body passes on, else what calls. Empty where nothing is known. */
export function deviceOf<E extends HttpEnv>(c: Context<E>, given: DeviceFingerprint | null | undefined): Device {
  const userAgent = given?.user_agent ?? c.req.header('user-agent') ?? ''
  const ip = given?.ip ?? c.get('callerAddress') ?? ''
  return { userAgent: userAgent.slice(0, MAX_USER_AGENT_LENGTH), ip }
}
