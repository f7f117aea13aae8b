import {
  type CredentialKey,
  contactKey,
  keyOf,
  kindOfKey,
  passkeyKey,
  WALLET_KEY_START,
  walletKey,
} from '../../identities/credential-key.ts'
import type { Credential, User } from '../../identities/identity.ts'
import type { IdentityStore } from '../stores.ts'
import { asCredentialKey, decodeCredential, encodeClaim } from './codec.ts'
import type { Keys } from './keys.ts'
import { fieldsOf, type RedisSteps } from './redis-steps.ts'
import { createRedisUsers, type PreparedOwner } from './redis-users.ts'
import { CLAIM_CREDENTIAL, RELEASE_CREDENTIAL, SET_ACCESS, USE_PASSKEY, VERIFY_CREDENTIAL } from './scripts.ts'

/**
 * Users and credentials in Redis, for good. A credential's own record says whose it is; the user's set of keys and the index
 * by id only point there. They are written before it and removed after it: whatever a crash leaves behind points at nothing
 * and is passed over, and there is never a credential without its user.
 */
export function createRedisIdentityStore(steps: RedisSteps, keys: Keys): IdentityStore {
  const users = createRedisUsers(steps, keys)

  const find = async (projectId: string, key: CredentialKey): Promise<Credential | null> =>
    decodeCredential(projectId, await steps.ask((client) => client.hgetall(keys.credential(projectId, key))))

  const pointAt = (projectId: string, credentialId: string, key: CredentialKey): Promise<unknown> =>
    steps.ask((client) => client.set(keys.credentialId(projectId, credentialId), key))

  const listOwned = async (
    projectId: string,
    userId: string,
    kinds?: readonly Credential['kind'][],
  ): Promise<readonly Credential[]> => {
    const own = await users.listCredentialKeys(projectId, userId)
    const wanted = kinds === undefined ? own : own.filter((key) => kinds.includes(kindOfKey(key)))
    const found = await Promise.all(wanted.map((key) => find(projectId, key)))
    return found.filter((credential): credential is Credential => credential?.userId === userId)
  }

  /**
   * Points at the user's credential again if it is on record; without its user it is forgotten, and a verified one makes its user
   * active. Whoever writes a record, removes pointers or sets a user back does this afterwards, so the last one of them sees both,
   * and no order of steps leaves one alone.
   */
  const mend = async (projectId: string, userId: string, key: CredentialKey): Promise<void> => {
    const found = await find(projectId, key)
    if (found?.userId !== userId) return
    const [status] = await Promise.all([
      users.listCredential(projectId, userId, key),
      pointAt(projectId, found.id, key),
    ])
    if (status === null) await release(found)
    else if (found.verifiedAt !== null && status !== 'active') await users.activate(projectId, userId)
  }

  const release = async (credential: Credential): Promise<boolean> => {
    const { projectId, userId } = credential
    const key = keyOf(credential)
    const answer = await steps.run(RELEASE_CREDENTIAL, [keys.credential(projectId, key)], [userId])
    const [record] = Array.isArray(answer) ? answer : []
    if (record === undefined) return false
    const released = decodeCredential(projectId, { u: userId, c: record, v: '', n: '0' })
    const pointer = keys.credentialId(projectId, released?.id ?? credential.id)
    await Promise.all([users.unlistCredential(projectId, userId, key), steps.ask((client) => client.del(pointer))])
    await mend(projectId, userId, key)
    return true
  }

  /** A claim for a user that must be there and have no other credential whose key begins so. */
  const claimKnown = async <C extends Credential>(credential: C, owner: User, noOther: string): Promise<C | null> => {
    const { projectId, id, verifiedAt } = credential
    const key = keyOf(credential)
    const prepared = await users.prepareKnown(owner, key, verifiedAt !== null, noOther)
    if (prepared === null) return null
    await pointAt(projectId, id, key)
    return commit(credential, owner, prepared)
  }

  /** The commit of a claim. Of any number of callers one finds no earlier record; of what the others prepared nothing remains. */
  const commit = async <C extends Credential>(credential: C, owner: User, prepared: PreparedOwner): Promise<C> => {
    const { projectId, id, userId } = credential
    const key = keyOf(credential)
    const answer = await steps.run(
      CLAIM_CREDENTIAL,
      [keys.credential(projectId, key), keys.reservation(projectId, key)],
      encodeClaim(credential),
    )
    const earlier = decodeCredential(projectId, fieldsOf(Array.isArray(answer) ? answer : []))
    if (earlier === null) {
      await mend(projectId, userId, key)
      return credential
    }
    if (earlier.id !== id) await steps.ask((client) => client.del(keys.credentialId(projectId, id)))
    if (earlier.userId !== userId) {
      await users.withdrawOwner(owner, key, prepared)
      if (prepared.wasActivated) {
        const others = await users.listCredentialKeys(projectId, userId)
        await Promise.all(others.map((other) => mend(projectId, userId, other)))
      }
    }
    return earlier as C
  }

  return {
    ...users,
    async findWallet(projectId, account) {
      const found = await find(projectId, walletKey(account))
      return found?.kind === 'wallet' ? found : null
    },
    async findContact(projectId, kind, value) {
      const found = await find(projectId, contactKey(kind, value))
      return found?.kind === kind ? found : null
    },
    async findPasskey(projectId, credentialId) {
      const found = await find(projectId, passkeyKey(credentialId))
      return found?.kind === 'passkey' ? found : null
    },
    async findCredential(projectId, credentialId) {
      const key = await steps.ask((client) => client.get(keys.credentialId(projectId, credentialId)))
      const found = key === null ? null : await find(projectId, asCredentialKey(key))
      return found?.id === credentialId ? found : null
    },
    async isHeld(credential) {
      const { projectId, id, userId } = credential
      // The user too: beside its deletion a claim may write a record that is mended a moment later. Both in one trip.
      const [[owner, record], users] = await Promise.all([
        steps.ask((client) => client.hmget(keys.credential(projectId, keyOf(credential)), 'u', 'c')),
        steps.ask((client) => client.exists(keys.user(projectId, userId))),
      ])
      if (owner !== userId || typeof record !== 'string' || users !== 1) return false
      return decodeCredential(projectId, { u: owner, c: record, v: '', n: '0' })?.id === id
    },
    async listCredentials(projectId, userId, kinds) {
      const owned = await listOwned(projectId, userId, kinds)
      return [...owned].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
    },
    async claim(credential, owner) {
      const { projectId, id, verifiedAt } = credential
      const key = keyOf(credential)
      const [prepared] = await Promise.all([
        users.prepareOwner(owner, key, verifiedAt !== null),
        pointAt(projectId, id, key),
      ])
      return commit(credential, owner, prepared)
    },
    claimFor: (credential, owner) => claimKnown(credential, owner, ''),
    claimAsFirst: (wallet, owner) => claimKnown(wallet, owner, WALLET_KEY_START),
    release,
    async markVerified(credential, verifiedAt) {
      const { projectId, userId } = credential
      const key = keyOf(credential)
      const current = await find(projectId, key)
      if (current === null || current.userId !== userId || current.verifiedAt !== null) return
      // The user first: a crash in between is mended by the next proof.
      await users.activate(projectId, userId)
      await steps.run(VERIFY_CREDENTIAL, [keys.credential(projectId, key)], [userId, verifiedAt.getTime()])
      await mend(projectId, userId, key)
    },
    recordPasskeyUse: ({ projectId, id, credentialId }, signCount) =>
      steps.runForFlag(USE_PASSKEY, [keys.credential(projectId, passkeyKey(credentialId))], [id, signCount]),
    setWalletAccess: (projectId, account, access) =>
      steps.runForFlag(SET_ACCESS, [keys.credential(projectId, walletKey(account))], [JSON.stringify(access)]),
    async deleteUser(projectId, userId) {
      for (;;) {
        const own = await users.listCredentialKeys(projectId, userId)
        await Promise.all((await listOwned(projectId, userId)).map(release))
        const isDeleted = await users.deleteWithout(projectId, userId, own)
        await Promise.all(own.map((key) => mend(projectId, userId, key)))
        if (isDeleted !== null) return isDeleted
      }
    },
  }
}
