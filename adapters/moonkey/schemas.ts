import { z } from '@hono/zod-openapi'
import { parseWalletType } from './wallet-types.ts'

/** Bounds are far above what any client sends, and keep every later step cheap. */
export const MAX_ID_LENGTH = 256
const MAX_ADDRESS_LENGTH = 256
const MAX_MESSAGE_LENGTH = 16_384
const MAX_SIGNATURE_LENGTH = 16_386
export const MAX_TOKEN_LENGTH = 4_096
const MAX_JWT_LENGTH = 16_384
const MAX_USER_AGENT_LENGTH = 1_024
const MAX_IP_LENGTH = 64
/** 365 days (MoonKey digest §7.8). */
const SESSION_MINUTES = { min: 5, max: 525_600 }

export const text = (maxLength: number, description: string, example: string) =>
  z
    .string({ error: 'expected a string' })
    .min(1, 'empty')
    .max(maxLength, `longer than ${maxLength} characters`)
    .openapi({ description, example })

/** Clients send null, or nothing at all, for what they leave out; some send the empty string. */
export const optionalText = (maxLength: number, description: string) =>
  z
    .string({ error: 'expected a string' })
    .max(maxLength, `longer than ${maxLength} characters`)
    .nullish()
    .openapi({ description })

export const id = (description: string, example: string) => text(MAX_ID_LENGTH, description, example)

const walletType = z
  .string({ error: 'expected a string' })
  .max(16, 'expected ethereum or solana')
  .transform((word, context) => {
    const walletType = parseWalletType(word)
    if (walletType !== null) return walletType
    context.addIssue({ code: 'custom', message: 'expected ethereum or solana' })
    return z.NEVER
  })
  .openapi({
    type: 'string',
    maxLength: 16,
    description: '`ethereum` or `solana`; also `ETH` or `SOL`.',
    example: 'ethereum',
  })

const publicAddress = text(
  MAX_ADDRESS_LENGTH,
  'The wallet: 0x and 40 hex digits in any letter case, or a Solana address.',
  '0xF7E9D631bfBd90C19691566Db4AB96697A2663C6',
)

const signature = text(
  MAX_SIGNATURE_LENGTH,
  'Ethereum: the EIP-191 signature in hex. Solana: base58 or base64.',
  '0xb27c94…c31b',
)

/** Where a request may show a session, or ask for one. */
export const sessionWish = {
  session_expires_in: z
    .int({ error: 'expected a whole number' })
    .min(SESSION_MINUTES.min, `less than ${SESSION_MINUTES.min} minutes`)
    .max(SESSION_MINUTES.max, `more than ${SESSION_MINUTES.max} minutes`)
    .nullish()
    .openapi({ description: 'Minutes from now until the session ends. Begins a session where none is shown.' }),
  session_token: optionalText(MAX_TOKEN_LENGTH, 'A session to add to.'),
  session_jwt: optionalText(MAX_JWT_LENGTH, 'A JWT of a session to add to; it may have expired.'),
}

export const deviceFingerprint = z
  .object({
    user_agent: optionalText(MAX_USER_AGENT_LENGTH, 'As the App’s own server saw it.'),
    ip: optionalText(MAX_IP_LENGTH, 'As the App’s own server saw it.'),
  })
  .nullish()

/** Unknown fields are ignored here and below, as the vendor's server does (MoonKey digest §6, Ruby). */
export const RegistrationRequest = z
  .object({
    wallet_type: walletType,
    public_address: publicAddress,
    user_id: id('Whom to attach the wallet to.', 'user_24wFP9pDa9YiMJLun94iKykoZs2').nullish(),
  })
  .openapi('MoonKeyRegistrationRequest')

export const VerifyWalletRequest = z
  .object({
    wallet_type: walletType,
    public_address: publicAddress,
    signature,
    ...sessionWish,
    device_fingerprint: deviceFingerprint,
  })
  .openapi('MoonKeyVerifyWalletRequest')

export const VerifySiweRequest = z
  .object({
    wallet_type: walletType,
    public_address: publicAddress,
    siwe_challenge: text(MAX_MESSAGE_LENGTH, 'The message, exactly as it was signed.', 'app.example wants you to …'),
    signature,
    ...sessionWish,
    device_fingerprint: deviceFingerprint,
  })
  .openapi('MoonKeyVerifySiweRequest')

