import { type ChallengePurpose, isUsable } from '../challenges/challenge.ts'
import { AuthError } from '../errors.ts'
import type { EmailOwner } from '../identities/claim-email.ts'
import type { Contact } from '../identities/identity.ts'
import { newAlphanumeric, newKsuid } from '../ids.ts'
import { requireLink } from '../mail/mail-text.ts'
import { invitationMail, magicLinkMail } from '../mail/templates.ts'
import type { Clock } from '../ports.ts'
import type { Device } from '../sessions/session.ts'
import type { Stores } from '../stores/stores.ts'
import { type HandOverRequest, type HandOverTicket, openHandOver } from './hand-over.ts'
import { lifeOf, type MailedChallenge, type MailPorts, postMail, resolveRecipient } from './mailed-challenge.ts'
import { type ProvedContact, requireContact } from './proved-contact.ts'
import { locateToken } from './secret-token.ts'

/** How a link is made, and for how long. */
export interface LinkTerms {
  readonly ttlMinutes: number
  readonly linkAround: (token: string) => string
}

export interface MagicLinkRequest extends MailedChallenge {
  readonly mail: 'sign-in' | 'invitation'
  /** For a user who has signed in before, and for one who has not. */
  readonly terms: { readonly active: LinkTerms; readonly pending: LinkTerms }
  /** Whoever asked shall learn of the sign-in; null: only who opens the link does. */
  readonly handOver: HandOverRequest | null
  /** Who asks, to be shown to whoever opens the link. Not kept where it is not given. */
  readonly requester?: Device
}

export interface MagicTokenRequest {
  readonly purpose: ChallengePurpose
  /** Whom it signs in. */
  readonly contact: Contact
  readonly ttlMinutes: number
  readonly handOver: HandOverRequest | null
}

export interface MagicToken {
  /** Shown once and stored as a hash. */
  readonly token: string
  readonly handOver: HandOverTicket | null
}

/** A link that is still good. */
export interface MagicLink {
  /** As it was sent to. */
  readonly email: string
  readonly requestedAt: Date
  /** How long ago that is, seconds. */
  readonly ageSeconds: number
  readonly requester: Device | null
}

/** A token somebody shows. */
export interface MagicTokenProof {
  readonly projectId: string
  readonly purpose: ChallengePurpose
  readonly token: string
}

/** 285 bits. */
const TOKEN_LENGTH = 48

/**
 * Mails a link that signs in. Earlier links stay good: which of two mails somebody opens is not ours to say.
 *
 * @throws {AuthError} `address_malformed`, `mail_unavailable`, `user_unknown`, `rate_limited`, `store_unavailable`
 */
export async function sendMagicLink(
  ports: MailPorts,
  { recipient, purpose, projectName, mail: kind, terms, handOver, requester }: MagicLinkRequest,
): Promise<EmailOwner & Pick<MagicToken, 'handOver'>> {
  const now = ports.clock.now()
  const token = newAlphanumeric(TOKEN_LENGTH, ports.random)
  // Both, before anybody is looked up: a link that cannot be made must not tell who is known.
  const links = { active: terms.active.linkAround(token), pending: terms.pending.linkAround(token) }
  for (const link of Object.values(links)) requireLink(link)
  const { owner, address } = await resolveRecipient(ports, recipient, now)
  const { status } = owner.user
  const { ttlMinutes } = terms[status]
  const { projectId } = recipient
  const compose = kind === 'invitation' ? invitationMail : magicLinkMail
  const mail = compose({ to: address, projectName, link: links[status], validMinutes: ttlMinutes })
  await postMail(ports, { projectId, mail, expiresAt: lifeOf(now, ttlMinutes).usableUntil })
  const grant = { purpose, contact: owner.contact, ttlMinutes, handOver }
  const ticket = await storeToken(ports, token, grant, requester ?? null, now)
  return { ...owner, handOver: ticket }
}

/** A token as in a link, for a caller who mails it or is trusted to know whom it is handed to. @throws {AuthError} `store_unavailable` */
export async function issueMagicToken(ports: Omit<MailPorts, 'mail'>, request: MagicTokenRequest): Promise<MagicToken> {
  const token = newAlphanumeric(TOKEN_LENGTH, ports.random)
  return { token, handOver: await storeToken(ports, token, request, null, ports.clock.now()) }
}

async function storeToken(
  { stores, random }: Omit<MailPorts, 'mail'>,
  token: string,
  { purpose, contact, ttlMinutes, handOver }: MagicTokenRequest,
  requester: Device | null,
  now: Date,
): Promise<HandOverTicket | null> {
  const { projectId, id: contactId } = contact
  const { usableUntil, expiresAt } = lifeOf(now, ttlMinutes)
  // First, so that no link is ever opened whose hand-over is still unknown.
  const opened =
    handOver === null
      ? null
      : await openHandOver(
          { stores, random },
          {
            projectId,
            purpose: handOver.purpose,
            id: handOver.shows === 'contact' ? contactId : `${handOver.shows.prefix}${newKsuid(now, random)}`,
            ttlMinutes,
          },
          now,
        )
  const subject = locateToken(token)
  await stores.challenges.issue({
    projectId,
    purpose,
    subject,
    handle: '',
    nonce: subject,
    issuedAt: now,
    expiresAt,
    context: { contactId, usableUntil: String(usableUntil.getTime()), ...opened?.reference, ...requester },
  })
  return opened?.ticket ?? null
}

/**
 * The contact a magic token was issued to. Spends nothing.
 *
 * @throws {AuthError} `link_unusable` when it is unknown, spent, or its address changed hands, `link_expired`, `store_unavailable`
 */
export async function proveByMagicToken(
  { stores }: { readonly stores: Pick<Stores, 'challenges' | 'identities'> },
  { projectId, purpose, token }: MagicTokenProof,
  now: Date,
): Promise<ProvedContact> {
  const challenge = await stores.challenges.find({ projectId, purpose, subject: locateToken(token), handle: '' }, now)
  if (challenge === null) throw new AuthError('link_unusable', 'token_unknown')
  if (!isUsable(challenge, now)) throw new AuthError('link_expired')
  const { contactId = '' } = challenge.context
  const contact = await requireContact(stores.identities, projectId, contactId, 'link_unusable')
  return { contact, challenge, spent: 'link_unusable' }
}

/** What somebody who holds a magic token may know before deciding to use it. Spends nothing. @throws {AuthError} as `proveByMagicToken` */
export async function findMagicLink(
  ports: { readonly stores: Pick<Stores, 'challenges' | 'identities'>; readonly clock: Clock },
  proof: MagicTokenProof,
): Promise<MagicLink> {
  const now = ports.clock.now()
  const { contact, challenge } = await proveByMagicToken(ports, proof, now)
  const { issuedAt: requestedAt } = challenge
  const { userAgent, ip } = challenge.context
  const requester = userAgent === undefined || ip === undefined ? null : { userAgent, ip }
  const ageSeconds = Math.max(0, Math.floor((now.getTime() - requestedAt.getTime()) / 1000))
  return { email: contact.value, requestedAt, ageSeconds, requester }
}
