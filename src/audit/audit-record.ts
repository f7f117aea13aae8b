import type { AuditEvent, SignatureProof } from '../../core/audit/audit-trail.ts'
import { newKsuid } from '../../core/ids.ts'
import type { RandomSource } from '../../core/ports.ts'

/** A fact as it is written: one JSON object on one line. What a fact does not have is left out. */
export interface AuditRecord {
  /** The version of this shape. First, so that such a line is told from a log line. */
  readonly audit: 1
  /** `fact_` and a KSUID: a fact that was written twice is known by it. */
  readonly id: string
  readonly time: string
  readonly event: AuditEvent['event']
  readonly project: string
  readonly door?: string
  readonly user?: string
  readonly session?: string
  readonly credential?: string
  readonly account?: string
  readonly factor?: string
  readonly status?: string
  readonly role?: string
  readonly scopes?: readonly string[]
  readonly key?: string
  readonly kind?: string
  readonly code?: string
  readonly reason?: string
  readonly rows?: number
  readonly imported?: number
  readonly completed?: number
  readonly unchanged?: number
  readonly malformed?: number
  readonly conflicts?: number
  readonly openedSessions?: number
  readonly stopped?: string
  /** So many such refusals that are not written one by one. */
  readonly count?: number
  /** As in the log and on the answer. */
  readonly request?: string
  readonly proof?: SignatureProof
}

/** The core's names, and how they are written. */
const NAMES = {
  door: 'door',
  userId: 'user',
  sessionId: 'session',
  credentialId: 'credential',
  accountId: 'account',
  factor: 'factor',
  status: 'status',
  role: 'role',
  scopes: 'scopes',
  keyId: 'key',
  kind: 'kind',
  code: 'code',
  reason: 'reason',
  rows: 'rows',
  imported: 'imported',
  completed: 'completed',
  unchanged: 'unchanged',
  malformed: 'malformed',
  conflicts: 'conflicts',
  openedSessions: 'openedSessions',
  stopped: 'stopped',
} as const

/** The record of an event. Only fields that are named here are written, whatever else an event may come to hold. */
export function recordOf(
  event: AuditEvent,
  { requestId, count }: { readonly requestId: string | undefined; readonly count: number | undefined },
  now: Date,
  random: RandomSource,
): AuditRecord {
  const fields: Record<string, unknown> = {}
  for (const [name, written] of Object.entries(NAMES)) {
    const value: unknown = Reflect.get(event, name)
    if (value !== undefined && value !== null) fields[written] = value
  }
  const proof = 'proof' in event ? event.proof : null
  return {
    audit: 1,
    id: `fact_${newKsuid(now, random)}`,
    time: now.toISOString(),
    event: event.event,
    project: event.projectId,
    ...fields,
    ...(count !== undefined && { count }),
    ...(requestId !== undefined && { request: requestId }),
    ...(proof !== null && { proof: { message: proof.message, signature: proof.signature } }),
  }
}
