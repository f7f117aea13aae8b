import { type CredentialKey, contactKey, keyOf, walletKey } from '../../identities/credential-key.ts'
import type { Credential, User } from '../../identities/identity.ts'
import type { IdentityStore } from '../stores.ts'
import { ExpiringMap } from './expiring-map.ts'

/** Users and their credentials in this process. A restart forgets them. */
export function createMemoryIdentityStore(): IdentityStore {
  const users = new Map<string, User>()
  const credentials = new Map<string, Credential>()
  const keysById = new Map<string, string>()
  const keysByUser = new Map<string, Set<string>>()
  /** Who will own a credential, and that user while pending. */
  const reservations = new ExpiringMap<{ readonly user: User; readonly endsAt: Date }>()
  const pendingUsers = new ExpiringMap<User>()

  const at = (projectId: string, key: string): string => `${projectId}\0${key}`
  const find = (projectId: string, key: CredentialKey): Credential | undefined => credentials.get(at(projectId, key))
  const owned = (projectId: string, userId: string): Credential[] =>
    [...(keysByUser.get(at(projectId, userId)) ?? [])].flatMap((key) => credentials.get(key) ?? [])
  const put = (credential: Credential): void => {
    const { projectId, userId, id } = credential
    const key = at(projectId, keyOf(credential))
    credentials.set(key, structuredClone(credential))
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
  const reservedUser = (projectId: string, key: CredentialKey, now: Date): User | undefined => {
    const reservation = reservations.get(at(projectId, key))
    return reservation !== undefined && reservation.endsAt > now ? reservation.user : undefined
  }

  return {
    async findUser(projectId, userId) {
      const key = at(projectId, userId)
      return structuredClone(users.get(key) ?? pendingUsers.get(key) ?? null)
    },
    async findWallet(projectId, account) {
      const found = find(projectId, walletKey(account))
      return found?.kind === 'wallet' ? structuredClone(found) : null
    },
    async findContact(projectId, kind, value) {
      const found = find(projectId, contactKey(kind, value))
      return found !== undefined && found.kind !== 'wallet' ? structuredClone(found) : null
    },
    async findCredential(projectId, credentialId) {
      const key = keysById.get(at(projectId, credentialId))
      return structuredClone((key === undefined ? undefined : credentials.get(key)) ?? null)
    },
    async listCredentials(projectId, userId) {
      return structuredClone(owned(projectId, userId))
    },
    async claim<C extends Credential>(credential: C, owner: User): Promise<C> {
      const { projectId, userId } = credential
      const existing = find(projectId, keyOf(credential))
      if (existing !== undefined) return structuredClone(existing) as C
      if (!users.has(at(projectId, userId))) users.set(at(projectId, userId), structuredClone(owner))
      put(credential)
      if (credential.verifiedAt !== null) activate(projectId, userId)
      return structuredClone(credential)
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
    async setWalletAccess(projectId, account, access) {
      const wallet = find(projectId, walletKey(account))
      if (wallet?.kind !== 'wallet') return false
      put({ ...wallet, access })
      return true
    },
    async reserve(key, pending, ttlSeconds) {
      const { projectId, createdAt: now } = pending
      const user = structuredClone(reservedUser(projectId, key, now) ?? pending)
      const endsAt = new Date(now.getTime() + ttlSeconds * 1000)
      reservations.set(at(projectId, key), { user, endsAt }, endsAt, now)
      pendingUsers.set(at(projectId, user.id), user, endsAt, now)
      return user.id
    },
    async findReservation(projectId, key, now) {
      return structuredClone(reservedUser(projectId, key, now) ?? null)
    },
    async createUser(user) {
      users.set(at(user.projectId, user.id), structuredClone(user))
    },
    async updateUser(expected, changed) {
      const key = at(expected.projectId, expected.id)
      const current = users.get(key)
      if (current === undefined || JSON.stringify(current) !== JSON.stringify(expected)) return false
      users.set(key, structuredClone(changed))
      return true
    },
    async deleteUser(projectId, userId) {
      for (const credential of owned(projectId, userId)) forget(credential)
      keysByUser.delete(at(projectId, userId))
      const wasPending = pendingUsers.delete(at(projectId, userId))
      return users.delete(at(projectId, userId)) || wasPending
    },
    async listUserIds(projectId, after, limit) {
      const ids = [...users.values()].filter((user) => user.projectId === projectId && user.status === 'active')
      const sorted = ids.map(({ id }) => id).sort()
      return sorted.filter((id) => after === null || id > after).slice(0, limit)
    },
    async countUsers(projectId) {
      return [...users.values()].filter((user) => user.projectId === projectId && user.status === 'active').length
    },
  }
}
