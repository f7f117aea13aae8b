import { createHash } from 'node:crypto'
import KSUID from 'ksuid'
import { formatAccountId } from '../accounts/account.ts'
import type { Audited } from '../audit/audit-trail.ts'
import { AuthError } from '../errors.ts'
import type { Credential } from '../identities/identity.ts'
import { isActiveWallet } from '../identities/wallet-access.ts'
import type { Clock } from '../ports.ts'
import type { IdentityStore, SessionStore } from '../stores/stores.ts'
import type { UserImportStore } from '../stores/user-import-store.ts'
import { type ForeignIssuers, readForeignToken } from '../tokens/foreign-token.ts'
import type { AccessTokenProof } from '../tokens/verify-access-token.ts'
import { SESSION_ID_PREFIX } from './refresh-token.ts'
import type { Device, Factor, Session } from './session.ts'

/** Whose session another issuer's token shows, in its own ids. */
export interface ForeignSession {
  readonly userId: string
  readonly sessionId: string
  /** Null: the token does not say. */
  readonly expiresAt: Date | null
  /** The credentials it was opened with. */
  readonly credentialIds: readonly string[]
}

export interface AdoptionRequest extends AccessTokenProof {
  readonly device: Device | null
  /** What the claims of this issuer mean; null: they name no session. */
  readonly read: (claims: Readonly<Record<string, unknown>>) => ForeignSession | null
}

interface AdoptionPorts extends Audited {
  /** Null: no project takes tokens of others. */
  readonly foreignIssuers: ForeignIssuers | null
  readonly imports: UserImportStore
  readonly sessions: SessionStore
  readonly identities: IdentityStore
  readonly clock: Clock
}

/** The least where a token does not say how long its session lives, milliseconds. */
const UNSAID_LIFE_MS = 24 * 60 * 60 * 1000

/**
 * The session of ours that takes the place of one that another issuer's token shows; null for a token that is none of an issuer this
 * project takes tokens of. A foreign session becomes one of ours once: while that lives every token of it leads there, and when it
 * has ended, none opens it again. Its factors are what the token names and its user has here, so that it ends when one is taken away.
 *
 * @throws {AuthError} `session_unusable`, `issuer_unavailable`, `store_unavailable`
 */
export async function adoptSession(ports: AdoptionPorts, request: AdoptionRequest): Promise<Session | null> {
  const { foreignIssuers, imports, sessions, identities, clock, audit } = ports
  const { projectId, door, device } = request
  if (foreignIssuers === null) return null
  const foreign = await readForeignToken({ issuers: foreignIssuers, clock }, request)
  if (foreign === null) return null
  const shown = request.read(foreign.claims)
  if (shown === null) throw new AuthError('session_unusable', 'foreign_claims')
  const { userId } = shown
  const now = clock.now()
  // At least as long as the token is taken.
  const unsaid = new Date(Math.max(now.getTime() + UNSAID_LIFE_MS, foreign.takenUntil.getTime()))
  const expiresAt = shown.expiresAt ?? unsaid
  if (expiresAt <= now) throw new AuthError('session_unusable', 'foreign_session_over')

  const user = await identities.findUser(projectId, userId)
  if (user?.status !== 'active') throw new AuthError('session_unusable', 'user_gone')
  const proofs = chooseProofs(await identities.listCredentials(projectId, userId), shown.credentialIds)

  const id = adoptedId(projectId, foreign.issuer, shown)
  const draft: Session = {
    id,
    projectId,
    userId,
    door,
    factors: proofs.map(({ factor }) => factor),
    device,
    createdAt: now,
    lastActiveAt: now,
    expiresAt,
  }
  // The issuer may sign for this session again, with a later end, as long as it is listened to at all.
  const isNew = await imports.openSession(draft, null, foreign.windowEndsAt, now)
  if (isNew) {
    // Whoever took one away in between, or deleted the user, saw no such session to end.
    await requireHeld(identities, proofs).catch(async (error: unknown) => {
      await sessions.revoke(projectId, id, now)
      throw error
    })
  }
  const session = isNew ? draft : await sessions.find(projectId, id, now)
  if (session === null) throw new AuthError('session_unusable', 'session_not_live')
  audit?.record({ event: 'foreign_token.accepted', projectId, userId, door, sessionId: id })
  return session
}

interface Proof {
  readonly credential: Credential
  readonly factor: Factor
}

/**
 * The foreign session's proofs: those it names and no others, since an App may count them or ask for one, and what it names and is not here
 * may have been taken away on purpose. One suspended wallet keeps its user out.
 */
function chooseProofs(credentials: readonly Credential[], named: readonly string[]): readonly Proof[] {
  if (credentials.some((credential) => credential.kind === 'wallet' && !isActiveWallet(credential))) {
    throw new AuthError('session_unusable', 'wallet_inactive')
  }
  const proofs = credentials.flatMap((credential) => {
    const factor = named.includes(credential.id) ? factorOf(credential) : null
    return factor === null ? [] : [{ credential, factor }]
  })
  if (proofs.length === 0) throw new AuthError('session_unusable', 'nothing_verified')
  return proofs
}

async function requireHeld(identities: IdentityStore, proofs: readonly Proof[]): Promise<void> {
  const areHeld = await Promise.all(proofs.map(({ credential }) => identities.isHeld(credential)))
  if (areHeld.includes(false)) throw new AuthError('session_unusable', 'credential_gone')
}

function factorOf(credential: Credential): Factor | null {
  const { id: credentialId, verifiedAt } = credential
  if (verifiedAt === null) return null
  if (credential.kind === 'wallet') {
    return { kind: 'wallet', credentialId, accountId: formatAccountId(credential.account), verifiedAt }
  }
  return credential.kind === 'email' ? { kind: 'email', credentialId, address: credential.value, verifiedAt } : null
}

/** The same for every token of one foreign session, and shaped like an id of ours. */
function adoptedId(projectId: string, issuer: string, { userId, sessionId }: ForeignSession): string {
  const name = JSON.stringify(['walletgate/adopted-session/v1', projectId, issuer, userId, sessionId])
  const digest = createHash('sha256').update(name).digest()
  return `${SESSION_ID_PREFIX}${new KSUID(digest.subarray(0, 20)).string}`
}
