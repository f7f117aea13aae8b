import { type CredentialKey, contactKey, keyOf, walletKey } from '../../identities/credential-key.ts'
import type { Credential, User } from '../../identities/identity.ts'
import type { IdentityStore } from '../stores.ts'
import { asCredentialKey, decodeCredential, decodeUser, encodeCredential, encodeUser } from './codec.ts'
import type { Keys } from './keys.ts'
import type { RedisSteps } from './redis-steps.ts'
import {
  CLAIM_CREDENTIAL,
  RELEASE_CREDENTIAL,
  RESERVE,
  SET_ACCESS,
  UPDATE_USER,
  VERIFY_CREDENTIAL,
  WRITE_PENDING_USER,
  WRITE_USER,
} from './scripts.ts'

/**
 * Users and credentials in Redis, for good. A credential's own record says whose it is; the user's set of keys only points
 * there. Whatever a crash leaves behind points at nothing, and is passed over.
 */
export function createRedisIdentityStore(steps: RedisSteps, keys: Keys): IdentityStore {
  const find = async (projectId: string, key: CredentialKey): Promise<Credential | null> =>
    decodeCredential(projectId, await steps.ask((client) => client.hgetall(keys.credential(projectId, key))))

  /** Writes the user unless it exists, points it at the credential, and makes it active if told. True when it is new. */
  const writeUser = async (user: User, key: CredentialKey | null, isActive: boolean): Promise<boolean> => {
    const { projectId, id } = user
    const own = [keys.user(projectId, id), keys.userCredentials(projectId, id)]
    const created = await steps.runForFlag(WRITE_USER, own, [encodeUser(user), key ?? '', isActive ? '1' : ''])
    if (isActive) await steps.ask((client) => client.zadd(keys.users(projectId), 0, id))
    return created
  }

  const unwriteUser = async (projectId: string, userId: string): Promise<boolean> => {
    const [removed] = await Promise.all([
      steps.ask((client) => client.del(keys.user(projectId, userId))),
      steps.ask((client) => client.del(keys.userCredentials(projectId, userId))),
      steps.ask((client) => client.zrem(keys.users(projectId), userId)),
    ])
    return removed === 1
  }

  const release = async (credential: Credential): Promise<boolean> => {
    const { projectId, id, userId } = credential
    const key = keyOf(credential)
    const released = await steps.runForFlag(
      RELEASE_CREDENTIAL,
      [keys.credential(projectId, key)],
      [encodeCredential(credential)],
    )
    await Promise.all([
      steps.ask((client) => client.srem(keys.userCredentials(projectId, userId), key)),
      steps.ask((client) => client.del(keys.credentialId(projectId, id))),
    ])
    return released
  }

  return {
    async findUser(projectId, userId) {
      const { j, s } = await steps.ask((client) => client.hgetall(keys.user(projectId, userId)))
      return j === undefined ? null : decodeUser(projectId, userId, j, s)
    },
    async findWallet(projectId, account) {
      const found = await find(projectId, walletKey(account))
      return found?.kind === 'wallet' ? found : null
    },
    async findContact(projectId, kind, value) {
      const found = await find(projectId, contactKey(kind, value))
      return found === null || found.kind === 'wallet' ? null : found
    },
    async findCredential(projectId, credentialId) {
      const key = await steps.ask((client) => client.get(keys.credentialId(projectId, credentialId)))
      const found = key === null ? null : await find(projectId, asCredentialKey(key))
      return found?.id === credentialId ? found : null
    },
    async listCredentials(projectId, userId) {
      const own = await steps.ask((client) => client.smembers(keys.userCredentials(projectId, userId)))
      const found = await Promise.all(own.map((key) => find(projectId, asCredentialKey(key))))
      return found
        .filter((credential): credential is Credential => credential?.userId === userId)
        .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
    },
    async claim<C extends Credential>(credential: C, owner: User): Promise<C> {
      const { projectId, id, userId, verifiedAt } = credential
      const key = keyOf(credential)
      // The user first: a crash in between leaves a user without credentials, never a credential without a user.
      const created = await writeUser(owner, key, verifiedAt !== null)
      await steps.ask((client) => client.set(keys.credentialId(projectId, id), key))
      const access = credential.kind === 'wallet' && credential.access !== null ? JSON.stringify(credential.access) : ''
      const earlier = decodeCredential(
        projectId,
        await steps.runForFields(
          CLAIM_CREDENTIAL,
          [keys.credential(projectId, key), keys.reservation(projectId, key)],
          [encodeCredential(credential), verifiedAt?.getTime() ?? '', access],
        ),
      )
      if (earlier === null) return credential
      await steps.ask((client) => client.del(keys.credentialId(projectId, id)))
      if (created) await unwriteUser(projectId, userId)
      else if (earlier.userId !== userId) {
        await steps.ask((client) => client.srem(keys.userCredentials(projectId, userId), key))
      }
      return earlier as C
    },
    release,
    async markVerified(credential, verifiedAt) {
      const { projectId, userId } = credential
      const own = [keys.credential(projectId, keyOf(credential))]
      await steps.run(VERIFY_CREDENTIAL, own, [encodeCredential(credential), verifiedAt.getTime()])
      const user = await this.findUser(projectId, userId)
      if (user !== null) await writeUser(user, null, true)
    },
    setWalletAccess: (projectId, account, access) =>
      steps.runForFlag(SET_ACCESS, [keys.credential(projectId, walletKey(account))], [JSON.stringify(access)]),
    async reserve(key, pending, ttlSeconds) {
      const { projectId } = pending
      const ttl = ttlSeconds * 1000
      // The user outlives the reservation that names it.
      await steps.run(WRITE_PENDING_USER, [keys.user(projectId, pending.id)], [encodeUser(pending), 2 * ttl])
      const userId = String(await steps.run(RESERVE, [keys.reservation(projectId, key)], [pending.id, ttl]))
      if (userId !== pending.id) {
        await Promise.all([
          unwriteUser(projectId, pending.id),
          steps.run(
            WRITE_PENDING_USER,
            [keys.user(projectId, userId)],
            [encodeUser({ ...pending, id: userId }), 2 * ttl],
          ),
        ])
      }
      return userId
    },
    async findReservation(projectId, key) {
      const userId = await steps.ask((client) => client.get(keys.reservation(projectId, key)))
      return userId === null ? null : this.findUser(projectId, userId)
    },
    async createUser(user) {
      await writeUser(user, null, user.status === 'active')
    },
    updateUser: (expected, changed) =>
      steps.runForFlag(
        UPDATE_USER,
        [keys.user(expected.projectId, expected.id)],
        [encodeUser(expected), encodeUser(changed)],
      ),
    async deleteUser(projectId, userId) {
      const credentials = await this.listCredentials(projectId, userId)
      await Promise.all(credentials.map(release))
      return unwriteUser(projectId, userId)
    },
    listUserIds: (projectId, after, limit) =>
      steps.ask((client) =>
        client.zrange(keys.users(projectId), after === null ? '-' : `(${after}`, '+', 'BYLEX', 'LIMIT', 0, limit),
      ),
    countUsers: (projectId) => steps.ask((client) => client.zcard(keys.users(projectId))),
  }
}
