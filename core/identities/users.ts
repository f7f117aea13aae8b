import type { Account } from '../accounts/account.ts'
import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import type { Clock, RandomSource } from '../ports.ts'
import type { IdentityStore, SessionStore } from '../stores/stores.ts'
import { draftContact, draftUser } from './draft.ts'
import type { Contact, Credential, User, Wallet } from './identity.ts'
import { releaseCredential } from './release-credential.ts'

/** A user with everything that belongs to it, oldest first. */
export interface Profile {
  readonly user: User
  readonly credentials: readonly Credential[]
}

export interface NewContact {
  readonly kind: Contact['kind']
  /** Normalised. */
  readonly value: string
}

export interface UserChange {
  /** Fields left out stay as they are. */
  readonly name?: Partial<User['name']>
  /** Given the metadata as it is, returns it as it shall be. */
  readonly changeMetadata?: (metadata: User['metadata']) => User['metadata']
  readonly contacts?: readonly NewContact[]
}

/** Managing a project's users. */
export interface Users {
  /**
   * A user with these contacts, unproved whatever the user's status: only a proof of them, or of what is attached later, opens a session.
   *
   * @throws {AuthError} `credential_taken` when one is somebody's
   */
  create(
    projectId: string,
    name: User['name'],
    contacts: readonly NewContact[],
    status?: User['status'],
  ): Promise<Profile>
  /** @throws {AuthError} `user_unknown` */
  require(projectId: string, userId: string): Promise<Profile>
  /** Nothing is changed when a contact is another user's. @throws {AuthError} `user_unknown`, `credential_taken` */
  update(projectId: string, userId: string, change: UserChange): Promise<Profile>
  /** Forgets the user and ends its sessions in every dialect. @throws {AuthError} `user_unknown` */
  delete(projectId: string, userId: string): Promise<void>
  find(projectId: string, userId: string): Promise<Profile | null>
  findWallet(projectId: string, account: Account): Promise<Wallet | null>
  findContact(projectId: string, contact: NewContact): Promise<Contact | null>
  findCredential(projectId: string, credentialId: string): Promise<Credential | null>
  /** The user's credentials, oldest first; none where there is no such user. @param kinds only these */
  listCredentials(
    projectId: string,
    userId: string,
    kinds?: readonly Credential['kind'][],
  ): Promise<readonly Credential[]>
  /** Takes a credential of this kind from its user and ends the sessions it had a part in. @throws {AuthError} `credential_unknown` with the reason `<kind>_unknown` */
  deleteCredential(projectId: string, kind: Credential['kind'], credentialId: string): Promise<Credential>
  /**
   * Users in the order of their ids, after this one; fewer than the limit only at the end. Those who were only promised a credential and
   * those who are anonymous are left out.
   */
  list(projectId: string, after: string | null, limit: number): Promise<readonly Profile[]>
  count(projectId: string): Promise<number>
}

const MAX_UPDATE_ATTEMPTS = 8

export function createUsers(
  ports: {
    readonly identities: IdentityStore
    readonly sessions: SessionStore
    readonly clock: Clock
    readonly random: RandomSource
  } & Audited,
): Users {
  const { identities, sessions, clock, random, audit } = ports

  const find = async (projectId: string, userId: string): Promise<Profile | null> => {
    const [user, credentials] = await Promise.all([
      identities.findUser(projectId, userId),
      identities.listCredentials(projectId, userId),
    ])
    return user === null ? null : { user, credentials }
  }
  const require = async (projectId: string, userId: string): Promise<Profile> => {
    const profile = await find(projectId, userId)
    if (profile === null) throw new AuthError('user_unknown')
    return profile
  }
  const requireFree = async (
    projectId: string,
    contacts: readonly NewContact[],
    userId: string | null,
  ): Promise<void> => {
    for (const { kind, value } of contacts) {
      const contact = await identities.findContact(projectId, kind, value)
      if (contact !== null && contact.userId !== userId) throw new AuthError('credential_taken', `${kind}_taken`)
    }
  }
  const addContacts = async (user: User, contacts: readonly NewContact[]): Promise<void> => {
    for (const { kind, value } of contacts) {
      const claimed = await identities.claimFor(draftContact(user, kind, value, clock.now(), random), user)
      if (claimed === null) throw new AuthError('user_unknown')
      if (claimed.userId !== user.id) throw new AuthError('credential_taken', `${kind}_taken`)
    }
  }

  const endSessions = async (projectId: string, userId: string): Promise<void> => {
    const now = clock.now()
    const live = await sessions.list(projectId, userId, now)
    const end = async ({ id: sessionId, door }: (typeof live)[number]): Promise<void> => {
      const hasEnded = await sessions.revoke(projectId, sessionId, now)
      if (hasEnded) audit?.record({ event: 'session.revoked', projectId, userId, door, sessionId })
    }
    await Promise.all(live.map(end))
  }

  return {
    async create(projectId, name, contacts, status = 'pending') {
      await requireFree(projectId, contacts, null)
      const user = { ...draftUser(projectId, clock.now(), random), name, status }
      await identities.createUser(user)
      try {
        await addContacts(user, contacts)
      } catch (error) {
        await identities.deleteUser(projectId, user.id)
        throw error
      }
      audit?.record({ event: 'user.created', projectId, userId: user.id, status: user.status })
      return require(projectId, user.id)
    },
    require,
    async update(projectId, userId, { name, changeMetadata, contacts = [] }) {
      await requireFree(projectId, contacts, userId)
      for (let attempt = 0; attempt < MAX_UPDATE_ATTEMPTS; attempt += 1) {
        const { user } = await require(projectId, userId)
        const metadata = changeMetadata?.(user.metadata) ?? user.metadata
        const changed = { ...user, name: { ...user.name, ...name }, metadata, updatedAt: clock.now() }
        if (await identities.updateUser(user, changed)) {
          await addContacts(changed, contacts)
          return require(projectId, userId)
        }
      }
      throw new AuthError('store_unavailable', 'user_contended')
    },
    async delete(projectId, userId) {
      await endSessions(projectId, userId) // First, so that a repeat after a failure begins here again.
      if (!(await identities.deleteUser(projectId, userId))) throw new AuthError('user_unknown')
      audit?.record({ event: 'user.deleted', projectId, userId })
      await endSessions(projectId, userId) // And those that were opened meanwhile.
    },
    find,
    findWallet: (projectId, account) => identities.findWallet(projectId, account),
    findContact: (projectId, { kind, value }) => identities.findContact(projectId, kind, value),
    findCredential: (projectId, credentialId) => identities.findCredential(projectId, credentialId),
    listCredentials: (projectId, userId, kinds) => identities.listCredentials(projectId, userId, kinds),
    async deleteCredential(projectId, kind, credentialId) {
      const credential = await identities.findCredential(projectId, credentialId)
      if (credential?.kind !== kind) throw new AuthError('credential_unknown', `${kind}_unknown`)
      await releaseCredential(ports, credential)
      return credential
    },
    async list(projectId, after, limit) {
      const profiles: Profile[] = []
      // An id may be listed whose user is gone: the page is filled up, so that a short one is the last.
      for (let cursor = after; profiles.length < limit; ) {
        const asked = limit - profiles.length
        const ids = await identities.listUserIds(projectId, cursor, asked)
        const found = await Promise.all(ids.map((id) => find(projectId, id)))
        profiles.push(...found.filter((profile): profile is Profile => profile !== null))
        if (ids.length < asked) break
        cursor = ids.at(-1) ?? null
      }
      return profiles
    },
    count: (projectId) => identities.countUsers(projectId),
  }
}
