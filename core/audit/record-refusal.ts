import { AuthError } from '../errors.ts'
import type { AuditEvent, AuditTrail } from './audit-trail.ts'

type Attempt = Omit<Extract<AuditEvent, { event: 'sign_in.refused' }>, 'event' | 'code' | 'reason'>

/** What the act comes to; a refusal is recorded on its way. An outage is none: nobody was refused. */
export async function recordRefusal<T>(
  audit: AuditTrail,
  { projectId, door, factor }: Attempt,
  act: Promise<T>,
): Promise<T> {
  try {
    return await act
  } catch (error) {
    if (error instanceof AuthError && !isOutage(error)) {
      const { code, reason } = error
      audit.record({ event: 'sign_in.refused', projectId, door, factor, code, reason })
    }
    throw error
  }
}

function isOutage({ code }: AuthError): boolean {
  return (
    code === 'store_unavailable' ||
    code === 'chain_unavailable' ||
    code === 'issuer_unavailable' ||
    code === 'mail_unavailable'
  )
}
