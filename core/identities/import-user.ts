import { isDeepStrictEqual } from 'node:util'
import { formatAccountId } from '../accounts/account.ts'
import type { RandomSource } from '../ports.ts'
import { importedSessionId } from '../sessions/refresh-token.ts'
import type { Session } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import type { UserPresence } from '../stores/user-import-store.ts'
import { draftContact, draftPasskey, draftUser, draftWallet } from './draft.ts'
import type { Credential, User } from './identity.ts'
import type { ImportedCredential, ImportedSession, ImportedUser } from './imported-user.ts'

/** Why a user cannot be brought in. Nothing of it was written. */
export type ImportConflict =
  /** The credential is another user's. */
  | 'credential_taken'
  /** The credential's id is another credential's. */
  | 'credential_id_taken'
  /** The user is here, without this credential. */
  | 'user_differs'
  /** The wallet may do something else here. */
  | 'access_differs'

/**
 * - `imported`: the user was not here.
 * - `completed`: it was, and something was added: what an interrupted import had left out, a wallet's access, sessions.
 * - `unchanged`: all of it was here. What the user has changed since (a name, another wallet) stays as it is.
 */
export type ImportOutcome =
  | { readonly outcome: 'imported' | 'completed' | 'unchanged'; readonly openedSessions: number }
  | {
      readonly outcome: 'conflict'
      readonly reason: ImportConflict
      /** Which of the credentials. */
      readonly credential: number
      /** Whose it is here; null where that says nothing. */
      readonly holder: string | null
    }

interface ImportPorts {
  readonly stores: Pick<Stores, 'identities' | 'imports'>
  readonly random: RandomSource
}

/** What is on record for an imported user. */
interface OnRecord {
  /** Null: nobody has its credentials, and it has no id of its own. */
  readonly userId: string | null
  readonly presence: UserPresence
  /** For each credential, who has it. */
  readonly held: readonly (Credential | null)[]
}

/**
 * Brings a user of another system in, whole or not at all; done again, it changes nothing. A dry run says what would happen, as far as
 * it can be seen before, and changes nothing.
 *
 * @throws {AuthError} `store_unavailable`; the same call goes on from there
 */
export async function importUser(
  ports: ImportPorts,
  { projectId, imported, isDryRun }: { projectId: string; imported: ImportedUser; isDryRun: boolean },
  now: Date,
): Promise<ImportOutcome> {
  const record = await findRecord(ports, projectId, imported)
  const conflict = findConflict(imported, record) ?? (await findTakenId(ports, projectId, imported, record))
  if (conflict !== null) {
    // Part of a row that is refused must not stay: an interrupted run left it, and somebody took the rest since.
    if (record.presence === 'begun' && record.userId !== null && !isDryRun) {
      await ports.stores.identities.deleteUser(projectId, record.userId)
    }
    return conflict
  }

  const userId = record.userId ?? draftUser(projectId, now, ports.random).id
  const user = userOf(projectId, userId, imported)
  const drafted = imported.credentials.map((each) => draft(user, each, now, ports.random))
  const credentials = drafted.map((each, index) => record.held[index] ?? each)
  let outcome: 'imported' | 'completed' | 'unchanged' = 'unchanged'
  if (record.presence !== 'there') {
    outcome = record.presence === 'begun' ? 'completed' : 'imported'
    const written = isDryRun ? null : await ports.stores.imports.importUser(user, credentials)
    // Somebody came in between: the same is decided again on what is there now.
    if (written !== null && written.outcome !== 'imported') {
      return importUser(ports, { projectId, imported, isDryRun }, now)
    }
  } else if (await setMissingAccess(ports, imported, record, isDryRun)) {
    outcome = 'completed'
  }
  const openedSessions = await openSessions(ports, { user, credentials, sessions: imported.sessions, isDryRun }, now)
  if (openedSessions > 0 && outcome === 'unchanged') outcome = 'completed'
  return { outcome, openedSessions }
}

async function findRecord({ stores }: ImportPorts, projectId: string, imported: ImportedUser): Promise<OnRecord> {
  const findPresence = (userId: string) => stores.imports.findPresence(projectId, userId)
  const [presence, ...held] = await Promise.all([
    imported.id === null ? null : findPresence(imported.id),
    ...imported.credentials.map((each) => findHeld(stores.identities, projectId, each)),
  ])
  const userId = imported.id ?? held.find((each) => each !== null)?.userId ?? null
  return { userId, presence: presence ?? (userId === null ? 'absent' : await findPresence(userId)), held }
}

function findHeld(
  identities: Stores['identities'],
  projectId: string,
  credential: ImportedCredential,
): Promise<Credential | null> {
  switch (credential.kind) {
    case 'wallet':
      return identities.findWallet(projectId, credential.account)
    case 'passkey':
      return identities.findPasskey(projectId, credential.credentialId)
    default:
      return identities.findContact(projectId, credential.kind, credential.value)
  }
}

