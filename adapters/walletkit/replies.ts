import type { z } from '@hono/zod-openapi'
import {
  AuthError,
  type Core,
  type Credential,
  type PublicJwk,
  parseAccountId,
  type Session,
  type SessionChallenge,
} from '../../core/index.ts'
import { DOOR } from './purposes.ts'
import type { KeySetReply, SessionChallengeReply, SessionReply } from './schemas.ts'
import type { WalletKitTenant } from './tenants.ts'

/** What of a user the access token tells; wallets are told by the session. */
const CLAIMED_KINDS: readonly Credential['kind'][] = ['email', 'passkey']

/** A session with the refresh token that was made for this answer. */
export interface IssuedSession {
  readonly session: Session
  readonly refreshToken: string
}

/** What an access token says of its user, under the names that Link reads (WalletKit digest §3.6). Absent where there is none. */
export interface UserClaims {
  readonly email?: string
  readonly has_passkey_credentials: boolean
}

/** The session with its refresh token and a fresh access token, which ends with the session if not before. */
export async function sessionReply(
  core: Pick<Core, 'issueAccessToken' | 'formatAddress'>,
  { projectId, walletKitId, jwtIssuer, accessTtlSeconds }: WalletKitTenant,
  { session, refreshToken }: IssuedSession,
  claims: UserClaims,
): Promise<z.infer<typeof SessionReply>> {
  const wallet = walletClaimsOf(core, session)
  const { token, expiresAt } = await core.issueAccessToken({
    projectId,
    door: DOOR,
    ttlSeconds: accessTtlSeconds,
    endsAt: session.expiresAt,
    claims: {
      iss: jwtIssuer,
      aud: walletKitId,
      sub: session.userId,
      sid: session.id,
      project_id: walletKitId,
      ...claims,
      ...wallet,
    },
  })
  return {
    id: session.id,
    created_at: session.createdAt.toISOString(),
    project_id: walletKitId,
    user_id: session.userId,
    access_token: token,
    access_token_expires_at: expiresAt.toISOString(),
    refresh_token: refreshToken,
    refresh_token_expires_at: session.expiresAt.toISOString(),
  }
}

/** The user's claims as they stand now. @throws {AuthError} `store_unavailable` */
export async function readClaims(core: Pick<Core, 'users'>, session: Session): Promise<UserClaims> {
  return claimsOf(await core.users.listCredentials(session.projectId, session.userId, CLAIMED_KINDS))
}

/**
 * The same after a sign-in whose proof is spent. A store that fails now must not cost it, since nobody could repeat it: then the
 * token says what the proof has shown, and the next refresh says the rest.
 */
export async function readClaimsOrProof(core: Pick<Core, 'users'>, session: Session): Promise<UserClaims> {
  try {
    return await readClaims(core, session)
  } catch (error) {
    if (!(error instanceof AuthError && error.code === 'store_unavailable')) throw error
    const email = session.factors.find((factor) => factor.kind === 'email')?.address
    const hasPasskey = session.factors.some((factor) => factor.kind === 'passkey')
    return { ...(email === undefined ? {} : { email }), has_passkey_credentials: hasPasskey }
  }
}

/** The address verified first, and whether there is a passkey. */
export function claimsOf(credentials: readonly Credential[]): UserClaims {
  const email = credentials.find((each) => each.kind === 'email' && each.verifiedAt !== null)
  return {
    ...(email?.kind === 'email' ? { email: email.value } : {}),
    has_passkey_credentials: credentials.some((each) => each.kind === 'passkey'),
  }
}

/** The wallet that the session was opened with, as its users write it; of a contract account its chain too, which makes it one. */
function walletClaimsOf(core: Pick<Core, 'formatAddress'>, { factors }: Session): Readonly<Record<string, string>> {
  const factor = factors.find((each) => each.kind === 'wallet')
  const account = factor === undefined ? null : parseAccountId(factor.accountId)
  if (account === null) return {}
  const { namespace, chain } = account
  return {
    siwe_wallet_address: core.formatAddress(account),
    ...(chain !== null && { siwe_wallet_chain_id: `${namespace}:${chain}` }),
  }
}

/** `completed` and `expired` are never both true: clients look at `expired` first (WalletKit digest §2.4). */
export function sessionChallengeReply({
  id,
  token,
  state,
}: Pick<SessionChallenge, 'id' | 'token' | 'state'>): z.infer<typeof SessionChallengeReply> {
  return { id, code: token, expired: state === 'expired', completed: state === 'completed' }
}

/** The keys of its access tokens. */
export function keySetReply(keys: readonly PublicJwk[]): z.infer<typeof KeySetReply> {
  return {
    keys: keys.flatMap((key) =>
      key.kty === 'EC' ? [{ ...key, alg: 'ES256' as const, key_ops: [...key.key_ops], x5c: [...key.x5c] }] : [],
    ),
  }
}
