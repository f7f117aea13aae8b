import type { Context } from 'hono'
import type { Device } from '../../core/index.ts'
import type { MoonKeyEnv } from './authenticate.ts'

/** Browsers' are under 300; what is longer is cut, since every session JWT carries it twice. */
const MAX_USER_AGENT_LENGTH = 256

export interface DeviceFingerprint {
  readonly user_agent?: string | null | undefined
  readonly ip?: string | null | undefined
}

/** What the request says about the device: what the App passes on, else what calls. Empty where nothing is known. */
export function deviceOf(c: Context<MoonKeyEnv>, given: DeviceFingerprint | null | undefined): Device {
  const userAgent = given?.user_agent ?? c.req.header('user-agent') ?? ''
  const ip = given?.ip ?? c.env?.incoming?.socket.remoteAddress ?? ''
  return { userAgent: userAgent.slice(0, MAX_USER_AGENT_LENGTH), ip }
}
