import type { CredentialKey } from '../../identities/credential-key.ts'
import type { User } from '../../identities/identity.ts'
import type { IdentityStore } from '../stores.ts'
import { asCredentialKey, decodeUser, encodeUser } from './codec.ts'
import { PENDING_USER } from './import-scripts.ts'
import type { Keys } from './keys.ts'
import type { RedisSteps } from './redis-steps.ts'
import {
  ACTIVATE_USER,
  DELETE_USER,
  END_RESERVATION,
  FORGET_PENDING_USER,
  KEEP_PENDING_USER,
  LIST_CREDENTIAL,
  PREPARE_OWNER,
  RESERVE,
  UPDATE_USER,
  WITHDRAW_OWNER,
  WRITE_PENDING_USER,
  WRITE_USER,
} from './scripts.ts'

/** What `prepareOwner` did, for undoing it. */
export interface PreparedOwner {
  readonly isNew: boolean
  /** How long the user had to live, milliseconds as text; empty: for good, or not at all. */
  readonly life: string
  readonly wasActivated: boolean
  /** Whether the user was not in the list before. */
  readonly wasEntered: boolean
}

type UserMethods =
  | 'findUser'
  | 'createUser'
  | 'updateUser'
  | 'reserve'
  | 'findReservation'
  | 'endReservation'
  | 'listUserIds'
  | 'listPendingUserIds'
  | 'countUsers'

/** A pending user outlives the reservation that names it. */
const PENDING_USER_LIVES = 2
/** Keys that Redis looks at in one step. */
const SCAN_COUNT = 500

/** Users in Redis: what concerns them alone, and the steps in their slot that their credentials need. */
interface RedisUsers extends Pick<IdentityStore, UserMethods> {
  listCredentialKeys(projectId: string, userId: string): Promise<readonly CredentialKey[]>
  /** The user's status; null when there is no such user. */
  listCredential(projectId: string, userId: string, key: CredentialKey): Promise<string | null>
  unlistCredential(projectId: string, userId: string, key: CredentialKey): Promise<unknown>
  /** Writes the user unless it exists, keeps it for good, lists it and the credential, and makes the user active if told. */
  prepareOwner(owner: User, key: CredentialKey, isActive: boolean): Promise<PreparedOwner>
  /** The same for a user that must be there; null when it is gone, or has another credential whose key begins so. '': any may be. */
  prepareKnown(owner: User, key: CredentialKey, isActive: boolean, noOther: string): Promise<PreparedOwner | null>
  /** Undoes `prepareOwner` when the credential was somebody else's. */
  withdrawOwner(owner: User, key: CredentialKey, prepared: PreparedOwner): Promise<void>
  activate(projectId: string, userId: string): Promise<void>
  /** Deletes a user who has no credentials but these. Whether there was one; null when there are others. */
  deleteWithout(projectId: string, userId: string, own: readonly CredentialKey[]): Promise<boolean | null>
}

