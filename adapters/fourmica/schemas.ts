import { z } from '@hono/zod-openapi'

/** Bounds are far above what any client sends, and keep every later step cheap. */
const MAX_ADDRESS_LENGTH = 256
const MAX_MESSAGE_LENGTH = 16_384
const MAX_SIGNATURE_LENGTH = 16_386
/** No body holds more: a token that cannot be used is 401, never 400 (4mica digest §1.3). */
const MAX_TOKEN_LENGTH = 65_536

const text = (maxLength: number, description: string, example: string) =>
  z
    .string({ error: 'expected a string' })
    .max(maxLength, `longer than ${maxLength} characters`)
    .openapi({ description, example })

const address = text(
  MAX_ADDRESS_LENGTH,
  'The wallet: 40 hex digits in any letter case, with or without `0x`.',
  '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
)

/** Unknown fields are ignored, as the vendor's server does (4mica digest §1.0). */
export const NonceRequest = z.object({ address }).openapi('FourMicaNonceRequest')

export const NonceReply = z
  .strictObject({
    nonce: z.string().regex(/^[A-Za-z0-9]{8,}$/),
    siwe: z.strictObject({
      domain: z.string().min(1),
      uri: z.string().min(1),
      statement: z.string().min(1),
      // Both spellings, always equal: the docs' readers need snake_case, the Rust SDK camelCase (4mica digest §4).
      chain_id: z.int().positive(),
      chainId: z.int().positive(),
      expiration: z.iso.datetime(),
      issued_at: z.iso.datetime(),
      issuedAt: z.iso.datetime(),
    }),
  })
  .openapi('FourMicaNonceReply')

export const VerifyRequest = z
  .object({
    address,
    message: text(
      MAX_MESSAGE_LENGTH,
      'The ERC-4361 message, exactly as it was signed.',
      'auth.example.com wants you to …',
    ),
    signature: text(MAX_SIGNATURE_LENGTH, 'The EIP-191 signature in hex, with or without `0x`.', '0xa552fee6…1c'),
  })
  .openapi('FourMicaVerifyRequest')

export const RefreshTokenRequest = z
  .object({ refresh_token: text(MAX_TOKEN_LENGTH, 'A refresh token.', 'rfr_…') })
  .openapi('FourMicaRefreshTokenRequest')

export const TokenReply = z
  .strictObject({
    access_token: z.string().min(1),
    refresh_token: z.string().min(1),
    expires_in: z
      .int()
      .positive()
      .openapi({ description: 'Life of the access token in seconds: exactly `exp − iat`.' }),
  })
  .openapi('FourMicaTokenReply')

export const LogoutReply = z.strictObject({ revoked: z.boolean() }).openapi('FourMicaLogoutReply')

export const ErrorReply = z.strictObject({ error: z.string().min(1) }).openapi('FourMicaErrorReply')
