import { z } from '@hono/zod-openapi'
import { id, MAX_ID_LENGTH, optionalText, text, time } from './schemas.ts'

const MAX_NAME_LENGTH = 256
export const MAX_CONTACT_LENGTH = 320
const MAX_CONTACTS = 20
const MAX_METADATA_KEYS = 256
const MAX_KEY_LENGTH = 256
const MAX_SEARCH_FIELDS = 20
const MAX_SEARCH_VALUES = 100

export const names = {
  first_name: optionalText(MAX_NAME_LENGTH, 'Stays as it is where it is left out.'),
  middle_name: optionalText(MAX_NAME_LENGTH, 'Stays as it is where it is left out.'),
  last_name: optionalText(MAX_NAME_LENGTH, 'Stays as it is where it is left out.'),
}

export const flag = (description: string) =>
  z.boolean({ error: 'expected a boolean' }).nullish().openapi({ description })

export const CreateUserRequest = z
  .object({
    email: optionalText(MAX_CONTACT_LENGTH, 'Required if no phone number is given.'),
    phone_number: optionalText(MAX_CONTACT_LENGTH, 'E.164. Required if no email is given.'),
    ...names,
    requires_verification: flag(
      'Whether the user is pending until a contact or a wallet is verified; else it is active at once.',
    ),
    include_user: flag('Whether the answer has the `user`.'),
    // The vendor would make a wallet and keep its key; saying yes and making none would be a lie.
    wallet_type: optionalText(16, 'Managed wallets are not offered: leave it out.').refine((word) => !word, {
      error: 'managed wallets are not offered',
    }),
  })
  .openapi('MoonKeyCreateUserRequest')

export const UpdateUserRequest = z
  .object({
    ...names,
    emails: z
      .array(z.object({ email: text(MAX_CONTACT_LENGTH, 'An email to add.', 'ada@example.com') }))
      .max(MAX_CONTACTS, `more than ${MAX_CONTACTS}`)
      .nullish(),
    phone_numbers: z
      .array(z.object({ phone_number: text(MAX_CONTACT_LENGTH, 'A number to add, E.164.', '+14152222222') }))
      .max(MAX_CONTACTS, `more than ${MAX_CONTACTS}`)
      .nullish(),
    metadata: z
      .record(z.string().max(MAX_KEY_LENGTH, `longer than ${MAX_KEY_LENGTH} characters`), z.unknown())
      .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA_KEYS, {
        error: `more than ${MAX_METADATA_KEYS} keys`,
      })
      .nullish()
      .openapi({
        description:
          'Merged key by key; a null value deletes its key, `{}` clears. At most 16 KiB of JSON and 32 levels deep.',
        maxProperties: 256,
      }),
    replace_metadata: flag('Whether `metadata` replaces what there is.'),
  })
  .openapi('MoonKeyUpdateUserRequest')

/** What a search may look at (MoonKey digest §3). */
export const SEARCH_FIELDS = [
  'user_id',
  'status',
  'full_name_match',
  'phone_number',
  'phone_number_id',
  'phone_number_match',
  'phone_number_verified',
  'email',
  'email_id',
  'email_verified',
  'email_match',
  'wallet_public_address',
  'wallet_id',
  'totp_id',
  'totp_verified',
  'idp_provider',
] as const
export type SearchField = (typeof SEARCH_FIELDS)[number]

const searchValue = z.union([z.string().max(MAX_CONTACT_LENGTH, 'too long'), z.boolean()], {
  error: 'expected a string or a boolean',
})

export const SearchFilter = z.object({
  field: z.enum(SEARCH_FIELDS, { error: 'expected a field of the documentation' }),
  // No field is a number or a time, so `lt`, `gt` and `between` have nothing to compare.
  operator: z.enum(['eq', 'in'], { error: 'expected eq or in' }),
  value: searchValue.nullish(),
  values: z.array(searchValue).max(MAX_SEARCH_VALUES, `more than ${MAX_SEARCH_VALUES}`).nullish(),
})

