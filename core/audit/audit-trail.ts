import type { AccountId } from '../accounts/account.ts'
import type { ApiKeyKind } from '../api-keys/api-key.ts'
import type { AuthErrorCode } from '../errors.ts'
import type { Credential, User, WalletAccess } from '../identities/identity.ts'
import type { Door, Factor } from '../sessions/session.ts'

/** What a wallet signed and how it answered: whoever has it can verify again, later and elsewhere, that the account signed. */
export interface SignatureProof {
  /** Exactly as it was signed. */
  readonly message: string
  /** As the client sent it. */
  readonly signature: string
}

interface OfUser {
  readonly projectId: string
  readonly userId: string
}

interface OfSession extends OfUser {
  readonly door: Door
  readonly sessionId: string
}

interface OfCredential extends OfUser {
  readonly credentialId: string
}

/**
 * Facts that somebody may have to account for, each recorded once it stands. Ids, account ids and words from closed lists: no mail
 * address, no name, no device, no token, no key.
 */
export type AuditEvent =
  /** A user's id came to be; `pending` until a credential is proved. */
  | (OfUser & { readonly event: 'user.created'; readonly status: User['status'] })
  | (OfUser & { readonly event: 'user.deleted' })
  /** `linked`: the account is this user's from now on, proved or on the operator's word. `verified`: it has proved itself later. */
  | (OfCredential & { readonly event: 'wallet.linked' | 'wallet.verified'; readonly accountId: AccountId })
  | (OfCredential & { readonly event: 'email.verified' | 'passkey.registered' })
  | (OfCredential & {
      readonly event: `${Credential['kind']}.unlinked`
      /** Of a wallet. */
      readonly accountId: AccountId | null
    })
  /** Somebody proved who they are: for a new session, for one they have, or for no session. */
  | (OfCredential & {
      readonly event: 'session.opened' | 'session.extended' | 'sign_in.proved'
      readonly door: Door
      readonly sessionId: string | null
      readonly factor: Factor['kind']
      readonly accountId: AccountId | null
      /** Of a wallet. */
      readonly proof: SignatureProof | null
    })
  /** A session without a proof: of somebody nobody knows. */
  | (OfSession & { readonly event: 'session.opened_anonymously' })
  /** `handed_over`: whoever asked for a link has the session that opening it made. */
  | (OfSession & { readonly event: 'session.refreshed' | 'session.handed_over' })
  /** A token of another issuer was taken for a session of ours. */
  | (OfSession & { readonly event: 'foreign_token.accepted' })
  /** `userId` is null where an expired session was ended. */
  | (Omit<OfSession, 'userId'> & { readonly event: 'session.revoked'; readonly userId: string | null })
  | {
      readonly event: 'sign_in.refused'
      readonly projectId: string
      readonly door: Door
      /** What was shown. Whose it was is not said: nothing was proved. */
      readonly factor: Factor['kind'] | 'refresh_token' | 'foreign_token'
      readonly code: AuthErrorCode
      readonly reason: string
    }
  | (WalletAccess & { readonly event: 'access.changed'; readonly projectId: string; readonly accountId: AccountId })
  /** `rotated`: this key signs from now on. `retired`: nothing it signed is accepted any more. */
  | {
      readonly event: 'key.rotated' | 'key.retired'
      readonly projectId: string
      readonly door: Door
      readonly keyId: string
    }
  /** By its id, which is no secret. */
  | {
      readonly event: 'api_key.created' | 'api_key.revoked'
      readonly projectId: string
      readonly keyId: string
      readonly kind: ApiKeyKind
    }
  /** One run that was no dry run, however it ended. Its users are not recorded one by one. */
  | {
      readonly event: 'users.imported'
      readonly projectId: string
      readonly rows: number
      readonly imported: number
      readonly completed: number
      readonly unchanged: number
      readonly malformed: number
      readonly conflicts: number
      readonly openedSessions: number
      /** Why not all rows were read. */
      readonly stopped: string | null
    }
  /** One run, however it ended, and how many users it handed out. */
  | { readonly event: 'users.exported'; readonly projectId: string; readonly rows: number }
  /** While the server ran, by reading its configuration again. */
  | { readonly event: 'project.added' | 'project.changed' | 'project.removed'; readonly projectId: string }

/** Every event there is. */
export const AUDIT_EVENTS = [
  'user.created',
  'user.deleted',
  'wallet.linked',
  'wallet.verified',
  'wallet.unlinked',
  'email.verified',
  'email.unlinked',
  'phone.unlinked',
  'passkey.registered',
  'passkey.unlinked',
  'session.opened',
  'session.opened_anonymously',
  'session.extended',
  'session.refreshed',
  'session.handed_over',
  'session.revoked',
  'foreign_token.accepted',
  'sign_in.proved',
  'sign_in.refused',
  'access.changed',
  'key.rotated',
  'key.retired',
  'api_key.created',
  'api_key.revoked',
  'users.imported',
  'users.exported',
  'project.added',
  'project.changed',
  'project.removed',
] as const satisfies readonly AuditEvent['event'][]

/** Where facts are kept. */
export interface AuditTrail {
  /** Takes the fact and returns at once. Never throws: what stands, stands. */
  record(event: AuditEvent): void
}

/** Part of what an act is given. Null or absent: nobody keeps facts, and none is put together. */
export interface Audited {
  readonly audit?: AuditTrail | null | undefined
}
