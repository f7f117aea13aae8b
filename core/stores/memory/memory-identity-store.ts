import { isDeepStrictEqual } from 'node:util'
import { type CredentialKey, contactKey, keyOf, passkeyKey, walletKey } from '../../identities/credential-key.ts'
import type { Credential, User } from '../../identities/identity.ts'
import type { IdentityStore } from '../stores.ts'
import { copyRecord } from './copy-record.ts'
import { ExpiringMap } from './expiring-map.ts'
import { projectKey as at } from './project-key.ts'

/** Users and their credentials in this process. A restart forgets them. */
export function createMemoryIdentityStore(): IdentityStore {
  const users = new Map<string, User>()
  /** Who stands in the list besides the active ones. */
  const listed = new Set<string>()
  const credentials = new Map<string, Credential>()
  const keysById = new Map<string, string>()
  const keysByUser = new Map<string, Set<string>>()
  /** Who will own a credential. */
  const reservations = new ExpiringMap<{ readonly userId: string; readonly endsAt: Date }>()
  const pendingUsers = new ExpiringMap<User>()

  const find = (projectId: string, key: CredentialKey): Credential | undefined => credentials.get(at(projectId, key))
  const owned = (projectId: string, userId: string): Credential[] =>
    [...(keysByUser.get(at(projectId, userId)) ?? [])].flatMap((key) => credentials.get(key) ?? [])
  const put = (credential: Credential): void => {
    const { projectId, userId, id } = credential
    const key = at(projectId, keyOf(credential))
    credentials.set(key, copyRecord(credential))
    keysById.set(at(projectId, id), key)
    const keys = keysByUser.get(at(projectId, userId)) ?? new Set()
    keysByUser.set(at(projectId, userId), keys.add(key))
  }
  const forget = (credential: Credential): void => {
    const { projectId, userId, id } = credential
    const key = at(projectId, keyOf(credential))
    credentials.delete(key)
    keysById.delete(at(projectId, id))
    keysByUser.get(at(projectId, userId))?.delete(key)
  }
  const activate = (projectId: string, userId: string): void => {
    const user = users.get(at(projectId, userId))
    if (user !== undefined) users.set(at(projectId, userId), { ...user, status: 'active' })
  }
  const userOf = (projectId: string, userId: string): User | undefined =>
    users.get(at(projectId, userId)) ?? pendingUsers.get(at(projectId, userId))
  const reservedUserId = (projectId: string, key: CredentialKey, now: Date): string | undefined => {
    const reservation = reservations.get(at(projectId, key))
    return reservation !== undefined && reservation.endsAt > now ? reservation.userId : undefined
  }
  const claim = <C extends Credential>(credential: C, owner: User): C => {
    const { projectId, userId } = credential
    const existing = find(projectId, keyOf(credential))
    if (existing !== undefined) return copyRecord(existing) as C
    if (!users.has(at(projectId, userId)))
      users.set(at(projectId, userId), copyRecord(userOf(projectId, userId) ?? owner))
    pendingUsers.delete(at(projectId, userId))
    reservations.delete(at(projectId, keyOf(credential)))
    put(credential)
    listed.add(at(projectId, userId))
    if (credential.verifiedAt !== null) activate(projectId, userId)
    return copyRecord(credential)
  }
  const listedUserIds = (projectId: string): string[] =>
    [...users].flatMap(([key, user]) =>
      user.projectId === projectId && (user.status === 'active' || listed.has(key)) ? user.id : [],
    )

  return {
    async findUser(projectId, userId) {
      return copyRecord(userOf(projectId, userId) ?? null)
    },
    async findWallet(projectId, account) {
      const found = find(projectId, walletKey(account))
      return found?.kind === 'wallet' ? copyRecord(found) : null
    },
    async findContact(projectId, kind, value) {
      const found = find(projectId, contactKey(kind, value))
      return found?.kind === kind ? copyRecord(found) : null
    },
    async findPasskey(projectId, credentialId) {
      const found = find(projectId, passkeyKey(credentialId))
      return found?.kind === 'passkey' ? copyRecord(found) : null
    },
    async findCredential(projectId, credentialId) {
      const key = keysById.get(at(projectId, credentialId))
      return copyRecord((key === undefined ? undefined : credentials.get(key)) ?? null)
    },
    async isHeld(credential) {
      const { projectId, id, userId } = credential
      const found = find(projectId, keyOf(credential))
      return found?.id === id && found.userId === userId && userOf(projectId, userId) !== undefined
    },
    async listCredentials(projectId, userId, kinds) {
      const own = owned(projectId, userId)
      return copyRecord(kinds === undefined ? own : own.filter(({ kind }) => kinds.includes(kind)))
    },
    async claim(credential, owner) {
      return claim(credential, owner)
    },
    async claimFor(credential, owner) {
      return userOf(owner.projectId, owner.id) === undefined ? null : claim(credential, owner)
    },
    async claimAsFirst(wallet, owner) {
      const isAnother = (own: Credential) => own.kind === 'wallet' && keyOf(own) !== keyOf(wallet)
      return owned(wallet.projectId, owner.id).some(isAnother) ? null : this.claimFor(wallet, owner)
    },
    async release(credential) {
      const key = at(credential.projectId, keyOf(credential))
      const existing = credentials.get(key)
      if (existing?.userId !== credential.userId) return false
      forget(existing)
      return true
    },
    async markVerified(credential, verifiedAt) {
      const existing = find(credential.projectId, keyOf(credential))
      if (existing === undefined || existing.userId !== credential.userId || existing.verifiedAt !== null) return
      put({ ...existing, verifiedAt })
      activate(credential.projectId, credential.userId)
    },
    async recordPasskeyUse({ projectId, id, credentialId }, signCount) {
      const passkey = find(projectId, passkeyKey(credentialId))
      if (passkey?.kind !== 'passkey' || passkey.id !== id) return false
      // No await between the look and the count: of any number of callers one gets through.
      const neverCounted = passkey.signCount === 0 && signCount === 0
      if (!neverCounted && signCount <= passkey.signCount) return false
      put({ ...passkey, signCount })
      return true
    },
    async setWalletAccess(projectId, account, access) {
      const wallet = find(projectId, walletKey(account))
      if (wallet?.kind !== 'wallet') return false
      put({ ...wallet, access })
      return true
    },
    async reserve(key, pending, ttlSeconds) {
      const { projectId, createdAt: now } = pending
      const promised = reservedUserId(projectId, key, now)
      // One who was deleted since does not come back.
      const userId = promised !== undefined && userOf(projectId, promised) !== undefined ? promised : pending.id
      const held = reservations.get(at(projectId, key))
      const asked = new Date(now.getTime() + ttlSeconds * 1000)
      const endsAt = held !== undefined && held.endsAt > asked ? held.endsAt : asked
      reservations.set(at(projectId, key), { userId, endsAt }, endsAt, now)
      if (!users.has(at(projectId, userId))) {
        const user = userOf(projectId, userId) ?? copyRecord({ ...pending, id: userId })
        // The user outlives the reservation that names it.
        pendingUsers.set(at(projectId, userId), user, new Date(endsAt.getTime() + ttlSeconds * 1000), now)
      }
      return userId
    },
    async findReservation(projectId, key, now) {
      const userId = reservedUserId(projectId, key, now)
      return copyRecord((userId === undefined ? undefined : userOf(projectId, userId)) ?? null)
    },
    async endReservation(projectId, key, userId) {
      if (reservations.get(at(projectId, key))?.userId === userId) reservations.delete(at(projectId, key))
    },
    async createUser(user) {
      const key = at(user.projectId, user.id)
      if (!users.has(key)) users.set(key, copyRecord(userOf(user.projectId, user.id) ?? user))
      if (user.status === 'active') activate(user.projectId, user.id)
      pendingUsers.delete(key)
    },
    async updateUser(expected, changed) {
      const key = at(expected.projectId, expected.id)
      const current = userOf(expected.projectId, expected.id)
      if (current === undefined || !isDeepStrictEqual(withoutStatus(current), withoutStatus(expected))) return false
      const updated = { ...copyRecord(changed), status: current.status }
      if (users.has(key)) users.set(key, updated)
      else pendingUsers.update(key, updated)
      return true
    },
    async deleteUser(projectId, userId) {
      for (const credential of owned(projectId, userId)) forget(credential)
      keysByUser.delete(at(projectId, userId))
      listed.delete(at(projectId, userId))
      const wasPending = pendingUsers.delete(at(projectId, userId))
      return users.delete(at(projectId, userId)) || wasPending
    },
    async listUserIds(projectId, after, limit) {
      const ids = listedUserIds(projectId).filter((id) => after === null || compareBytes(id, after) > 0)
      return ids.sort(compareBytes).slice(0, limit)
    },
    async listPendingUserIds(projectId) {
      const lasting = [...users.values()].filter((user) => user.projectId === projectId && user.status === 'pending')
      return { ids: lasting.map(({ id }) => id), next: null }
    },
    async countUsers(projectId) {
      return listedUserIds(projectId).length
    },
  }
}

/** The order of Redis. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Whether a user is active is not what an update is about. */
function withoutStatus(user: User): Omit<User, 'status'> {
  const { status: _, ...rest } = user
  return rest
}
