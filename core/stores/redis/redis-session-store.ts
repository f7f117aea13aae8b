import type { Session } from '../../sessions/session.ts'
import { MAX_SESSIONS_PER_USER, SESSION_RETENTION_MS, type SessionStore } from '../stores.ts'
import { decodeSession, decodeSessionUser, encodeFactor, encodeSessionFields, factorField } from './codec.ts'
import type { Keys } from './keys.ts'
import { fieldsOf, type RedisSteps } from './redis-steps.ts'
import {
  ADD_REFRESH_TOKEN,
  LIST_SESSION,
  OPEN_SESSION,
  RENEW_SESSION,
  REVOKE_BY_REFRESH_TOKEN,
  REVOKE_SESSION,
  ROTATE_REFRESH_TOKEN,
} from './scripts.ts'

/** How many sessions give way to one new one: more than one where an earlier time left too many, or a failure. */
const MAX_ENDED_AT_ONCE = 10

/** Sessions in Redis: one hash each, with its refresh tokens as fields, and one set of ids per user. */
export function createRedisSessionStore(steps: RedisSteps, keys: Keys): SessionStore {
  /**
   * Notes that this session of the user lives so long; for the list only. Called before a life is extended, never after. Returns the
   * ids of some that are too many.
   */
  const note = async (
    projectId: string,
    userId: string,
    sessionId: string,
    expiresAt: Date,
    now: Date,
  ): Promise<readonly string[]> => {
    const forgetBefore = now.getTime() - SESSION_RETENTION_MS
    const life = [expiresAt.getTime(), retention(expiresAt, now), forgetBefore]
    const args = [sessionId, ...life, MAX_SESSIONS_PER_USER, MAX_ENDED_AT_ONCE]
    const answer = await steps.run(LIST_SESSION, [keys.userSessions(projectId, userId)], args)
    return Array.isArray(answer) ? answer : []
  }

  /** What a script that deleted a session says, after the session is off its user's list. */
  const ended = async (projectId: string, sessionId: string, answer: unknown): Promise<boolean> => {
    const [record, wasLive] = Array.isArray(answer) ? answer : []
    if (typeof record !== 'string') return false
    const list = keys.userSessions(projectId, decodeSessionUser(record))
    // The session has ended, whether or not this succeeds: the list passes over what is gone.
    await steps.ask((client) => client.zrem(list, sessionId)).catch(() => {})
    return wasLive === '1'
  }

  return {
    async open(session, refreshToken) {
      const { projectId, id, userId, createdAt, expiresAt } = session
      const fields = encodeSessionFields(session, refreshToken)
      const [tooMany] = await Promise.all([
        note(projectId, userId, id, expiresAt, createdAt),
        steps.run(OPEN_SESSION, [keys.session(projectId, id)], [retention(expiresAt, createdAt), ...fields]),
      ])
      for (const other of tooMany) await this.revoke(projectId, other, createdAt)
    },
    async find(projectId, sessionId, now) {
      const fields = await steps.ask((client) => client.hgetall(keys.session(projectId, sessionId)))
      const session = decodeSession(projectId, sessionId, fields)
      return session !== null && session.expiresAt > now ? session : null
    },
    async renew(projectId, sessionId, { now, userId, expiresAt, factor }) {
      if (expiresAt !== null && userId !== null) await note(projectId, userId, sessionId, expiresAt, now)
      const life = expiresAt === null ? ['', ''] : [expiresAt.getTime(), retention(expiresAt, now)]
      const proof = factor === null ? ['', ''] : [factorField(factor), encodeFactor(factor)]
      const args = [now.getTime(), ...life, ...proof]
      const fields = await steps.runForFields(RENEW_SESSION, [keys.session(projectId, sessionId)], args)
      return decodeSession(projectId, sessionId, fields)
    },
    async rotateRefreshToken({ projectId, sessionId, userId, presentedHash, next, policy, now }) {
      await note(projectId, userId, sessionId, next.expiresAt, now)
      const answer = await steps.run(
        ROTATE_REFRESH_TOKEN,
        [keys.session(projectId, sessionId)],
        [
          now.getTime(),
          presentedHash,
          next.hash,
          next.expiresAt.getTime(),
          retention(next.expiresAt, now),
          policy.graceSeconds * 1000,
          policy.maxLiveTokens,
        ],
      )
      const [outcome, ...fields] = Array.isArray(answer) ? answer : []
      if (outcome !== 'rotated') return { outcome: outcome === 'reused' ? 'reused' : 'unusable' }
      const session = decodeSession(projectId, sessionId, fieldsOf(fields))
      return session === null ? { outcome: 'unusable' } : { outcome, session }
    },
    async addRefreshToken({ projectId, sessionId, userId, token, maxLiveTokens, now }) {
      await note(projectId, userId, sessionId, token.expiresAt, now)
      const fields = await steps.runForFields(
        ADD_REFRESH_TOKEN,
        [keys.session(projectId, sessionId)],
        [now.getTime(), token.hash, token.expiresAt.getTime(), retention(token.expiresAt, now), maxLiveTokens],
      )
      return decodeSession(projectId, sessionId, fields)
    },
    async revokeByRefreshToken(projectId, sessionId, refreshTokenHash) {
      const session = [keys.session(projectId, sessionId)]
      return ended(projectId, sessionId, await steps.run(REVOKE_BY_REFRESH_TOKEN, session, [refreshTokenHash]))
    },
    async revoke(projectId, sessionId, now) {
      const session = [keys.session(projectId, sessionId)]
      return ended(projectId, sessionId, await steps.run(REVOKE_SESSION, session, [now.getTime()]))
    },
    async list(projectId, userId, now) {
      const set = keys.userSessions(projectId, userId)
      const ids = await steps.ask((client) => client.zrange(set, '0', '-1'))
      const sessions = await Promise.all(ids.map((id) => this.find(projectId, id, now)))
      const live = sessions.filter((session): session is Session => session !== null)
      return live.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
    },
  }
}

/** How long Redis keeps the record, milliseconds from now. */
function retention(expiresAt: Date, now: Date): number {
  return Math.max(1, expiresAt.getTime() - now.getTime() + SESSION_RETENTION_MS)
}