function findConflict(imported: ImportedUser, { userId, presence, held }: OnRecord): ImportOutcome | null {
  for (const [credential, wanted] of imported.credentials.entries()) {
    const found = held[credential] ?? null
    const conflict = (reason: ImportConflict): ImportOutcome => {
      return { outcome: 'conflict', reason, credential, holder: found?.userId ?? userId }
    }
    if (found !== null && found.userId !== userId) return conflict('credential_taken')
    // Perhaps its user took it away since: it must not come back by itself.
    if (found === null && presence === 'there') return conflict('user_differs')
    if (found?.kind !== 'wallet' || wanted.kind !== 'wallet') continue
    if (wanted.access === null || found.access === null) continue
    // Two words on what a wallet may do: neither wins by itself.
    if (!isDeepStrictEqual(found.access, wanted.access)) return conflict('access_differs')
  }
  return null
}

async function findTakenId(
  { stores }: ImportPorts,
  projectId: string,
  { credentials }: ImportedUser,
  { held }: OnRecord,
): Promise<ImportOutcome | null> {
  const taken = await Promise.all(
    credentials.map(async ({ id }, index) => {
      if (id === null || held[index]?.id === id) return null
      const found = await stores.identities.findCredential(projectId, id)
      return found === null ? null : { index, holder: found.userId }
    }),
  )
  const first = taken.find((each) => each !== null)
  if (first === undefined || first === null) return null
  return { outcome: 'conflict', reason: 'credential_id_taken', credential: first.index, holder: first.holder }
}

function userOf(projectId: string, id: string, imported: ImportedUser): User {
  const { name, metadata, createdAt, updatedAt } = imported
  const isActive = imported.status === 'active' || imported.credentials.some(({ verifiedAt }) => verifiedAt !== null)
  return { id, projectId, status: isActive ? 'active' : 'pending', name, metadata, createdAt, updatedAt }
}

function draft(user: User, imported: ImportedCredential, now: Date, random: RandomSource): Credential {
  const drafted = draftNew(user, imported, now, random)
  const { createdAt, verifiedAt } = imported
  return { ...drafted, id: imported.id ?? drafted.id, createdAt, verifiedAt }
}

function draftNew(user: User, imported: ImportedCredential, now: Date, random: RandomSource): Credential {
  switch (imported.kind) {
    case 'wallet':
      return draftWallet(user, imported.account, imported, now, random)
    case 'passkey': {
      const { credentialId, publicKey, signCount, transports, rpId, isBackedUp } = imported
      return draftPasskey(user, { credentialId, publicKey, signCount, transports, rpId, isBackedUp }, now, random)
    }
    default:
      return draftContact(user, imported.kind, imported.value, now, random)
  }
}

/** A wallet that signed in here first has no access yet: without this, one that is suspended elsewhere would get through. */
async function setMissingAccess(
  { stores }: ImportPorts,
  imported: ImportedUser,
  { held }: OnRecord,
  isDryRun: boolean,
): Promise<boolean> {
  let isMissing = false
  for (const [index, wanted] of imported.credentials.entries()) {
    const found = held[index]
    if (found?.kind !== 'wallet' || wanted.kind !== 'wallet' || wanted.access === null || found.access !== null)
      continue
    isMissing = true
    if (!isDryRun) await stores.identities.setWalletAccess(found.projectId, found.account, wanted.access)
  }
  return isMissing
}

async function openSessions(
  { stores }: ImportPorts,
  {
    user,
    credentials,
    sessions,
    isDryRun,
  }: { user: User; credentials: readonly Credential[]; sessions: readonly ImportedSession[]; isDryRun: boolean },
  now: Date,
): Promise<number> {
  const opened = await Promise.all(
    sessions.map(async ({ refreshTokenHash, opener, createdAt, expiresAt }) => {
      const wallet = credentials[opener]
      const id = importedSessionId(refreshTokenHash)
      if (wallet?.kind !== 'wallet' || expiresAt <= now) return false
      if (await stores.imports.hasOpenedSession(user.projectId, id, now)) return false
      if (isDryRun) return true
      const accountId = formatAccountId(wallet.account)
      const factor = { kind: 'wallet', credentialId: wallet.id, accountId, verifiedAt: createdAt } as const
      const session: Session = {
        id,
        projectId: user.projectId,
        userId: user.id,
        door: 'fourmica',
        factors: [factor],
        device: null,
        createdAt,
        lastActiveAt: createdAt,
        expiresAt,
      }
      return stores.imports.openSession(session, { hash: refreshTokenHash, expiresAt }, expiresAt, now)
    }),
  )
  return opened.filter((isOpened) => isOpened).length
}
