import type { Credential, User } from '../identities/identity.ts'
import type { RefreshTokenRecord, Session } from '../sessions/session.ts'

/** Nobody has this id; or its import was interrupted; or somebody has it, imported or not. */
export type UserPresence = 'absent' | 'begun' | 'there'

/**
 * - `imported`: the user is there with all these credentials.
 * - `there`: somebody has this id; nothing was changed.
 * - `taken`: this credential is somebody else's; nothing of the user remains.
 */
export type UserImport =
  | { readonly outcome: 'imported' | 'there' }
  | { readonly outcome: 'taken'; readonly credential: Credential }

/** Users and sessions of another system, brought in once. */
export interface UserImportStore {
  findPresence(projectId: string, userId: string): Promise<UserPresence>
  /**
   * Writes a user, its status included, with all these credentials, or none of it. An import that was interrupted (its process or the store
   * was stopped) is continued by the same call. Of any number of concurrent imports of one user each may say `imported`.
   */
  importUser(user: User, credentials: readonly Credential[]): Promise<UserImport>
  /**
   * Opens a session that did not begin here. False when it was opened so before, whatever has become of it: it is never opened again.
   *
   * @param shownUntil how long somebody may ask again. That it was opened is remembered so long at least, and for the session's own life.
   */
  openSession(session: Session, refreshToken: RefreshTokenRecord | null, shownUntil: Date, now: Date): Promise<boolean>
  /** Whether a session was opened so before, as long as that is remembered. */
  hasOpenedSession(projectId: string, sessionId: string, now: Date): Promise<boolean>
}