export const SearchUsersRequest = z
  .object({
    limit: z
      .int({ error: 'expected a whole number' })
      .min(10, 'less than 10')
      .max(100, 'more than 100')
      .nullish()
      .openapi({ description: 'Users a page; 50 where it is left out.' }),
    starting_after: optionalText(MAX_ID_LENGTH, 'The last user of the page before.'),
    filters: z
      .object({
        operator: z.enum(['AND', 'OR'], { error: 'expected AND or OR' }),
        // The vendor's Node client leaves out a list that is empty.
        fields: z.array(SearchFilter).max(MAX_SEARCH_FIELDS, `more than ${MAX_SEARCH_FIELDS}`).nullish(),
      })
      .nullish(),
  })
  .openapi('MoonKeySearchUsersRequest')

export const UserParams = z.object({ user_id: id('The user.', 'user_24wFP9pDa9YiMJLun94iKykoZs2') })
export const EmailParams = z.object({ email_id: id('The email.', 'email_24oXBLRv6BoHXbNZoTAZkAFlRsy') })
export const PhoneNumberParams = z.object({ phone_number_id: id('The number.', 'pn_24oXBLRv6BoHXbNZoTAZkAFlRsy') })
export const WalletParams = z.object({ wallet_id: id('The wallet.', 'wallet_24tdfcVDSJQpK5huDnZaqPP2aiI') })

export const SessionTokenHeader = z.object({
  'x-streambird-session-token': text(4_096, 'The session’s token.', '7hssInGtOjKGUh8w…'),
})

const dates = { updated_at: time, created_at: time }

export const EmailFacts = z
  .strictObject({ id: z.string().min(1), verified: z.boolean(), email: z.string().min(1), ...dates })
  .openapi('MoonKeyEmail')

export const PhoneNumberFacts = z
  .strictObject({ id: z.string().min(1), verified: z.boolean(), phone_number: z.string().min(1), ...dates })
  .openapi('MoonKeyPhoneNumber')

export const WalletFacts = z
  .strictObject({
    id: z.string().min(1),
    app_id: z.string().min(1),
    user_id: z.string().min(1),
    public_address: z.string().min(1),
    wallet_type: z.enum(['ethereum', 'solana']),
    verified: z.boolean(),
    is_default: z.boolean(),
    is_ready_only: z.boolean(),
    is_read_only: z.boolean(),
    is_imported: z.boolean(),
    ...dates,
  })
  .openapi('MoonKeyWallet')

const status = z.enum(['pending', 'active'])

/** What no sign-in of ours fills, and clients read all the same. */
const nothing = z.array(z.unknown()).max(0)

const userFacts = {
  user_id: z.string().min(1),
  first_name: z.string(),
  middle_name: z.string(),
  last_name: z.string(),
  status,
  active: z.boolean(),
  ...dates,
  emails: z.array(EmailFacts),
  phone_numbers: z.array(PhoneNumberFacts),
  wallets: z.array(WalletFacts),
}

export const UserReply = z
  .strictObject({
    ...userFacts,
    idp_providers: nothing,
    totps: nothing,
    webauthn_credentials: nothing,
    metadata: z.record(z.string(), z.unknown()),
  })
  .openapi('MoonKeyUser')

export const CreateUserReply = z
  .strictObject({
    app_id: z.string().min(1),
    ...userFacts,
    email_id: z.string(),
    phone_number_id: z.string(),
    email: z.string(),
    phone_number: z.string(),
    requires_verification: z.boolean(),
    user: UserReply.optional(),
  })
  .openapi('MoonKeyCreateUserReply')

export const UpdateUserReply = z
  .strictObject({
    user_id: z.string().min(1),
    emails: z.array(EmailFacts),
    phone_numbers: z.array(PhoneNumberFacts),
    user: UserReply,
  })
  .openapi('MoonKeyUpdateUserReply')

export const DeleteReply = z
  .strictObject({ user_id: z.string().min(1), message: z.string().min(1) })
  .openapi('MoonKeyDeleteReply')

export const SearchUsersReply = z
  .strictObject({ users: z.array(UserReply), total_count: z.int().nonnegative(), has_more: z.boolean() })
  .openapi('MoonKeySearchUsersReply')
