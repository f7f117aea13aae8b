import type { z } from '@hono/zod-openapi'
import type { Contact, Profile, Wallet } from '../../core/index.ts'
import { seconds, walletFacts } from './replies.ts'
import type { MoonKeyTenant } from './tenants.ts'
import type { CreateUserReply, EmailFacts, PhoneNumberFacts, UserReply, WalletFacts } from './user-schemas.ts'

type User = z.infer<typeof UserReply>

/** A user with every list there, also when it is empty (MoonKey digest §3). */
export function userReply(tenant: MoonKeyTenant, profile: Profile): User {
  return {
    ...ownFacts(tenant, profile),
    idp_providers: [],
    totps: [],
    webauthn_credentials: [],
    metadata: { ...profile.user.metadata },
  }
}

/** The reply to a creation: what the vendor's real server says, its nulls as empty strings and lists. */
export function createUserReply(
  tenant: MoonKeyTenant,
  profile: Profile,
  { requiresVerification, includesUser }: { readonly requiresVerification: boolean; readonly includesUser: boolean },
): z.infer<typeof CreateUserReply> {
  const facts = ownFacts(tenant, profile)
  const [email] = facts.emails
  const [phoneNumber] = facts.phone_numbers
  return {
    app_id: tenant.appId,
    ...facts,
    email_id: email?.id ?? '',
    phone_number_id: phoneNumber?.id ?? '',
    email: email?.email ?? '',
    phone_number: phoneNumber?.phone_number ?? '',
    requires_verification: requiresVerification,
    ...(includesUser ? { user: userReply(tenant, profile) } : {}),
  }
}

function ownFacts({ appId }: MoonKeyTenant, { user, credentials }: Profile) {
  const emails = credentials.filter((each): each is Contact => each.kind === 'email')
  const phoneNumbers = credentials.filter((each): each is Contact => each.kind === 'phone')
  const wallets = credentials.filter((each): each is Wallet => each.kind === 'wallet')
  return {
    user_id: user.id,
    first_name: user.name.first,
    middle_name: user.name.middle,
    last_name: user.name.last,
    status: user.status,
    active: user.status === 'active',
    updated_at: seconds(user.updatedAt),
    created_at: seconds(user.createdAt),
    emails: emails.map(emailFacts),
    phone_numbers: phoneNumbers.map(phoneNumberFacts),
    wallets: wallets.map(
      (wallet): z.infer<typeof WalletFacts> => ({ ...walletFacts(wallet), app_id: appId, user_id: user.id }),
    ),
  }
}

function emailFacts(contact: Contact): z.infer<typeof EmailFacts> {
  return { ...contactFacts(contact), email: contact.value }
}

function phoneNumberFacts(contact: Contact): z.infer<typeof PhoneNumberFacts> {
  return { ...contactFacts(contact), phone_number: contact.value }
}

function contactFacts({ id, verifiedAt, createdAt }: Contact) {
  return {
    id,
    verified: verifiedAt !== null,
    updated_at: seconds(verifiedAt ?? createdAt),
    created_at: seconds(createdAt),
  }
}
