import type { z } from '@hono/zod-openapi'
import type { Core, Factor, PublicJwk, Session, Wallet, WalletRegistration } from '../../core/index.ts'
import { DOOR } from './purposes.ts'
import type { BeginReply, KeySetReply, NonceReply, SessionFacts, SessionReply, VerifyWalletReply } from './schemas.ts'
import type { MoonKeyTenant } from './tenants.ts'
import { channelOf, type WalletType, walletTypeOf } from './wallet-types.ts'

/** Where the vendor's Node SDK looks for the session in a JWT (MoonKey digest §4). */
const SESSION_CLAIM = 'https://streambird.io/jwt/session'
/** The guides' 300 s, not the old sample's hour (MoonKey digest §7.10). */
const JWT_TTL_SECONDS = 300
/** The newest are enough for a JWT: with more, about 800 characters each, it would grow past what we and HTTP headers take. */
const MAX_JWT_FACTORS = 16
/** A client whose clock is this much behind still accepts a fresh JWT. */
const JWT_BACKDATE_SECONDS = 10

/** Whole seconds, always rounded down, so that differences of whole seconds stay what they are. */
export function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}

export function beginReply(
  { appId }: MoonKeyTenant,
  walletType: WalletType,
  address: string,
  { id, userId, text, createdAt, expiresAt }: WalletRegistration,
): z.infer<typeof BeginReply> {
  return {
    id,
    app_id: appId,
    user_id: userId,
    public_address: address,
    wallet_type: walletType.word,
    challenge: text,
    expires_at: seconds(expiresAt),
    updated_at: seconds(createdAt),
    created_at: seconds(createdAt),
  }
}

export function nonceReply(
  tenant: MoonKeyTenant,
  walletType: WalletType,
  address: string,
  registration: WalletRegistration,
): z.infer<typeof NonceReply> {
  const { nonce, userCreated } = registration
  return { ...beginReply(tenant, walletType, address, registration), nonce, user_created: userCreated }
}

/** A wallet as the vendor describes an external one: imported, read-only, never the default. */
export function walletFacts({ id, account, createdAt, verifiedAt }: Wallet) {
  return {
    id,
    public_address: account.address,
    wallet_type: walletTypeOf(account.namespace),
    is_default: false,
    is_ready_only: true,
    is_read_only: true,
    is_imported: true,
    verified: verifiedAt !== null,
    updated_at: seconds(verifiedAt ?? createdAt),
    created_at: seconds(createdAt),
  }
}

/** The wallet that signed in, in the request's vocabulary, with its session where there is one. */
export async function verifyReply(
  core: Pick<Core, 'sessionToken' | 'issueAccessToken'>,
  tenant: MoonKeyTenant,
  walletType: WalletType,
  { wallet, session }: { readonly wallet: Wallet; readonly session: Session | null },
): Promise<z.infer<typeof VerifyWalletReply>> {
  return {
    ...walletFacts(wallet),
    app_id: tenant.appId,
    user_id: wallet.userId,
    wallet_type: walletType.word,
    ...(session === null ? {} : await sessionReply(core, tenant, session)),
  }
}

/** The session with its token and a fresh JWT, which ends with the session if not before. */
export async function sessionReply(
  core: Pick<Core, 'sessionToken' | 'issueAccessToken'>,
  { projectId, jwtIssuer }: MoonKeyTenant,
  session: Session,
): Promise<z.infer<typeof SessionReply>> {
  const facts = sessionFacts(session)
  const claimed = { ...facts, factors: facts.factors.slice(-MAX_JWT_FACTORS) }
  const sessionToken = core.sessionToken(session)
  const { token } = await core.issueAccessToken({
    projectId,
    door: DOOR,
    ttlSeconds: JWT_TTL_SECONDS,
    endsAt: session.expiresAt,
    tokenId: session.id,
    backdateSeconds: JWT_BACKDATE_SECONDS,
    // Whoever reads a JWT must not get the session's token with it.
    claims: { iss: jwtIssuer, sub: session.userId, session: claimed, [SESSION_CLAIM]: claimed },
  })
  return { session: { ...facts, session_token: sessionToken }, session_token: sessionToken, session_jwt: token }
}

/** The session without its token. */
export function sessionFacts({
  id,
  userId,
  factors,
  device,
  createdAt,
  lastActiveAt,
  expiresAt,
}: Session): z.infer<typeof SessionFacts> {
  return {
    id,
    user_id: userId,
    started_at: seconds(createdAt),
    expires_at: seconds(expiresAt),
    last_active_at: seconds(lastActiveAt),
    // This dialect knows no passkeys, and no session of it is opened with one.
    factors: factors.flatMap((factor) => (factor.kind === 'passkey' ? [] : factorFacts(factor))),
    device_fingerprint: { user_agent: device?.userAgent ?? '', ip: device?.ip ?? '' },
    updated_at: seconds(lastActiveAt),
    created_at: seconds(createdAt),
  }
}

function factorFacts(factor: Exclude<Factor, { kind: 'passkey' }>): z.infer<typeof SessionFacts>['factors'][number] {
  const { credentialId, verifiedAt } = factor
  if (factor.kind === 'email') {
    return {
      delivery_channel: 'email',
      type: 'otp',
      method: {
        method_id: credentialId,
        method_type: 'email',
        last_verified_at: seconds(verifiedAt),
        email_id: credentialId,
        email: factor.address,
      },
    }
  }
  // CAIP-10: the namespace is before the first colon, the address after the last.
  const namespace = factor.accountId.startsWith('solana:') ? 'solana' : 'eip155'
  return {
    delivery_channel: channelOf(namespace),
    type: 'wallet',
    method: {
      method_id: credentialId,
      method_type: 'wallet',
      last_verified_at: seconds(verifiedAt),
      wallet_id: credentialId,
      wallet_type: walletTypeOf(namespace),
      wallet_public_address: factor.accountId.slice(factor.accountId.lastIndexOf(':') + 1),
    },
  }
}

/** The RSA keys: the vendor's SDK looks for no other (MoonKey digest §6). */
export function keySetReply(keys: readonly PublicJwk[]): z.infer<typeof KeySetReply> {
  return {
    keys: keys.flatMap((key) =>
      key.kty === 'RSA' ? [{ ...key, alg: 'RS256' as const, key_ops: [...key.key_ops], x5c: [...key.x5c] }] : [],
    ),
  }
}