export function createRedisUsers(steps: RedisSteps, keys: Keys): RedisUsers {
  const slot = (projectId: string, userId: string) => [
    keys.user(projectId, userId),
    keys.userCredentials(projectId, userId),
  ]
  /** Whether this has put the user into the list. */
  const enter = async (projectId: string, userId: string): Promise<boolean> =>
    Number(await steps.ask((client) => client.zadd(keys.users(projectId), 0, userId))) === 1
  const leave = (projectId: string, userId: string): Promise<unknown> =>
    steps.ask((client) => client.zrem(keys.users(projectId), userId))
  const findUser = async (projectId: string, userId: string): Promise<User | null> =>
    decodeUser(projectId, userId, await steps.ask((client) => client.hgetall(keys.user(projectId, userId))))

  return {
    findUser,
    async createUser(user) {
      const { projectId, id, status } = user
      const isActive = status === 'active'
      await Promise.all([
        steps.run(WRITE_USER, [keys.user(projectId, id)], [encodeUser(user), isActive ? '1' : '']),
        isActive ? enter(projectId, id) : null,
      ])
    },
    updateUser: (expected, changed) =>
      steps.runForFlag(
        UPDATE_USER,
        [keys.user(expected.projectId, expected.id)],
        [encodeUser(expected), encodeUser(changed)],
      ),
    async reserve(key, pending, ttlSeconds) {
      const { projectId, id, createdAt: now } = pending
      const ttl = ttlSeconds * 1000
      const life = PENDING_USER_LIVES * ttl
      const isNew = await steps.runForFlag(WRITE_PENDING_USER, [keys.user(projectId, id)], [encodeUser(pending), life])
      const endsAt = now.getTime() + ttl
      const reservation = keys.reservation(projectId, key)
      for (;;) {
        const userId = String(await steps.run(RESERVE, [reservation], [id, ttl, now.getTime(), endsAt]))
        if (userId === id) return id
        if (await steps.runForFlag(KEEP_PENDING_USER, [keys.user(projectId, userId)], [life])) {
          if (isNew) await steps.run(FORGET_PENDING_USER, [keys.user(projectId, id)], [])
          return userId
        }
        // It was deleted since, and nobody comes back from that.
        await steps.run(END_RESERVATION, [reservation], [userId])
      }
    },
    async findReservation(projectId, key, now) {
      const held = await steps.ask((client) => client.get(keys.reservation(projectId, key)))
      if (held === null) return null
      const comma = held.indexOf(',')
      return Number(held.slice(0, comma)) > now.getTime() ? findUser(projectId, held.slice(comma + 1)) : null
    },
    async endReservation(projectId, key, userId) {
      await steps.run(END_RESERVATION, [keys.reservation(projectId, key)], [userId])
    },
    listUserIds: (projectId, after, limit) =>
      steps.ask((client) =>
        client.zrange(keys.users(projectId), after === null ? '-' : `(${after}`, '+', 'BYLEX', 'LIMIT', 0, limit),
      ),
    async listPendingUserIds(projectId, cursor) {
      const { keys: found, next } = await steps.scan(keys.usersPattern(projectId), cursor, SCAN_COUNT)
      const ids = await Promise.all(
        found.map(async (key) => {
          const answer = await steps.run(PENDING_USER, [key], [])
          if (!Array.isArray(answer) || answer[0] === undefined) return []
          return answer[0] === '' ? keys.plainUserId(key) : answer[0]
        }),
      )
      return { ids: ids.flat(), next }
    },
    countUsers: (projectId) => steps.ask((client) => client.zcard(keys.users(projectId))),

    async listCredentialKeys(projectId, userId) {
      const own = await steps.ask((client) => client.smembers(keys.userCredentials(projectId, userId)))
      return own.map(asCredentialKey)
    },
    async listCredential(projectId, userId, key) {
      const status = await steps.run(LIST_CREDENTIAL, slot(projectId, userId), [key])
      return status === null ? null : String(status)
    },
    unlistCredential: (projectId, userId, key) =>
      steps.ask((client) => client.srem(keys.userCredentials(projectId, userId), key)),
    async prepareOwner(owner, key, isActive) {
      const { projectId, id } = owner
      const [answer, wasEntered] = await Promise.all([
        steps.run(PREPARE_OWNER, slot(projectId, id), [encodeUser(owner), key, isActive ? '1' : '', '']),
        enter(projectId, id),
      ])
      return { ...(readPrepared(answer) ?? { isNew: false, life: '', wasActivated: false }), wasEntered }
    },
    async prepareKnown({ projectId, id }, key, isActive, noOther) {
      const args = ['', key, isActive ? '1' : '', noOther]
      const prepared = readPrepared(await steps.run(PREPARE_OWNER, slot(projectId, id), args))
      // Not beside the step: it may refuse, and whether the user is listed is then not ours to say.
      return prepared === null ? null : { ...prepared, wasEntered: await enter(projectId, id) }
    },
    async withdrawOwner({ projectId, id }, key, { isNew, life, wasActivated, wasEntered }) {
      // Out of the list first: if somebody else gave the user a credential meanwhile, it is put back.
      const mayBeListed = isNew || wasEntered
      if (mayBeListed) await leave(projectId, id)
      const args = [key, isNew ? '1' : '', life, wasActivated ? '1' : '']
      const isListed = await steps.runForFlag(WITHDRAW_OWNER, slot(projectId, id), args)
      if (mayBeListed && isListed) await enter(projectId, id)
    },
    async activate(projectId, userId) {
      await Promise.all([steps.run(ACTIVATE_USER, [keys.user(projectId, userId)], []), enter(projectId, userId)])
    },
    async deleteWithout(projectId, userId, own) {
      await leave(projectId, userId)
      const answer = await steps.run(DELETE_USER, slot(projectId, userId), own)
      return answer === -1 ? null : answer === 1
    },
  }
}

/** What `PREPARE_OWNER` says; null: it did nothing. */
function readPrepared(answer: unknown): Omit<PreparedOwner, 'wasEntered'> | null {
  if (!Array.isArray(answer) || answer.length === 0) return null
  const [isNew, life, wasActivated] = answer.map(String)
  return { isNew: isNew === '1', life: life ?? '', wasActivated: wasActivated === '1' }
}
