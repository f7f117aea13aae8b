import { z } from '@hono/zod-openapi'
import {
  deviceFingerprint,
  id,
  MAX_ID_LENGTH,
  MAX_TOKEN_LENGTH,
  optionalText,
  sessionTrio,
  sessionWish,
  text,
  time,
} from './schemas.ts'
import { flag, MAX_CONTACT_LENGTH, names } from './user-schemas.ts'

const MAX_URL_LENGTH = 2_048
const MAX_CODE_LENGTH = 16
const MAX_NUMERAL_LENGTH = 8

/** A magic link's life, minutes (MoonKey digest §3). */
const LINK_MINUTES = { least: 5, most: 10_080, usual: 60 }
/** A code's (MoonKey digest §3). */
const CODE_MINUTES = { least: 1, most: 10, usual: 1 }

/**
 * A life in minutes. Guides send 0 for the usual one, and the vendor's page script types it as text (MoonKey digest §3, §6); left
 * out it is undefined.
 */
const minutes = ({ least, most, usual }: typeof LINK_MINUTES) =>
  z
    .union([z.number(), z.string().max(MAX_NUMERAL_LENGTH).regex(/^\d*$/)], { error: 'expected a whole number' })
    .nullish()
    .transform((given, context) => {
      const number = Number(given ?? 0)
      if (number === 0) return undefined
      if (Number.isInteger(number) && number >= least && number <= most) return number
      context.addIssue({ code: 'custom', message: `expected a whole number from ${least} to ${most}, or 0` })
      return z.NEVER
    })
    .openapi({
      type: ['integer', 'string', 'null'],
      minimum: 0,
      maximum: most,
      maxLength: MAX_NUMERAL_LENGTH,
      description: `Minutes until it expires, ${least} to ${most}; 0 means ${usual}. A numeral is accepted too.`,
    })

/** How long a link lives where nothing is said. */
export const DEFAULT_LINK_MINUTES = LINK_MINUTES.usual
/** How long a code lives where nothing is said. */
export const DEFAULT_CODE_MINUTES = CODE_MINUTES.usual

const email = text(MAX_CONTACT_LENGTH, 'Case does not matter.', 'ada@example.com')
const redirectUrl = (when: string) =>
  optionalText(
    MAX_URL_LENGTH,
    `Where the link of ${when} leads: an allowed origin of the App; the first where left out.`,
  )
const requiresVerification = flag('Accepted; a user is always pending until something is verified.')

export const LoginOrCreateRequest = z
  .object({
    email,
    login_redirect_url: redirectUrl('a user who has signed in before'),
    registration_redirect_url: redirectUrl('a user who has not'),
    login_expires_in: minutes(LINK_MINUTES),
    registration_expires_in: minutes(LINK_MINUTES),
    expires_in: minutes(LINK_MINUTES),
    requires_verification: requiresVerification,
    device_fingerprint: deviceFingerprint,
  })
  .openapi('MoonKeyMagicLinkLoginOrCreateRequest')

export const InviteRequest = z
  .object({
    email,
    ...names,
    invite_redirect_url: redirectUrl('the invitation'),
    invite_expires_in: minutes(LINK_MINUTES),
    device_fingerprint: deviceFingerprint,
  })
  .openapi('MoonKeyMagicLinkInviteRequest')

export const CreateTokenRequest = z
  .object({
    user_id: optionalText(
      MAX_ID_LENGTH,
      'Whom the token signs in, by the email it has. Required if no email is given.',
    ),
    email: optionalText(MAX_CONTACT_LENGTH, 'Whom the token signs in. Beside a user id: which of the user’s emails.'),
    expires_in: minutes(LINK_MINUTES),
    device_fingerprint: deviceFingerprint,
  })
  .openapi('MoonKeyCreateMagicTokenRequest')

export const VerifyTokenRequest = z
  .object({
    token: text(MAX_TOKEN_LENGTH, 'The magic token of the link.', 'NIc1l2Hx5k3…'),
    ...sessionWish,
    device_fingerprint: deviceFingerprint,
  })
  .openapi('MoonKeyVerifyMagicTokenRequest')

export const LoginStatusRequest = z
  .object({
    email_id: id('As it came with the request origin token.', 'email_24wFP9pDa9YiMJLun94iKykoZs2'),
    request_origin_token: text(MAX_TOKEN_LENGTH, 'Of the call that asked for the link.', 'q3Zt0…'),
  })
  .openapi('MoonKeyLoginStatusRequest')

export const SendCodeRequest = z
  .object({
    email,
    expires_in: minutes(CODE_MINUTES),
    requires_verification: requiresVerification,
    device_fingerprint: deviceFingerprint,
  })
  .openapi('MoonKeySendCodeRequest')

export const VerifyCodeRequest = z
  .object({
    method_id: id('The id of the email that the code was sent to.', 'email_24wFP9pDa9YiMJLun94iKykoZs2'),
    otp: text(MAX_CODE_LENGTH, 'Six digits.', '042137'),
    ...sessionWish,
    device_fingerprint: deviceFingerprint,
  })
  .openapi('MoonKeyVerifyCodeRequest')

const name = z.string().min(1)
const status = z.enum(['pending', 'active'])
const owner = { user_id: name, email_id: name, status, user_created: z.boolean() }
const originToken = z.string().regex(/^[0-9A-Za-z]{128}$/)

const sessionIfAny = {
  session: sessionTrio.session.optional(),
  session_token: sessionTrio.session_token.optional(),
  session_jwt: sessionTrio.session_jwt.optional(),
}

export const LoginOrCreateReply = z
  .strictObject({ ...owner, updated_at: time, created_at: time })
  .openapi('MoonKeyMagicLinkLoginOrCreateReply')

/** Of the invitation, and of a code. */
export const OwnerReply = z.strictObject(owner).openapi('MoonKeyEmailOwnerReply')

export const SendCodeReply = z.strictObject({ user_id: name, email_id: name }).openapi('MoonKeySendCodeReply')

/** Nothing in it differs between a known address and an unknown one. */
export const PublicLoginOrCreateReply = z
  .strictObject({ email_id: name, request_origin_token: originToken, verified_required: z.boolean() })
  .openapi('MoonKeyPublicMagicLinkReply')

export const CreateTokenReply = z
  .strictObject({
    user_id: name,
    email_id: name,
    token: z.string().regex(/^[0-9A-Za-z]{48}$/),
    request_origin_token: originToken,
  })
  .openapi('MoonKeyCreateMagicTokenReply')

export const VerifyEmailReply = z
  .strictObject({ method_id: name, method_type: z.literal('email'), user_id: name, ...sessionIfAny })
  .openapi('MoonKeyVerifyEmailReply')

export const LoginStatusReply = z
  .strictObject({ user_id: name, status, ...sessionIfAny })
  .openapi('MoonKeyLoginStatusReply')
