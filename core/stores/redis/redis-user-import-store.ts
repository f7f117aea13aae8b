import { AuthError } from '../../errors.ts'
import { keyOf } from '../../identities/credential-key.ts'
import type { Credential, User } from '../../identities/identity.ts'
import { type IdentityStore, SESSION_RETENTION_MS } from '../stores.ts'
import type { UserImportStore } from '../user-import-store.ts'
import { decodeCredential, encodeClaim, encodeSessionFields, encodeUser } from './codec.ts'
import { BEGIN_IMPORT, FINISH_IMPORT, OPEN_IMPORTED_SESSION } from './import-scripts.ts'
import { isPlain, type Keys } from './keys.ts'
import { fieldsOf, type RedisSteps } from './redis-steps.ts'
import { CLAIM_CREDENTIAL, LIST_SESSION } from './scripts.ts'

/**
 * Imports into Redis: the user first, marked as begun, with the keys of all its credentials; then these, all at once; then the mark goes.
 * Whatever a crash leaves carries the mark and is completed by the next run.
 */
export function createRedisUserImportStore(
  steps: RedisSteps,
  keys: Keys,
  identities: Pick<IdentityStore, 'deleteUser' | 'release'>,
): UserImportStore {
  /** The credential on record, which may be somebody else's. */
  const claim = async (credential: Credential): Promise<Credential> => {
    const { projectId, id, userId } = credential
    const key = keyOf(credential)
    const pointer = keys.credentialId(projectId, id)
    const [, answer] = await Promise.all([
      steps.ask((client) => client.set(pointer, key)),
      steps.run(
        CLAIM_CREDENTIAL,
        [keys.credential(projectId, key), keys.reservation(projectId, key)],
        encodeClaim(credential),
      ),
    ])
    const earlier = decodeCredential(projectId, fieldsOf(Array.isArray(answer) ? answer : []))
    if (earlier === null) return credential
    if (earlier.id !== id) await steps.ask((client) => client.del(pointer))
    // Of an interrupted import: its pointer may be missing.
    if (earlier.userId === userId) {
      await steps.ask((client) => client.set(keys.credentialId(projectId, earlier.id), key))
    }
    return earlier
  }

  const begin = (user: User, credentials: readonly Credential[]): Promise<boolean> => {
    const { projectId, id, status } = user
    const slot = [keys.user(projectId, id), keys.userCredentials(projectId, id)]
    const isActive = status === 'active' ? '1' : ''
    const hidden = isPlain(id) ? '' : id
    return steps.runForFlag(BEGIN_IMPORT, slot, [encodeUser(user), isActive, hidden, ...credentials.map(keyOf)])
  }

  return {
    async findPresence(projectId, userId) {
      const user = keys.user(projectId, userId)
      const [record, mark] = await steps.ask((client) => client.hmget(user, 'j', 'i'))
      if (record === null || record === undefined) return 'absent'
      return mark === null || mark === undefined ? 'there' : 'begun'
    },
    async importUser(user, credentials) {
      const { projectId, id, status } = user
      if (!(await begin(user, credentials))) return { outcome: 'there' }
      const [claimed] = await Promise.all([
        Promise.all(credentials.map(claim)),
        status === 'active' || credentials.length > 0
          ? steps.ask((client) => client.zadd(keys.users(projectId), 0, id))
          : null,
      ])
      const taken = claimed.find(({ userId }) => userId !== id)
      if (taken !== undefined) {
        await identities.deleteUser(projectId, id)
        return { outcome: 'taken', credential: taken }
      }
      if (await steps.runForFlag(FINISH_IMPORT, [keys.user(projectId, id)], [])) return { outcome: 'imported' }
      // Somebody deleted the user meanwhile; what was claimed after that has no user.
      await Promise.all(claimed.map((credential) => identities.release(credential)))
      throw new AuthError('store_unavailable', 'user_contended')
    },
    async openSession(session, refreshToken, shownUntil, now) {
      const { projectId, id, userId, expiresAt } = session
      const ttl = lifeOf(expiresAt, now)
      const markTtl = Math.max(ttl, lifeOf(shownUntil, now))
      // The list first: whoever deletes the user must see the session, and the list passes over what is not there.
      const noted = [id, expiresAt.getTime(), ttl, now.getTime() - SESSION_RETENTION_MS]
      await steps.run(LIST_SESSION, [keys.userSessions(projectId, userId)], noted)
      const slot = [keys.session(projectId, id), keys.sessionImport(projectId, id)]
      return steps.runForFlag(OPEN_IMPORTED_SESSION, slot, [
        ttl,
        markTtl,
        ...encodeSessionFields(session, refreshToken),
      ])
    },
    hasOpenedSession: async (projectId, sessionId) =>
      (await steps.ask((client) => client.exists(keys.sessionImport(projectId, sessionId)))) === 1,
  }
}

/** How long what ends then is kept, milliseconds. */
function lifeOf(endsAt: Date, now: Date): number {
  return Math.max(1, endsAt.getTime() - now.getTime() + SESSION_RETENTION_MS)
}
