import { formatAccountId } from '../accounts/account.ts'
import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { IdentityStore, SessionStore } from '../stores/stores.ts'
import type { Credential } from './identity.ts'

/**
 * Takes a credential from its user and ends the sessions it had a part in. What it opens next is a new user's. Returns how many ended.
 *
 * @throws {AuthError} `credential_unknown` with the reason `<kind>_unknown`
 */
export async function releaseCredential(
  {
    identities,
    sessions,
    clock,
    audit,
  }: { readonly identities: IdentityStore; readonly sessions: SessionStore; readonly clock: Clock } & Audited,
  credential: Credential,
): Promise<number> {
  const { kind, projectId, id: credentialId, userId } = credential
  const endSessions = async (): Promise<number> => {
    const now = clock.now()
    const opened = (await sessions.list(projectId, userId, now)).filter(({ factors }) =>
      factors.some((factor) => factor.credentialId === credentialId),
    )
    const ended = await Promise.all(
      opened.map(async ({ id: sessionId, door }) => {
        const isEnded = await sessions.revoke(projectId, sessionId, now)
        if (isEnded) audit?.record({ event: 'session.revoked', projectId, userId, door, sessionId })
        return isEnded
      }),
    )
    return ended.filter((isEnded) => isEnded).length
  }
  // Before: once it is nobody's, who would ask again after a crash in between? After: it may have opened more meanwhile.
  const endedBefore = await endSessions()
  if (!(await identities.release(credential))) throw new AuthError('credential_unknown', `${kind}_unknown`)
  const accountId = kind === 'wallet' ? formatAccountId(credential.account) : null
  audit?.record({ event: `${kind}.unlinked`, projectId, userId, credentialId, accountId })
  return endedBefore + (await endSessions())
}
