import type { Context } from 'hono'
import type { HttpEnv } from './http.ts'

/** RFC 9110 §11.4: a scheme in any letter case, then the credential. Empty where it is missing: that is nobody's. */
export function credentialOf<E extends HttpEnv>(c: Context<E>, scheme: string): string {
  const header = c.req.header('authorization') ?? ''
  const space = header.indexOf(' ')
  return header.slice(0, Math.max(space, 0)).toLowerCase() === scheme ? header.slice(space).trim() : ''
}
