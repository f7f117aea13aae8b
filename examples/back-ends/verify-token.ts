import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'

const gateway = process.env['GATEWAY_URL'] ?? 'http://localhost:8787'
const projectId = process.env['PROJECT_ID'] ?? 'my-app'

// Fetched when it is first needed, kept, and fetched again when a token names a key that is not there: rotation needs no restart.
const keys = createRemoteJWKSet(new URL(`${gateway}/users/jwks/${projectId}`))

/**
 * The claims of a WalletKit access token of this project; `sub` is the user. Throws for every other text: name the algorithm, the
 * issuer and the audience, or a token of somebody else's project is as good as one of yours.
 */
export async function verifyToken(token: string): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ['ES256'],
    issuer: `${gateway}/${projectId}`,
    audience: projectId,
    requiredClaims: ['sub', 'exp'],
  })
  return payload
}

/** The token of an `Authorization: Bearer` header, or ''. */
export function bearerOf(header: string | null | undefined): string {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? ''
}
