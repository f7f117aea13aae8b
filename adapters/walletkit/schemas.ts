import { z } from '@hono/zod-openapi'

/** Bounds are far above what any client sends, and keep every later step cheap. */
const MAX_ID_LENGTH = 256
const MAX_ADDRESS_LENGTH = 256
const MAX_EMAIL_LENGTH = 512
const MAX_CODE_LENGTH = 256
const MAX_MESSAGE_LENGTH = 16_384
const MAX_SIGNATURE_LENGTH = 16_386
const MAX_TOKEN_LENGTH = 4_096

const text = (maxLength: number, description: string, example: string) =>
  z
    .string({ error: 'expected a string' })
    .min(1, 'empty')
    .max(maxLength, `longer than ${maxLength} characters`)
    .openapi({ description, example })

/** Clients send null, or nothing at all, for what they leave out (WalletKit digest §3.2). */
const optionalText = (maxLength: number, description: string) =>
  z
    .string({ error: 'expected a string' })
    .max(maxLength, `longer than ${maxLength} characters`)
    .nullish()
    .openapi({ description })

const WALLET = 'The wallet: 0x and 40 hex digits in any letter case, or a Solana address.'
const email = text(MAX_EMAIL_LENGTH, 'Case and outer spaces do not matter.', 'ada@example.com')

/** Unknown fields are ignored. */
export const LoginWithWalletRequest = z
  .object({ sign_in_wallet: text(MAX_ADDRESS_LENGTH, WALLET, '0xF7E9D631bfBd90C19691566Db4AB96697A2663C6') })
  .openapi('WalletKitLoginWithWalletRequest')

/** Of the code, and of the magic link. */
export const LoginWithEmailRequest = z.object({ email }).openapi('WalletKitLoginWithEmailRequest')

export const LoginWithPasskeyRequest = z
  .object({
    email: optionalText(MAX_EMAIL_LENGTH, 'Whose passkey it must be: the user with this address.'),
    sign_in_wallet: optionalText(
      MAX_ADDRESS_LENGTH,
      'Whose passkey it must be: the user with this wallet, if no email is given.',
    ),
  })
  .openapi('WalletKitLoginWithPasskeyRequest')

export const FinishRegistrationRequest = z.unknown().openapi('WalletKitFinishRegistrationRequest', {
  description: 'What `navigator.credentials.create()` returned, in JSON with binary values as base64url.',
})

export const VerifyLoginRequest = z
  .object({
    user_id: optionalText(
      MAX_ID_LENGTH,
      'As the login call returned. Required beside a code, allowed beside a message.',
    ),
    verification_code: optionalText(MAX_CODE_LENGTH, 'Six digits.'),
    siwe_message: optionalText(MAX_MESSAGE_LENGTH, 'The ERC-4361 or Solana sign-in message, exactly as it was signed.'),
    signature: optionalText(MAX_SIGNATURE_LENGTH, 'Ethereum: EIP-191, in hex. Solana: base58 or base64.'),
    session_challenge_code: optionalText(MAX_CODE_LENGTH, 'The code of a completed session challenge.'),
    passkey_credential_assertion_response: z.unknown().nullish().openapi({
      description: 'What `navigator.credentials.get()` returned, in JSON with binary values as base64url.',
    }),
  })
  .openapi('WalletKitVerifyLoginRequest')

export const RefreshTokenRequest = z
  .object({
    session_id: text(MAX_ID_LENGTH, 'The session’s id.', 'sess_24wFP9pDa9YiMJLun94iKykoZs2'),
    refresh_token: text(MAX_TOKEN_LENGTH, 'Its refresh token.', 'rfr_…'),
  })
  .openapi('WalletKitRefreshTokenRequest')

export const SessionChallengeQuery = z.object({
  code: text(MAX_CODE_LENGTH, 'The code of the challenge.', 'Wq3Zt0…'),
})

export const ListWalletsQuery = z.object({
  network: z
    .string()
    .max(64, 'longer than 64 characters')
    .optional()
    .openapi({ description: 'Only wallets that exist on this network.', example: 'Ethereum' }),
})

export const KeySetParams = z.object({
  project_id: text(MAX_ID_LENGTH, 'The project, as in the header.', 'demo'),
})

/** As `toISOString` writes it: every client accepts that form (WalletKit digest §3.3). */
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const name = z.string().min(1)
const base64Url = z.string().regex(/^[\w-]+$/)

export const SessionReply = z
  .strictObject({
    id: name,
    created_at: time,
    project_id: name,
    user_id: name,
    access_token: name,
    access_token_expires_at: time,
    refresh_token: name,
    refresh_token_expires_at: time,
  })
  .openapi('WalletKitSession')

export const SessionChallengeReply = z
  .strictObject({
    id: z.string().regex(/^sc_[0-9A-Za-z]{27}$/),
    code: z.string().regex(/^[A-Za-z0-9_-]{22,}$/),
    expired: z.boolean(),
    completed: z.boolean(),
  })
  .openapi('WalletKitSessionChallenge')

export const LoginWithWalletReply = z
  .strictObject({ user_id: name, nonce: z.string().regex(/^[A-Za-z0-9]{8,}$/) })
  .openapi('WalletKitLoginWithWalletReply')

export const LoginWithEmailReply = z.strictObject({ user_id: name }).openapi('WalletKitLoginWithEmailReply')

/** Nothing in them is ever null: a browser takes a null for a value (WalletKit digest §2.6). */
export const CreationOptionsReply = z
  .strictObject({
    publicKey: z.strictObject({
      rp: z.strictObject({ name, id: name.optional() }),
      user: z.strictObject({ id: base64Url, name, displayName: name }),
      challenge: base64Url,
      pubKeyCredParams: z
        .array(z.strictObject({ type: z.literal('public-key'), alg: z.int() }))
        .min(1)
        .readonly(),
      timeout: z.int().positive(),
      excludeCredentials: z
        .array(
          z.strictObject({
            type: z.literal('public-key'),
            id: base64Url,
            transports: z.array(name).min(1).readonly().optional(),
          }),
        )
        .readonly()
        .optional(),
      authenticatorSelection: z.strictObject({
        residentKey: z.literal('required'),
        requireResidentKey: z.literal(true),
        userVerification: z.literal('preferred'),
      }),
      attestation: z.literal('none'),
    }),
  })
  .openapi('WalletKitPasskeyCreationOptions')

export const RequestOptionsReply = z
  .strictObject({
    publicKey: z.strictObject({
      challenge: base64Url,
      timeout: z.int().positive(),
      rpId: name.optional(),
      userVerification: z.literal('preferred'),
    }),
  })
  .openapi('WalletKitPasskeyRequestOptions')

export const WalletListReply = z
  .array(
    z
      .strictObject({ id: name, created_at: time, network: name, owner_id: name, address: name })
      .openapi('WalletKitWallet'),
  )
  .openapi('WalletKitWalletList')

export const KeySetReply = z
  .strictObject({
    keys: z.array(
      z.strictObject({
        kid: name,
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        alg: z.literal('ES256'),
        use: z.literal('sig'),
        key_ops: z.tuple([z.literal('verify')]),
        x: name,
        y: name,
        x5c: z.array(name).min(1),
        'x5t#S256': name,
      }),
    ),
  })
  .openapi('WalletKitKeySetReply')

export const ErrorReply = z
  .strictObject({ error: name.openapi({ description: 'For people.' }), code: z.string().regex(/^[a-z_]+$/) })
  .openapi('WalletKitErrorResponse')
