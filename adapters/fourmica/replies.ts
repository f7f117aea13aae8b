import type { z } from '@hono/zod-openapi'
import type { Core, Wallet } from '../../core/index.ts'
import { DOOR } from './purposes.ts'
import type { NonceReply, TokenReply } from './schemas.ts'
import type { FourMicaTenant } from './tenants.ts'

/** What a wallet may do when nothing was ever set for it (4mica digest §3.2). */
const DEFAULT_ACCESS = { role: 'user', scopes: ['tab:read'] } as const

/** The template a client builds its message from; every value survives a signer unchanged. */
export function nonceReply(
  tenant: FourMicaTenant,
  { nonce, issuedAt, expiresAt }: { nonce: string; issuedAt: Date; expiresAt: Date },
): z.infer<typeof NonceReply> {
  const issued = issuedAt.toISOString()
  return {
    nonce,
    siwe: {
      domain: tenant.siweDomain,
      uri: tenant.siweUri,
      statement: tenant.siweStatement,
      chain_id: tenant.chainId,
      chainId: tenant.chainId,
      expiration: expiresAt.toISOString(),
      issued_at: issued,
      issuedAt: issued,
    },
  }
}

/** An access token with the ten claims a 4mica core demands (4mica digest §3.1, §3.4), and the refresh token beside it. */
export async function tokenReply(
  core: Pick<Core, 'issueAccessToken'>,
  tenant: FourMicaTenant,
  { wallet, refreshToken }: { wallet: Wallet; refreshToken: string },
): Promise<z.infer<typeof TokenReply>> {
  const { role, scopes } = wallet.access ?? DEFAULT_ACCESS
  const { token, expiresInSeconds } = await core.issueAccessToken({
    projectId: tenant.projectId,
    door: DOOR,
    ttlSeconds: tenant.accessTtlSeconds,
    claims: {
      sub: wallet.account.address,
      role,
      scopes,
      iss: tenant.jwtIssuer,
      aud: tenant.jwtAudience,
      chain_id: tenant.chainId,
    },
  })
  return { access_token: token, refresh_token: refreshToken, expires_in: expiresInSeconds }
}