export const VerifySessionRequest = z.object(sessionWish).openapi('MoonKeyVerifySessionRequest')

export const DeleteSessionRequest = z
  .object({
    session_id: optionalText(MAX_ID_LENGTH, 'The session’s id.'),
    session_token: sessionWish.session_token,
    session_jwt: sessionWish.session_jwt,
  })
  .openapi('MoonKeyDeleteSessionRequest')

export const ListSessionsQuery = z.object({ user_id: id('Whose sessions.', 'user_24wFP9pDa9YiMJLun94iKykoZs2') })

export const KeySetParams = z.object({ app_id: id('The App.', 'app_24ydphdixx2ydhF0E5WUFUKWNqi') })

/** Unix time in whole seconds. */
export const time = z.int().nonnegative()
const name = z.string().min(1)

const registration = {
  id: z.string().regex(/^walletrr_[0-9A-Za-z]{27}$/),
  app_id: name,
  user_id: name,
  public_address: name,
  wallet_type: name,
  challenge: name,
  expires_at: time,
  updated_at: time,
  created_at: time,
}

export const BeginReply = z.strictObject(registration).openapi('MoonKeyBeginReply')

/** The union of the vendor's sample and schema (MoonKey digest §7.5). */
export const NonceReply = z
  .strictObject({ ...registration, nonce: z.string().regex(/^[A-Za-z0-9]{43}$/), user_created: z.boolean() })
  .openapi('MoonKeyNonceReply')

const Factor = z
  .strictObject({
    delivery_channel: z.enum(['eth_wallet', 'sol_wallet', 'email']),
    type: z.enum(['wallet', 'otp']),
    method: z.strictObject({
      method_id: name,
      method_type: z.enum(['wallet', 'email']),
      last_verified_at: time,
      wallet_id: name.optional(),
      wallet_type: name.optional(),
      wallet_public_address: name.optional(),
      email_id: name.optional(),
      email: name.optional(),
    }),
  })
  .openapi('MoonKeyFactor')

const sessionFacts = {
  id: name,
  user_id: name,
  started_at: time,
  expires_at: time,
  last_active_at: time,
  factors: z.array(Factor).min(1),
  device_fingerprint: z.strictObject({ user_agent: z.string(), ip: z.string() }),
  updated_at: time,
  created_at: time,
}

export const SessionFacts = z.strictObject(sessionFacts).openapi('MoonKeySessionListItem')

export const sessionTrio = {
  session: z.strictObject({ ...sessionFacts, session_token: name }).openapi('MoonKeySession'),
  session_token: z.string().regex(/^[0-9A-Za-z]{64}$/),
  session_jwt: name,
}

export const SessionReply = z.strictObject(sessionTrio).openapi('MoonKeySessionReply')

export const VerifyWalletReply = z
  .strictObject({
    id: name,
    app_id: name,
    user_id: name,
    public_address: name,
    wallet_type: name,
    is_default: z.boolean(),
    // Both spellings, always equal: the verify page and the Node types have the first, the rest the second (§7.1).
    is_ready_only: z.boolean(),
    is_read_only: z.boolean(),
    is_imported: z.boolean(),
    verified: z.boolean(),
    updated_at: time,
    created_at: time,
    session: sessionTrio.session.optional(),
    session_token: sessionTrio.session_token.optional(),
    session_jwt: sessionTrio.session_jwt.optional(),
  })
  .openapi('MoonKeyVerifyWalletReply')

export const MessageReply = z.strictObject({ message: name }).openapi('MoonKeyMessageReply')

export const SessionListReply = z.strictObject({ sessions: z.array(SessionFacts) }).openapi('MoonKeySessionListReply')

export const KeySetReply = z
  .strictObject({
    keys: z.array(
      z.strictObject({
        kid: name,
        kty: z.literal('RSA'),
        alg: z.literal('RS256'),
        use: z.literal('sig'),
        key_ops: z.tuple([z.literal('verify')]),
        n: name,
        e: name,
        x5c: z.array(name).min(1),
        'x5t#S256': name,
      }),
    ),
  })
  .openapi('MoonKeyKeySetReply')

export const ErrorReply = z
  .strictObject({
    status_code: z.int().min(400).max(599).openapi({ description: 'The HTTP status.' }),
    error_type: name,
    error_message: name,
  })
  .openapi('MoonKeyErrorReply')
